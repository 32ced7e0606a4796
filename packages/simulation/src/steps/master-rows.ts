import type { ManyToManyRelationship } from '@outpost/dataverse-emulator'
import { allowed } from '../allowed.ts'
import { changedIn } from '../checks/rows-there.ts'
import { doubtsOf } from '../checks/unfound.ts'
import { byMaster } from './by-master.ts'
import type { StepKind } from './step.ts'
import { anyRow, drawOwner, drawValues, tablesOfPeople, writtenTables } from './master-values.ts'
import type { MasterDrawing } from './master-values.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

/** How long a transaction may last that a pull need not miss: longer ones Dataverse ends. */
const REACH_MS = 5 * MINUTE_MS

/** Rows change by the master's own hand, which no plug-in sees. */
export const masterRows: StepKind = byMaster('master rows', 30, ({ world, draw }) =>
  changeRows({ world, draw, master: world.emulator.master }),
)

/** Many rows come at once, as from an import. */
export const masterImport: StepKind = byMaster('master import', 1, ({ world, draw }) => {
  const drawing = { world, draw, master: world.emulator.master }
  const table = draw.pick(writtenTables(world))
  const count = 4 + draw.below(12)
  for (let each = 0; each < count; each += 1) world.emulator.master.create(table, wholeRow(drawing, table))
  return `${count} rows of ${table} are imported`
})

/** A transaction of the master, or the next write of a device, is stamped now and commits later. */
export const masterLate: StepKind = byMaster('master commits late', 4, ({ world, draw }) => {
  const { emulator } = world
  const ms = draw.pick([2 * SECOND_MS, MINUTE_MS, 3 * MINUTE_MS, 4 * MINUTE_MS, 20 * MINUTE_MS])
  if (draw.chance(0.2)) {
    const seconds = 1 + draw.below(20)
    emulator.delayedCommit(seconds * SECOND_MS)
    doubtsOf(world).isSlow = true
    return `the next write is committed ${seconds} s late`
  }
  let words = ''
  let changed: readonly string[] = []
  emulator.delayedCommit(ms, (master) => {
    changed = changedIn(world, () => (words = changeRows({ world, draw, master })))
  })
  // By its version alone a first pass of a table does not find what had not been committed then.
  const isUntimed = words.startsWith('master touches') || words.startsWith('master back-dates')
  if (ms > REACH_MS || isUntimed) for (const id of changed) doubtsOf(world).late.add(id)
  return `in ${ms} ms: ${words}`
})

/** Rows change between the pages of the next list that has several. */
export const masterPaging: StepKind = byMaster('master changes pages', 2, ({ world, draw }) => {
  const { emulator } = world
  let times = 1 + draw.below(3)
  emulator.mutateBetweenPages((master) => {
    times -= 1
    if (times === 0) emulator.mutateBetweenPages(undefined)
    allowed(() => changeRows({ world, draw, master }))
  })
  return `rows will change between pages, ${times} times`
})

type RowChange = 'create' | 'update' | 'touch' | 'delete' | 'assign' | 'status' | 'back-date' | 'link' | 'unlink'

const AS_EVER: Readonly<Record<RowChange, number>> = {
  create: 3,
  update: 10,
  touch: 2,
  delete: 2,
  assign: 2,
  status: 2,
  'back-date': 1,
  link: 2,
  unlink: 1,
}

/** Some change of a row, of these kinds as often. Gives back what was done, in words. */
export function changeRows(
  drawing: MasterDrawing,
  weights: Readonly<Partial<Record<RowChange, number>>> = AS_EVER,
): string {
  const { world, draw, master } = drawing
  const kind = draw.weighted<RowChange>(weights)
  world.coverage.count('master', kind)
  if (kind === 'link' || kind === 'unlink') return changeLinks(drawing, kind)
  const table = draw.pick(writtenTables(world))
  if (kind === 'create') return `master creates ${table} ${master.create(table, wholeRow(drawing, table))}`
  const id = anyRow(drawing, table)
  if (id === null) return `there is no ${table}`
  switch (kind) {
    case 'update':
    case 'back-date': {
      const old = draw.pick(['2020-01-01T00:00:00Z', '2025-06-01T23:59:59Z'])
      const values = drawValues(drawing, table, 0.2, false)
      const canBeOld = kind === 'back-date' && world.emulator.schema.column(table, 'modifiedon') !== undefined
      master.update(table, id, canBeOld ? { ...values, modifiedon: old } : values)
      return `master ${kind}s ${table} ${id} ${JSON.stringify(values)}`
    }
    case 'touch':
      master.touch(table, id)
      return `master touches ${table} ${id}`
    case 'delete':
      master.remove(table, id)
      return `master deletes ${table} ${id}`
    case 'assign': {
      const owner = drawOwner(drawing)
      if (!world.emulator.schema.column(table, 'ownerid')) return `${table} has no owners`
      master.assign(table, id, owner)
      return `master assigns ${table} ${id} to ${owner.table} ${owner.id}`
    }
    case 'status':
      return changeStatus(drawing, table, id)
  }
}

function wholeRow(drawing: MasterDrawing, table: string): ReturnType<typeof drawValues> {
  const values = drawValues(drawing, table, 0.6, true)
  const owner = drawOwner(drawing)
  return drawing.world.emulator.schema.column(table, 'ownerid') ? { ...values, ownerid: owner } : values
}

function changeStatus({ world, draw, master }: MasterDrawing, table: string, id: string): string {
  const column = world.emulator.schema.column(table, 'statuscode')
  if (column?.type !== 'Status' || column.options.length === 0) return `${table} has no status`
  const { value, state } = draw.pick(column.options)
  master.update(table, id, { statecode: state ?? 0, statuscode: value })
  return `master sets ${table} ${id} to status ${value}`
}

function changeLinks(drawing: MasterDrawing, kind: 'link' | 'unlink'): string {
  const { world, draw, master } = drawing
  const { schema } = world.emulator
  const all = tablesOfPeople(world).flatMap((name): readonly ManyToManyRelationship[] => {
    const relationship = schema.manyToManyByIntersect(name)
    return relationship ? [relationship] : []
  })
  if (all.length === 0) return 'nothing is linked here'
  const { table1, column1, navigation1, table2, column2, intersectTable } = draw.pick(all)
  const links = kind === 'unlink' ? master.rows(intersectTable) : []
  const link = links.length === 0 ? undefined : draw.pick(links)
  const one = kind === 'unlink' ? link?.values[column1] : anyRow(drawing, table1)
  const other = kind === 'unlink' ? link?.values[column2] : anyRow(drawing, table2)
  if (typeof one !== 'string' || typeof other !== 'string') return `there is nothing to ${kind}`
  if (kind === 'link') master.associate(table1, one, navigation1, { table: table2, id: other })
  else master.disassociate(table1, one, navigation1, { table: table2, id: other })
  return `master ${kind}s ${table1} ${one} and ${table2} ${other}`
}
