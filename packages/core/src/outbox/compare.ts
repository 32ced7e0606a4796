import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { knownMaster } from '../rows/local-rows.ts'
import type { KnownMaster } from '../rows/local-rows.ts'
import { relationshipOf } from '../metadata.ts'
import type { StoreReader } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { ColumnValue, Row } from '../row.ts'
import type { ConflictDecision, OfflineTransaction } from './offline-transaction.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/** The three sides of one column, with what was last decided about it where both sides had changed it. */
export interface ColumnComparison {
  readonly column: string
  /** What the change was made on; null where there was no row. */
  readonly base: ColumnValue
  /** What the transaction makes of it; null where it deletes the row. */
  readonly mine: ColumnValue
  /** What the master's row has, as it was last read; null where the master has no such row. */
  readonly theirs: ColumnValue
  readonly decision?: ConflictDecision
}

/** One row of a transaction, as it was, as the transaction has it, and as the master has it. */
export interface RowComparison {
  readonly table: string
  readonly id: string
  readonly kind: Change['kind']
  /** The name of the action, where it is one. */
  readonly action?: string
  /** Whether the master has the row, as it was last read; null where nothing is known of it here. */
  readonly onMaster: boolean | null
  /** The master's versions: of the row that the change was made on, and of the one last read. Null where none is known. */
  readonly versions: { readonly base: string | null; readonly theirs: string | null }
  readonly columns: readonly ColumnComparison[]
}

/**
 * Each change of the transaction with its three sides. Columns that a conflict took out of the transaction are there as
 * well, with the decision. Asks the device alone.
 */
export async function compareTransaction(
  tx: StoreReader,
  transaction: OfflineTransaction,
  tables: Tables,
): Promise<readonly RowComparison[]> {
  const decisions = lastDecisions(transaction)
  const rows: RowComparison[] = []
  for (const change of transaction.changes) rows.push(await compareChange(tx, change, decisions, tables))
  const left = new Set(transaction.changes.map(({ table, id }) => `${table}/${id}`))
  const dropped = new Set(decisions.map(({ table, id }) => `${table}/${id}`).filter((key) => !left.has(key)))
  for (const key of dropped) {
    const about = decisions.filter(({ table, id }) => `${table}/${id}` === key)
    const [first] = about
    if (first) rows.push(await compareDropped(tx, first, about, tables))
  }
  return rows
}

async function compareChange(
  tx: StoreReader,
  change: Change,
  decisions: readonly ConflictDecision[],
  tables: Tables,
): Promise<RowComparison> {
  const { table, id, kind } = change
  const known = await masterOf(tx, change, tables)
  const theirs = known?.row?.values ?? {}
  const sides = sidesOf(change, tables)
  const names = new Set([...Object.keys(sides.base), ...Object.keys(sides.mine)].filter(isColumn))
  if (kind === 'delete') for (const name of Object.keys(theirs).filter(isColumn)) names.add(name)
  const about = decisions.filter((decision) => decision.table === table && decision.id === id)
  const columns = [...names].map((column): ColumnComparison => {
    const decision = about.find((candidate) => candidate.column === column)
    const values = {
      base: sides.base[column] ?? null,
      mine: sides.mine[column] ?? null,
      theirs: theirs[column] ?? null,
    }
    return { column, ...values, ...(decision ? { decision } : {}) }
  })
  const taken = about.filter(({ column }) => !names.has(column)).map((decision) => ofDecision(decision, theirs))
  return {
    ...{ table, id, kind, ...(kind === 'action' ? { action: change.action } : {}) },
    onMaster: onMaster(known),
    versions: { base: 'version' in change ? change.version : null, theirs: known?.row?.version ?? null },
    columns: [...columns, ...taken],
  }
}

/** A row of which the master's deletion left nothing to send. */
async function compareDropped(
  tx: StoreReader,
  { table, id }: ConflictDecision,
  about: readonly ConflictDecision[],
  tables: Tables,
): Promise<RowComparison> {
  const known = await masterOf(tx, { table, id }, tables)
  const columns = about.map((decision) => ofDecision(decision, known?.row?.values ?? {}))
  const versions = { base: null, theirs: known?.row?.version ?? null }
  return { table, id, kind: 'update', onMaster: onMaster(known), versions, columns }
}

function ofDecision(decision: ConflictDecision, theirs: Row): ColumnComparison {
  const { column, base, local } = decision
  return { column, base, mine: local, theirs: theirs[column] ?? null, decision }
}

/** What a change was made on, and what it makes of it. */
function sidesOf(change: Change, tables: Tables): { readonly base: Row; readonly mine: Row } {
  switch (change.kind) {
    case 'create':
      return { base: {}, mine: change.values }
    case 'update':
      return { base: change.before, mine: change.values }
    case 'delete':
      return { base: change.before, mine: {} }
    case 'associate':
      return { base: {}, mine: linkColumns(change, tables) }
    case 'disassociate':
      return { base: linkColumns(change, tables), mine: {} }
    case 'action':
      return { base: change.before, mine: change.effect }
  }
}

function linkColumns(change: Extract<Change, { first: unknown }>, tables: Tables): Row {
  const metadata = tables.get(change.table)?.metadata
  const relationship = metadata && relationshipOf(metadata)
  if (!relationship) return {}
  return { [relationship.first.column]: change.first.id, [relationship.second.column]: change.second.id }
}

async function masterOf(
  tx: StoreReader,
  { table, id }: { readonly table: string; readonly id: string },
  tables: Tables,
): Promise<KnownMaster | null> {
  if (!tables.has(table)) return null
  const [base] = await tx.bases(table, [id])
  const [row] = await tx.rows(table, [id])
  return base || row ? knownMaster(id, base, row) : null
}

function onMaster(known: KnownMaster | null): boolean | null {
  return known && known.row !== null
}

/** The last decision about each column, in the order in which they were made. */
function lastDecisions({ history }: OfflineTransaction): readonly ConflictDecision[] {
  const last = new Map<string, ConflictDecision>()
  for (const decision of history.flatMap((entry) => entry.conflicts ?? [])) {
    last.set(`${decision.table}/${decision.id}/${decision.column}`, decision)
  }
  return [...last.values()]
}

function isColumn(name: string): boolean {
  return !name.endsWith(TARGET_SUFFIX)
}
