import type { Change, UpdateChange } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { dependenciesOf, touchesOf } from '../write/dependencies.ts'
import { OutpostError } from '../errors.ts'
import { knownMaster, refreshRows } from '../rows/local-rows.ts'
import type { KnownMaster } from '../rows/local-rows.ts'
import { relationshipOf } from '../metadata.ts'
import type { MasterIdentity } from '../ports/master-org.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { rowKey, TARGET_SUFFIX } from '../row.ts'
import type { ColumnValue } from '../row.ts'
import { doubt } from '../pull/recheck-list.ts'
import { isOlderVersion } from '../pull/version-order.ts'
import type { OfflineTransaction, UnsequencedTransaction } from './offline-transaction.ts'
import { comparable, correctionsOf } from './queue-file.ts'
import type { QueueDecision, QueuedRow, QueueFile } from './queue-file.ts'

/** What the decisions in a queue file do, in the store transaction of the import. */
export interface QueueOperations {
  setPending(tx: StoreWriter, seq: number): Promise<void>
  amend(
    tx: StoreWriter,
    seq: number,
    values: Readonly<Record<string, ColumnValue | undefined>>,
    row?: { readonly table: string; readonly id: string },
  ): Promise<void>
  archive(tx: StoreWriter, seq: number, local: 'revert' | 'keep'): Promise<void>
  discard(tx: StoreWriter, seq: number): Promise<void>
}

export interface ImportContext {
  readonly identity: MasterIdentity
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly operations: QueueOperations
}

/** What became of the transactions in a queue file. */
export interface ImportReport {
  /** The seqs that the new ones were given here, in the order of the file. */
  readonly imported: readonly number[]
  /** The seqs of those to which a decision in the file was applied. */
  readonly decided: readonly number[]
  /** The ids of those of which there was nothing to take: they are here already, were delivered, or are to be discarded. */
  readonly known: readonly string[]
  /** What was not taken, or not decided, and why; `seq` is that of the file. */
  readonly refused: readonly { readonly id: string; readonly seq: number; readonly reason: string }[]
}

/**
 * Adds the transactions of a queue file at the end of the outbox, shows their effect, and applies the decisions that were
 * written into it, all in the given store transaction. What cannot be taken is in the report and stops nothing else but
 * what waits for it. Throws `refused` when the file is the work of another user or of another organisation.
 */
export async function importTransactions(
  tx: StoreWriter,
  file: QueueFile,
  context: ImportContext,
): Promise<ImportReport> {
  refuseForeign(file.identity, context.identity)
  const report = { imported: [] as number[], decided: [] as number[], known: [] as string[], refused: [] as Refused[] }
  const masters = new Map(file.rows.map((row) => [rowKey(row.table, row.id), row]))
  const seqs = new Map<number, number | 'delivered'>()
  for (const { decision, ...transaction } of file.transactions) {
    const { id, seq } = transaction
    const refuse = (reason: string): number => report.refused.push({ id, seq, reason })
    const found = await findById(tx, transaction)
    if (!found && transaction.status === 'processed') {
      seqs.set(seq, 'delivered')
      report.known.push(id)
      continue
    }
    // It was discarded here already, or never came here: what is not there need not be thrown away.
    if (!found && decision?.kind === 'discard') {
      report.known.push(id)
      continue
    }
    const problem = found ? null : problemOf(transaction, seqs, context)
    if (problem !== null) {
      refuse(problem)
      continue
    }
    const here = found?.seq ?? (await append(tx, transaction, { seqs, masters, context }))
    seqs.set(seq, here)
    if (!found) report.imported.push(here)
    if (!decision) {
      if (found) report.known.push(id)
      continue
    }
    const refusal = found && hasChanged(found, transaction) ? CHANGED : await decide(tx, here, decision, context)
    if (refusal === null) report.decided.push(here)
    else refuse(refusal)
  }
  return report
}

type Refused = ImportReport['refused'][number]

