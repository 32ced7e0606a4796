import type { Change, CreateChange, UpdateChange } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { creatorOf, referencesOf } from '../write/dependencies.ts'
import { OutpostError } from '../errors.ts'
import { knownMaster, rowToCome } from '../rows/local-rows.ts'
import { wholeRow } from '../conflicts/merge.ts'
import { parentsFirst } from '../write/parents-first.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { ColumnValue, Row } from '../row.ts'
import { liftOut, onValues, putAnew } from '../rows/stack.ts'
import { seenOf, unseenColumns, versionSeen } from '../write/unseen-columns.ts'
import { validateValues } from '../write/validate-values.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>
type Corrections = Readonly<Record<string, ColumnValue | undefined>>

/** A change with its columns corrected; `after` is null where none of them is left. */
export interface Amendment {
  readonly before: CreateChange | UpdateChange
  readonly after: CreateChange | UpdateChange | null
  /** All changes of the transaction as they are then, parents first. */
  readonly changes: readonly Change[]
}

/** The transaction with corrected values in one of its changes. Throws `invalid` when the correction is none. */
export async function amendChange(
  tx: StoreReader,
  transaction: OfflineTransaction,
  values: Corrections,
  row: { readonly table: string; readonly id: string } | undefined,
  tables: Tables,
): Promise<Amendment> {
  const before = meantChange(transaction, row)
  const table = tables.get(before.table)
  if (!table)
    throw new OutpostError('invalid', `table '${before.table}' is no longer configured`, {
      place: { table: before.table, rule: 'unknown-table' },
    })
  const corrected =
    before.kind === 'create'
      ? amendCreate(before, values, table)
      : await amendUpdate(tx, transaction.seq, before, values, table)
  const after = corrected.kind === 'update' && Object.keys(corrected.values).length === 0 ? null : corrected
  const changes = transaction.changes.flatMap((change) => (change === before ? (after ? [after] : []) : [change]))
  if (changes.length === 0) {
    throw new OutpostError('invalid', `amend of #${transaction.seq}: nothing would be left to send`, {
      place: { table: before.table, row: before.id, rule: 'nothing-left' },
      remedy: 'Archive the transaction instead.',
    })
  }
  return { before, after, changes: inOrder(changes, tables) }
}

/** Lets later changes of the row stand on what the corrected one makes of it. */
export async function restack(tx: StoreWriter, seq: number, { before, after }: Amendment): Promise<void> {
  const left = after?.values ?? {}
  await liftOut(
    tx,
    seq,
    before,
    Object.keys(before.values).filter((name) => !(name in left)),
  )
  if (after) await putAnew(tx, seq, after)
}

/** Throws `invalid` for a row that only a later transaction creates: an earlier one cannot point to it. */
export async function refuseLaterRows(
  tx: StoreReader,
  seq: number,
  changes: readonly Change[],
  tables: Tables,
): Promise<void> {
  for (const reference of changes.flatMap((change) => referencesOf(change, tables))) {
    const creator = await creatorOf(tx, reference, tables)
    if (!creator || creator.seq <= seq) continue
    throw new OutpostError(
      'invalid',
      `amend of #${seq}: ${reference.table} ${reference.id} is created later, by #${creator.seq}`,
      {
        place: { table: reference.table, row: reference.id, rule: 'lookup-order' },
        remedy: 'Send that transaction first, or set the lookup with a new write.',
      },
    )
  }
}

function meantChange(
  transaction: OfflineTransaction,
  row: { readonly table: string; readonly id: string } | undefined,
): CreateChange | UpdateChange {
  const writable = transaction.changes.filter((change) => change.kind === 'create' || change.kind === 'update')
  const meant = row ? writable.filter((change) => change.table === row.table && change.id === row.id) : writable
  const [change] = meant
  if (change && meant.length === 1) return change
  if (writable.length === 0) {
    throw new OutpostError(
      'invalid',
      `amend of #${transaction.seq}: it writes no columns, there is nothing to correct`,
      {
        place: { rule: 'nothing-to-amend' },
        remedy: 'Archive the transaction, and make the right change with a new write.',
      },
    )
  }
  const rows = writable.map((candidate) => `${candidate.table} ${candidate.id}`).join(', ')
  throw new OutpostError('invalid', `amend of #${transaction.seq}: say which row is meant (${rows})`, {
    place: { ...(row ? { table: row.table, row: row.id } : {}), rule: 'unknown-row' },
  })
}

function amendCreate(change: CreateChange, values: Corrections, { metadata, columns }: ConfiguredTable): CreateChange {
  // What was to be updated is no longer what is to be created.
  const { recreates: _, ...create } = change
  const whole = { ...without(change.values, Object.keys(values)), ...given(values) }
  const rules = { kind: 'create', columns: new Set(columns), id: change.id } as const
  return { ...create, values: validateValues(metadata, whole, rules) }
}

async function amendUpdate(
  tx: StoreReader,
  seq: number,
  change: UpdateChange,
  values: Corrections,
  table: ConfiguredTable,
): Promise<UpdateChange> {
  const { id } = change
  const [base] = await tx.bases(change.table, [id])
  const [stored] = await tx.rows(change.table, [id])
  const below = (await rowToCome(tx, table, id, seq)) ?? {}
  const left = without(change.values, Object.keys(values))
  const rules = { kind: 'update', columns: new Set(table.columns), id, current: { ...below, ...left } } as const
  const amended: Row = { ...left, ...validateValues(table.metadata, given(values), rules) }
  const before = Object.fromEntries(Object.keys(amended).map((name) => [name, below[name] ?? null]))
  const unseen = await unseenColumns(tx, table)
  const version = versionSeen(knownMaster(id, base, stored).row?.version ?? null, amended, unseen)
  const whole = change.whole ? wholeRow(table, seenOf({ ...below, ...amended }, amended, unseen)) : {}
  return onValues({ ...change, values: amended, version, ...whole }, before)
}

function given(values: Corrections): Row {
  return Object.fromEntries(Object.entries(values).filter(isGiven))
}

function isGiven(entry: [string, ColumnValue | undefined]): entry is [string, ColumnValue] {
  return entry[1] !== undefined
}

/** The values without these columns, and without their `$table`. */
function without(values: Row, columns: readonly string[]): Row {
  const out = new Set(columns.map((name) => name.replace(TARGET_SUFFIX, '')))
  return Object.fromEntries(Object.entries(values).filter(([name]) => !out.has(name.replace(TARGET_SUFFIX, ''))))
}

/** Another lookup can change which row has to be there first, and which lookup is put off. Deletions are in order already. */
function inOrder(changes: readonly Change[], tables: Tables): readonly Change[] {
  const deletions = changes.filter((change) => change.kind === 'delete')
  return [
    ...parentsFirst(
      changes.filter((change) => change.kind !== 'delete'),
      tables,
    ),
    ...deletions,
  ]
}
