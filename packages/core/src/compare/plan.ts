import type { ConfiguredTable } from '../copy/configuration.ts'
import { throwIfAborted } from '../errors.ts'
import { resolved, readCheckpoint, wantedKey, typedColumns } from '../pull/checkpoint.ts'
import { toReadWhole } from '../pull/lacking.ts'
import type { PullContext } from '../pull/pull-context.ts'
import { areMostNew } from '../pull/pull-table.ts'
import { differs, heldRows } from './held-rows.ts'

/** What a configuration, followed by a sync, would do to the rows of one table. */
export interface TablePlan {
  /** Why there is something to do. */
  readonly why: 'new' | 'removed' | 'rows' | 'columns' | 'rows-and-columns'
  /** How many rows would come to the device. */
  readonly add: number
  /** How many would leave it. */
  readonly drop: number
  /** Rows that are held and stay, and would be read again: of another version, or for columns that they lack. */
  readonly refresh: number
  /**
   * Rows with unsent changes that would leave if they had none. They stay, and are quarantined; where the table is
   * removed, they keep the configuration from being saved.
   */
  readonly dirty: readonly string[]
  /** About how many requests it takes. */
  readonly requests: number
  /** About how many bytes would be received. */
  readonly bytes: number
  /** True: requests and bytes are estimates, and rows are those of now. False where nothing is asked of the master. */
  readonly estimate: boolean
}

/** What a configuration, followed by a sync, would do. Tables to which nothing happens are left out. */
export interface ConfigurationPlan {
  readonly tables: Readonly<Record<string, TablePlan>>
  readonly add: number
  readonly drop: number
  readonly dirty: number
  readonly requests: number
  readonly bytes: number
  readonly estimate: boolean
}

/** How many ids and versions, or rows by their ids, the master gives in one request. */
const LISTED = 5000
const READ_BY_ID = 100
/** What the master sends for a listed row, and around each value of a row. */
const LISTED_BYTES = 110
const ROW_BYTES = 120
const VALUE_BYTES = 30
/** How many held rows tell how large a row is. */
const SAMPLE = 50

/**
 * What it would do to put these tables in the place of those that are kept, and to sync then. Ids and versions are listed
 * under the new scopes; no row is read, and nothing is changed here or there.
 */
export async function planConfiguration(
  context: PullContext,
  after: ReadonlyMap<string, ConfiguredTable>,
  signal: AbortSignal,
): Promise<ConfigurationPlan> {
  const tables: Record<string, TablePlan> = {}
  for (const [name, table] of context.tables) {
    if (after.has(name)) continue
    tables[name] = await planRemoval(context, table)
  }
  for (const [name, table] of after) {
    throwIfAborted(signal)
    if (table.isLocal || table.stopped) continue
    const plan = await planTable(context, context.tables.get(name), table, signal)
    if (plan) tables[name] = plan
  }
  const all = Object.values(tables)
  const sum = (of: (plan: TablePlan) => number): number => all.reduce((total, plan) => total + of(plan), 0)
  return {
    tables,
    add: sum(({ add }) => add),
    drop: sum(({ drop }) => drop),
    dirty: sum(({ dirty }) => dirty.length),
    requests: sum(({ requests }) => requests),
    bytes: sum(({ bytes }) => bytes),
    estimate: all.some(({ estimate }) => estimate),
  }
}

async function planRemoval({ store }: PullContext, { metadata: { name } }: ConfiguredTable): Promise<TablePlan> {
  const { rows, dirty } = await store.read(`rows of ${name}`, async (tx) => ({
    rows: await tx.count(name),
    dirty: (await tx.bases(name)).map(({ id }) => id),
  }))
  const shown = { why: 'removed', add: 0, refresh: 0, requests: 0, bytes: 0, estimate: false } as const
  return { ...shown, drop: rows, dirty: dirty.toSorted() }
}