const CHANGED = 'it has changed here since it was exported; export it anew and decide again'

function refuseForeign(theirs: MasterIdentity, own: MasterIdentity): void {
  const what =
    theirs.organizationId !== own.organizationId ? 'organizationId' : theirs.userId !== own.userId ? 'userId' : null
  if (what === null) return
  const name = what === 'userId' ? 'user' : 'organisation'
  const message = `queue file: it is the work of the ${name} ${theirs[what]}, and this client org belongs to ${own[what]}`
  throw new OutpostError('refused', message, {
    place: { rule: what === 'userId' ? 'other-user' : 'other-organisation' },
    remedy: `Import it into a client org of that ${name}. Nothing was imported.`,
  })
}

const PART = 100

/** The transaction that has the same id here, whatever has become of it. */
async function findById(tx: StoreReader, { id, changes }: OfflineTransaction): Promise<OfflineTransaction | undefined> {
  const touching = changes.map((change) => rowKey(change.table, change.id))
  for (let after: number | undefined; ;) {
    const query = { touching, limit: PART, direction: 'ascending' } as const
    const part = await tx.findTransactions(after === undefined ? query : { ...query, after })
    const found = part.find((transaction) => transaction.id === id)
    if (found || part.length < PART) return found
    after = part.at(-1)?.seq
  }
}

/** Why a transaction cannot be taken; null where it can. */
function problemOf(
  { organizationId, userId, changes, dependsOn }: OfflineTransaction,
  seqs: ReadonlyMap<number, unknown>,
  { identity, tables }: ImportContext,
): string | null {
  if (organizationId !== identity.organizationId || userId !== identity.userId) return `it belongs to user ${userId}`
  for (const change of changes) {
    const problem = unkept(change, tables)
    if (problem !== null) return problem
  }
  const missing = dependsOn.find((seq) => !seqs.has(seq))
  return missing === undefined ? null : `it waits for #${missing} of the file, which is not there or was not taken`
}

/** What of a change this client org does not keep; null where it keeps all of it. */
function unkept(change: Change, tables: ImportContext['tables']): string | null {
  const table = tables.get(change.table)
  if (!table) return `table '${change.table}' is not among the tables this client org keeps`
  if ('relationship' in change) {
    const known = relationshipOf(table.metadata)?.name === change.relationship
    return known ? null : `table '${change.table}' does not hold the links of '${change.relationship}'`
  }
  const columns = new Set([...table.columns, table.metadata.primaryId])
  const written = 'values' in change ? change.values : change.kind === 'action' ? change.effect : {}
  const names = Object.keys(written).map((name) => name.replace(TARGET_SUFFIX, ''))
  const missing = names.find((name) => !columns.has(name))
  return missing === undefined
    ? null
    : `column '${missing}' of table '${change.table}' is not among those that are kept`
}

interface Appending {
  readonly seqs: ReadonlyMap<number, number | 'delivered'>
  readonly masters: ReadonlyMap<string, QueuedRow>
  readonly context: ImportContext
}

async function append(
  tx: StoreWriter,
  { seq: _, ...transaction }: OfflineTransaction,
  { seqs, masters, context: { tables } }: Appending,
): Promise<number> {
  const here = (theirs: readonly number[]): readonly number[] =>
    theirs.map((seq) => seqs.get(seq)).filter((seq) => typeof seq === 'number')
  const { changes } = transaction
  const after = here(transaction.after ?? [])
  const waitsFor = [...here(transaction.dependsOn), ...(await dependenciesOf(tx, changes, tables, undefined, after))]
  const entry: UnsequencedTransaction = {
    ...transaction,
    ...(transaction.after ? { after } : {}),
    touches: touchesOf(changes, tables, after),
    dependsOn: [...new Set(waitsFor)].toSorted((one, other) => one - other),
    outcome: mayHaveBeenSent(transaction, tables) ? 'unknown' : transaction.outcome,
    lease: null,
  }
  const [seq = 0] = await tx.appendTransactions([entry])
  if (entry.status === 'archived' && !entry.kept) return seq
  for (const { table, id } of changes) {
    const configured = tables.get(table)
    if (!configured) continue
    const master = await newerMaster(tx, configured, id, masters.get(rowKey(table, id)))
    await refreshRows(tx, configured, [id], master ? new Map([[id, master]]) : new Map())
    // It was wanted where it comes from; whether it is here, the next pull asks.
    if (master) await doubt(tx, table, [id], 'changed')
  }
  return seq
}

