import type { Change, CreateChange, RowReference, UpdateChange } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { referencesOf } from './dependencies.ts'
import { OutpostError } from '../errors.ts'
import type { TableMetadata } from '../metadata.ts'
import type { Privileges } from './privileges.ts'
import { refuseWithoutPrivilege } from './privileges.ts'
import type { StoreReader } from '../ports/store.ts'
import { rowKey } from '../row.ts'

export interface ChangeCheck {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  /** Definitions of the tables that changed rows point to, as far as they are needed. */
  readonly definitions: ReadonlyMap<string, TableMetadata>
  readonly privileges: Privileges | null
  /** The place of the changes in the outbox, where they have one already: what is deleted behind it is still there then. */
  readonly seq?: number
}

/**
 * Refuses changes that are right in each of their values, and that the master would refuse all the same: a new row without
 * a column that it must have, a reference to a row that is certainly not there, and what the user has no privilege for.
 * Throws `invalid` naming table, row, column and rule.
 */
export async function checkChanges(tx: StoreReader, changes: readonly Change[], check: ChangeCheck): Promise<void> {
  for (const change of changes) {
    const metadata = check.tables.get(change.table)?.metadata
    if (!metadata) continue
    if (change.kind === 'create') refuseIncomplete(change, metadata, check)
    if (check.privileges) refuseWithoutPrivilege(change, metadata, check, check.privileges)
    if (change.kind !== 'action' && change.kind !== 'disassociate')
      await refuseMissingTargets(tx, change, changes, check)
  }
}

function refuseIncomplete(change: CreateChange, metadata: TableMetadata, { tables }: ChangeCheck): void {
  const kept = tables.get(change.table)?.columns ?? []
  for (const { name, requiredOnCreate } of metadata.columns) {
    if (requiredOnCreate !== true || (change.values[name] ?? null) !== null) continue
    const remedy = kept.includes(name) ? 'Give it a value.' : 'Select it in the configuration, and give it a value.'
    throw new OutpostError(
      'invalid',
      `create of ${change.table} ${change.id}: column '${name}': it cannot be left out`,
      {
        place: { table: change.table, row: change.id, column: name, rule: 'required' },
        remedy,
      },
    )
  }
}

type Pointing = Exclude<Change, { kind: 'action' | 'disassociate' }>

async function refuseMissingTargets(
  tx: StoreReader,
  change: Pointing,
  changes: readonly Change[],
  { tables, seq }: ChangeCheck,
): Promise<void> {
  for (const target of referencesOf(change, tables)) {
    const own = changes.find(({ table, id }) => table === target.table && id === target.id)
    if (own?.kind === 'create') continue
    const why = own?.kind === 'delete' ? 'which the same write deletes' : await whyMissing(tx, target, tables, seq)
    if (why === null) continue
    const column = columnOfTarget(change, target, tables)
    const where = column === undefined ? '' : `column '${column}': `
    throw new OutpostError(
      'invalid',
      `${change.kind} of ${change.table} ${change.id}: ${where}it points to ${target.table} ${target.id}, ${why}`,
      {
        place: {
          table: change.table,
          row: change.id,
          ...(column === undefined ? {} : { column }),
          rule: 'missing-row',
        },
        remedy: 'Point to a row that is there.',
      },
    )
  }
}

function columnOfTarget(
  change: Pointing,
  target: RowReference,
  tables: ReadonlyMap<string, ConfiguredTable>,
): string | undefined {
  if (change.kind !== 'create' && change.kind !== 'update') return undefined
  const columns = tables.get(change.table)?.metadata.columns ?? []
  return columns.find(({ name, targets }) => targets && change.values[name] === target.id)?.name
}

/**
 * Why a row is certainly not on the master, or will not be when the change arrives; null where that is not certain. A row
 * that is not kept here can be there all the same.
 */
async function whyMissing(
  tx: StoreReader,
  { table, id }: RowReference,
  tables: ReadonlyMap<string, ConfiguredTable>,
  seq: number = Number.POSITIVE_INFINITY,
): Promise<string | null> {
  if (!tables.has(table)) return null
  const [row] = await tx.rows(table, [id])
  if (row) return null
  const touching = await tx.findTransactions({ touching: [rowKey(table, id)], direction: 'descending', limit: 50 })
  for (const transaction of touching) {
    const change = transaction.changes.find((each) => each.table === table && each.id === id)
    const by = `by transaction #${transaction.seq}`
    if (change?.kind === 'delete') {
      if (transaction.seq > seq) return null
      if (transaction.status === 'pending') return `which is to be deleted ${by}`
      if (transaction.status === 'processed') return `which was deleted ${by}`
      return null
    }
    if (change?.kind === 'create') {
      const never = transaction.status === 'archived' && transaction.outcome === 'not-sent' && !isChosen(change)
      return never ? `which was created ${by} only, and that was put away` : null
    }
  }
  return null
}

/** Somebody else can have made a row with an id that the application chose. */
function isChosen(change: CreateChange | UpdateChange): boolean {
  return change.kind === 'create' && change.chosenId === true
}
