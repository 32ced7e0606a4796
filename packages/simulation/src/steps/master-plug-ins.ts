import type { PluginContext, PluginStep } from '@outpost/dataverse-emulator'
import type { Draw } from '@outpost/core/testing'
import { drawValue, writableThere } from '../values.ts'
import type { World } from '../world.ts'
import { byMaster } from './by-master.ts'
import { writtenColumns, writtenTables } from './master-values.ts'
import type { StepContext, StepKind } from './step.ts'

/** No more plug-ins than these at a time. */
const MOST = 3

const PREFIX = 'simulated: '

/**
 * Plug-ins come and go, and do what they were to do later. The master's own hand sets none of them off. What they make of
 * a write is in the ledger, so whoever compares has to allow for this, in the table named:
 *
 * - `refuses`, `crashes`: a write with the word in one of its texts is no commit; the transaction is rejected.
 * - `shouts`: the text of a column is in upper case.
 * - `fills`: a column that the write may say nothing of, or may say something else of, has the plug-in's value.
 * - `follows`: the commit is followed by one more Update of the same row, by the same user, in the same transaction.
 * - `works later`: the same, at some later time, in a transaction of its own.
 */
export const masterPlugIns: StepKind = byMaster('master plug-ins', 4, (context) => {
  const { world, draw } = context
  const { plugins } = world.emulator
  const own = plugins.list().filter(({ name }) => name.startsWith(PREFIX))
  const kind = draw.weighted({ come: own.length < MOST ? 3 : 0, go: own.length > 0 ? 2 : 0, work: 2 })
  if (kind === 'work') return `${world.emulator.runJobs().length} jobs are done`
  if (kind === 'go') {
    const { name } = draw.pick(own)
    for (const step of own) if (step.name === name) plugins.unregister(step.id)
    return `plug-in '${name}' goes`
  }
  return come(context)
})

type Work = 'refuses' | 'crashes' | 'shouts' | 'fills' | 'follows' | 'works later'

function come(context: StepContext): string {
  const { world, draw } = context
  const table = draw.pick(writtenTables(world))
  const kind = draw.weighted<Work>({ refuses: 3, crashes: 1, shouts: 2, fills: 2, follows: 2, 'works later': 2 })
  world.coverage.count('plug-in', kind)
  const steps = stepsOf(context, table, kind)
  const words = `${PREFIX}${kind} ${table} ${world.token()}`
  for (const step of steps) world.emulator.plugins.register({ ...step, name: words, table })
  return steps.length === 0 ? `nothing of ${table} can be written` : `plug-in '${words}' comes`
}

type Drawn = Omit<PluginStep, 'name' | 'table'>

function stepsOf({ world, draw }: StepContext, table: string, kind: Work): readonly Drawn[] {
  const word = draw.pick(world.scenario.words)
  const texts = writtenColumns(world, table).filter(
    ({ type, logicalName }) => type === 'String' && !world.scenario.values?.[table]?.[logicalName],
  )
  const shouted = texts.length === 0 ? undefined : draw.pick(texts).logicalName
  const filled = drawFilled(world, draw, table)
  const onWrites = (stage: PluginStep['stage'], run: PluginStep['run']): readonly Drawn[] =>
    (['Create', 'Update'] as const).map((message) => ({ message, stage, run }))
  switch (kind) {
    case 'refuses':
      return onWrites('preOperation', (write) => {
        if (has(write, word)) write.refuse(`'${word}' is not welcome`)
      })
    case 'crashes':
      return onWrites('postOperation', (write) => {
        if (has(write, word)) throw new Error(`'${word}' is too much`)
      })
    case 'shouts':
      if (shouted === undefined) return []
      return onWrites('preOperation', ({ target }) => {
        const value = target[shouted]
        if (typeof value === 'string') target[shouted] = value.toUpperCase()
      })
    case 'fills':
      if (!filled) return []
      return onWrites('preOperation', ({ target }) => void (target[filled.name] = filled.value))
    case 'follows':
    case 'works later':
      if (!filled) return []
      return onWrites('postOperation', ({ id, depth, systemService }) => {
        if (depth === 1 && id !== undefined) systemService.update(table, id, { [filled.name]: filled.value })
      }).map((step) => (kind === 'follows' ? step : { ...step, mode: 'async' as const }))
  }
}

function has({ target }: PluginContext, word: string): boolean {
  return Object.values(target).some((value) => typeof value === 'string' && value.startsWith(word))
}

/** A column that is no name and no lookup, and what it is filled with. */
function drawFilled(
  world: World,
  draw: Draw,
  table: string,
): { readonly name: string; readonly value: string | number | boolean | null } | undefined {
  const columns = writtenColumns(world, table).filter(({ isPrimaryName }) => !isPrimaryName)
  const fillable = columns.flatMap((column) => {
    const writable = writableThere(column)
    const isOf = ['text', 'number', 'boolean', 'choice'].includes(writable?.kind ?? '')
    return writable && isOf && column.required === 'None' ? [{ column, writable }] : []
  })
  if (fillable.length === 0) return undefined
  const { column, writable } = draw.pick(fillable)
  const { logicalName: name } = column
  const liked = world.scenario.values?.[table]?.[name] ?? []
  if (writable.kind === 'text' && liked.length > 0) return { name, value: draw.pick(liked) }
  const value = drawValue(draw, writable, {
    words: world.scenario.words,
    token: () => `p${world.token()}`,
    liked,
    anyRow: () => null,
  })
  return typeof value === 'object' && value !== null ? undefined : { name, value }
}
