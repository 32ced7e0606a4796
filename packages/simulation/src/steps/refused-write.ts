import { OutpostError } from '@outpost/core'
import type { Draft, TableMetadata } from '@outpost/core'
import { Broken } from '../checks/problem.ts'
import { anyOf, anyRow, idsOf, newId, tablesOf } from './draw-row.ts'
import { outcomeOf } from './outcome.ts'
import type { StepKind } from './step.ts'

/** What cannot be right, whatever the tables are. `undefined` where a table does not have what it takes. */
const MISTAKES: Readonly<
  Record<string, (table: TableMetadata, strange: string) => ((draft: Draft, id: string) => void) | undefined>
> = {
  'an unknown table': () => (draft) => void draft.create('nothing_like_it', {}),
  'an unknown column':
    ({ name }) =>
    (draft, id) =>
      draft.update(name, id, { nothing_like_it: 1 }),
  'an unknown row': ({ name, primaryName }, strange) =>
    primaryName === null ? undefined : (draft) => draft.update(name, strange, { [primaryName]: 'of nothing' }),
  'no id':
    ({ name }) =>
    (draft) =>
      draft.delete(name, 'nobody'),
  'the key':
    ({ name, primaryId }, strange) =>
    (draft, id) =>
      draft.update(name, id, { [primaryId]: strange }),
  'a long text': ({ name, columns }) => {
    const text = columns.find(
      ({ type, maxLength, updatable }) => type === 'text' && maxLength !== undefined && updatable,
    )
    return text && ((draft, id) => draft.update(name, id, { [text.name]: 'x'.repeat((text.maxLength ?? 0) + 1) }))
  },
  'a number for a text': ({ name, columns }) => {
    const text = columns.find(({ type, updatable }) => type === 'text' && updatable)
    return text && ((draft, id) => draft.update(name, id, { [text.name]: 1 }))
  },
}

/** A write that a device has to refuse at once, beside one that is right: nothing of either may be left. */
export const refusedWrite: StepKind = {
  name: 'refused write',
  weight: 2,
  run: async ({ world, device, draw }) => {
    const name = anyOf(draw, tablesOf(device)) ?? ''
    const mistake = draw.pick(Object.keys(MISTAKES))
    const org = draw.pick(device.tabs)
    const table = await org.masterTable(name)
    const id = anyRow(draw, await idsOf(device, name))
    if (!table || table.intersect || id === undefined) return `nothing wrong with ${name}`
    const wrong = MISTAKES[mistake]?.(table, newId(draw))
    if (!wrong) return `${mistake} is not to be had with ${name}`
    const { held } = device
    const done = await outcomeOf(
      world,
      org.write((draft) => {
        draft.delete(name, id)
        wrong(draft, id)
      }),
    )
    if (!(done instanceof OutpostError))
      throw new Broken('I5', `device ${device.number} has taken ${mistake} of ${name}`)
    if (device.isQuiet && device.held !== held)
      throw new Broken('I5', `device ${device.number} has refused ${mistake} of ${name}, and kept something of it`)
    return `device ${device.number} refuses ${mistake} of ${name}: ${done.code}`
  },
}