/**
 * Whether the master is asked first: the device it comes from has sent it, or may have done so since, and what it does
 * would not be safe to repeat. A change has conditions that keep it from a second effect, but for these: actions; links;
 * amounts that are added up; and a create under an id that somebody chose, which by itself does not tell whose row it is.
 */
function mayHaveBeenSent(
  { status, outcome, attempts, changes }: UnsequencedTransaction,
  tables: ImportContext['tables'],
): boolean {
  if (outcome === 'unknown') return true
  if (status !== 'pending') return false
  return (
    attempts > 0 ||
    changes.some(
      (change) =>
        change.kind === 'action' ||
        'relationship' in change ||
        (change.kind === 'create' && change.chosenId === true) ||
        (change.kind === 'update' && isAddedUp(change, tables)),
    )
  )
}

function isAddedUp({ table, values }: UpdateChange, tables: ImportContext['tables']): boolean {
  const rules = tables.get(table)?.conflicts.rules
  return Object.keys(values).some((name) => rules?.get(name) === 'sum')
}

/** The master's row of the file where the device knows none, or an older one; null where its own knowledge stands. */
async function newerMaster(
  tx: StoreReader,
  table: ConfiguredTable,
  id: string,
  queued: QueuedRow | undefined,
): Promise<KnownMaster | null> {
  // A row that lacks columns would lack them until it changes on the master: better none until the next pull.
  const known = (name: string): boolean =>
    table.localColumns.includes(name) || Object.hasOwn(queued?.values ?? {}, name)
  if (!queued || !table.store.columns.every(({ name }) => known(name))) return null
  const [base] = await tx.bases(table.metadata.name, [id])
  const [stored] = await tx.rows(table.metadata.name, [id])
  const own = knownMaster(id, base, stored).row
  const { version, values } = queued
  if (own && (own.version === null || version === null || !isOlderVersion(own.version, version))) return null
  // What only the other client org had is nothing to this one, and the other way round.
  const local = Object.fromEntries(table.localColumns.map((name) => [name, stored?.values[name] ?? null]))
  return { id, row: { version, values: { ...values, ...local } } }
}

/** Whether anything has happened to a transaction since it was exported. */
function hasChanged(here: OfflineTransaction, exported: OfflineTransaction): boolean {
  return here.status !== exported.status || comparable(here.history) !== comparable(exported.history)
}

/** Does what was decided elsewhere. Gives back why it cannot be done; null when it is. */
async function decide(
  tx: StoreWriter,
  seq: number,
  decision: QueueDecision,
  { operations }: ImportContext,
): Promise<string | null> {
  try {
    await perform(tx, seq, decision, operations)
    return null
  } catch (error) {
    // Each operation checks everything before it changes anything, so the other transactions can go on.
    if (error instanceof OutpostError && (error.code === 'refused' || error.code === 'invalid'))
      return error.message.replace(`[${error.code}] `, '')
    throw error
  }
}

function perform(tx: StoreWriter, seq: number, decision: QueueDecision, operations: QueueOperations): Promise<void> {
  switch (decision.kind) {
    case 'set-pending':
      return operations.setPending(tx, seq)
    case 'amend':
      return operations.amend(tx, seq, correctionsOf(decision), decision.row)
    case 'archive':
      return operations.archive(tx, seq, decision.local ?? 'revert')
    case 'discard':
      return operations.discard(tx, seq)
  }
}