async function planTable(
  context: PullContext,
  before: ConfiguredTable | undefined,
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<TablePlan | null> {
  const { store, master, pageSize } = context
  const name = table.metadata.name
  const found = before && (await store.read('read checkpoint', (tx) => readCheckpoint(tx, name)))
  const checkpoint = found && before ? resolved(found, before) : undefined
  const isNew = checkpoint === undefined
  const otherRows = !isNew && (checkpoint.scope !== wantedKey(table) || checkpoint.due?.includes('filter-changed'))
  const held = new Set(checkpoint?.columns)
  const lacking = isNew ? [] : typedColumns(table).filter((column) => !held.has(column))
  if (!isNew && !otherRows && lacking.length === 0) return null
  const rowBytes = await bytesOfRow(context, before, table)
  const isUnfinished = checkpoint?.complete === false
  if (!isNew && !otherRows) {
    // Columns alone: pages that read nothing else go over all rows.
    const rows = await store.read(`rows of ${name}`, (tx) => tx.count(name))
    const bytes = rows * (ROW_BYTES + lacking.length * VALUE_BYTES)
    const plan = { why: 'columns', add: 0, drop: 0, refresh: rows, dirty: [] } as const
    return { ...plan, requests: pages(rows, pageSize), bytes, estimate: true }
  }
  const here = before && !isNew ? await allHeld(context, table, signal) : new Map<string, Held>()
  let [listed, add, refresh] = [0, 0, 0]
  for await (const page of master.versions({ table: table.metadata, scope: table.scope }, signal)) {
    throwIfAborted(signal)
    listed += page.length
    const ids = page.map(({ id }) => id)
    const whole = await store.read(`rows of ${name} that lack columns`, (tx) => toReadWhole(tx, name, ids))
    for (const { id, version } of page) {
      const row = here.get(id)
      if (!row) add += 1
      else if (differs(row.version, version) || whole.has(id)) refresh += 1
      here.delete(id)
    }
  }
  const dirty = [...here].filter(([, row]) => row.isDirty).map(([id]) => id)
  const drop = here.size - dirty.length
  // A pull begins anew where most rows are new: then all are read, in pages.
  const isAnew = !isNew && !isUnfinished && (await areMostNew(context, table, signal))
  const read = isAnew ? listed : add + refresh
  const inPages = isNew || isUnfinished || isAnew
  // Else they are read by their ids, besides a first page of what has changed.
  const reading = inPages ? pages(read, pageSize) : 1 + Math.ceil(read / READ_BY_ID)
  const counting = master.estimate ? 1 : 0
  const layer = lacking.length > 0 ? pages(listed, pageSize) : 0
  return {
    why: isNew ? 'new' : lacking.length > 0 ? 'rows-and-columns' : 'rows',
    add,
    drop,
    refresh: lacking.length > 0 ? listed - add : refresh,
    dirty: dirty.toSorted(),
    requests: counting + reading + layer + (isNew ? 0 : pages(listed, LISTED)),
    bytes:
      read * rowBytes +
      (isNew ? 0 : listed * LISTED_BYTES) +
      (lacking.length > 0 ? listed * (ROW_BYTES + lacking.length * VALUE_BYTES) : 0),
    estimate: true,
  }
}

/** A pass ends with a page that is not full. */
function pages(rows: number, size: number): number {
  return Math.floor(rows / size) + 1
}

type Held = { readonly version: string | null; readonly isDirty: boolean }

async function allHeld(
  { store }: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<Map<string, Held>> {
  const held = new Map<string, Held>()
  for await (const page of heldRows(store, table, signal)) {
    for (const { id, version, isDirty } of page) held.set(id, { version, isDirty })
  }
  return held
}

/** About what one row costs: what some held ones would, or a guess by the number of columns. */
async function bytesOfRow(
  { store }: PullContext,
  before: ConfiguredTable | undefined,
  table: ConfiguredTable,
): Promise<number> {
  const guess = ROW_BYTES + table.columns.length * VALUE_BYTES
  if (!before) return guess
  const name = table.metadata.name
  const rows = await store.read(`sample of ${name}`, async (tx) => {
    const ids = await tx.ids(name, { limit: SAMPLE })
    return tx.rows(name, ids)
  })
  const lengths = rows.flatMap((row) => (row ? [JSON.stringify(row.values).length] : []))
  if (lengths.length === 0) return guess
  return Math.round(lengths.reduce((sum, length) => sum + length, 0) / lengths.length) + ROW_BYTES
}
