import type { ActionEvidence, Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { doubtMisunderstood } from '../copy/catalogue.ts'
import type { Catalogue } from '../copy/catalogue.ts'
import { concernsOneTable, OutpostError } from '../errors.ts'
import { askedColumns } from './asked-columns.ts'
import { evidenceKey } from './evidence.ts'
import type { Happened } from './evidence.ts'
import { columnsOfFilter, parseTableFilter } from '../filter/bind.ts'
import { matches } from '../filter/evaluate.ts'
import type { Filter } from '../filter/filter.ts'
import type { TableMetadata } from '../metadata.ts'
import { idsByTable, masterRow } from '../rows/local-rows.ts'
import type { KnownMaster, MasterRows } from '../rows/local-rows.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'
import type { MasterOrg, PushOutcome } from '../ports/master-org.ts'
import type { Store } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'

export interface ReadContext {
  readonly store: Store
  readonly master: MasterOrg
  readonly tables: ReadonlyMap<string, ConfiguredTable>
}

export interface EvidenceContext extends ReadContext {
  readonly catalogue: Catalogue
  /** Who is signed in, by whom a filter may ask. */
  readonly userId: string
}

/** The master's rows as they were read just now. */
export interface PresentRows {
  readonly masters: MasterRows
  /** The tables whose rows it refused to show to the user. */
  readonly refused: ReadonlySet<string>
}

/**
 * Reads the master's rows of transactions whose answer says that they are not what was thought, and those that an action
 * was about, which its answer does not give back. What the rows of one table keep from being read says nothing of others.
 */
export async function readMasters(
  context: ReadContext,
  sent: readonly OfflineTransaction[],
  outcomes: readonly PushOutcome[],
  signal: AbortSignal,
): Promise<PresentRows> {
  const asked = sent.flatMap(({ changes }, index) => {
    if (outcomes[index]?.kind === 'processed') return changes.filter((change) => change.kind === 'action')
    return asksForRows(outcomes[index]) ? changes.filter((change) => !('relationship' in change)) : []
  })
  const masters = new Map<string, ReadonlyMap<string, KnownMaster>>()
  const refused = new Set<string>()
  for (const [name, ids] of idsByTable(asked)) {
    try {
      const known = await readTable(context, name, ids, asked, signal)
      if (known) masters.set(name, known)
    } catch (error) {
      // The answers that were given must still be kept; what could not be read is resolved by the next push.
      if (!(error instanceof OutpostError)) throw error
      if (!concernsOneTable(error)) break
      if (error.code === 'forbidden') refused.add(name)
    }
  }
  return { masters, refused }
}

function asksForRows(outcome: PushOutcome | undefined): boolean {
  if (outcome?.kind === 'rejected') return outcome.rejection.rejection === 'gone'
  return outcome?.kind === 'stale' || outcome?.kind === 'exists'
}

export async function readRows(
  context: ReadContext,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<MasterRows> {
  const found = new Map<string, ReadonlyMap<string, KnownMaster>>()
  for (const [name, ids] of idsByTable(changes)) {
    const known = await readTable(context, name, ids, changes, signal)
    if (known) found.set(name, known)
  }
  return found
}

/** What is asked by the copy of the metadata, which is doubted where the master does not understand it. */
async function understood<T>(store: Store, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    await doubtMisunderstood(store, error)
    throw error
  }
}

/** Rows of one table by id, that the changes are about; null of one that is not kept. */
async function readTable(
  { store, master, tables }: ReadContext,
  name: string,
  ids: readonly string[],
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, KnownMaster> | null> {
  const table = tables.get(name)
  if (!table) return null
  const request = { table: table.metadata, columns: askedColumns(table, changes), ids }
  const present = await understood(store, master.read(request, signal))
  const known = new Map<string, KnownMaster>(ids.map((id) => [id, { id, row: null }]))
  for (const row of present) known.set(row.id, masterRow(table, row))
  return known
}

/**
 * What was read of the rows of transactions whose answer was lost, without those that are to be deleted and were not found
 * though they are there: rows that are hidden from the user are left out as if they were not.
 */
export async function withoutHidden(
  { master, tables }: ReadContext,
  changes: readonly Change[],
  found: MasterRows,
  signal: AbortSignal,
): Promise<MasterRows> {
  const seen = new Map([...found].map(([name, rows]) => [name, new Map(rows)]))
  for (const { kind, table: name, id } of changes) {
    const table = tables.get(name)
    if (kind !== 'delete' || !table || seen.get(name)?.get(id)?.row !== null) continue
    if ((await master.isGone?.({ table: table.metadata, id }, signal)) === false) seen.get(name)?.delete(id)
  }
  return seen
}

/** Looks for the evidence of the actions among the changes, in tables that need not be configured. */
export async function readEvidence(
  context: EvidenceContext,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<Happened> {
  const wanted = changes.flatMap((change) => {
    if (change.kind !== 'action' || change.evidence.kind === 'repeatable') return []
    return [change.evidence]
  })
  const definitions = await context.catalogue.tables(wanted.map(({ table }) => table))
  const happened = new Map<string, boolean | null>()
  for (const [name, ids] of idsByTable(wanted)) {
    const table = definitions.get(name)
    const looks = wanted.filter((evidence) => evidence.table === name).map((evidence) => lookOf(evidence, table))
    if (!table || looks.every((look) => look.filter === 'unfit')) {
      for (const { evidence } of looks) happened.set(evidenceKey(evidence), null)
      continue
    }
    const named = looks.flatMap(({ filter }) => (filter && filter !== 'unfit' ? columnsOfFilter(filter) : []))
    const columns = [...new Set(named.map((column) => column.replace(TARGET_SUFFIX, '')))]
    const found = await understood(context.store, context.master.read({ table, columns, ids }, signal))
    const rows = new Map(found.map((row) => [row.id, row.values]))
    for (const { evidence, filter } of looks) {
      const row = rows.get(evidence.id)
      if (filter === 'unfit') happened.set(evidenceKey(evidence), null)
      else if (evidence.kind === 'row-gone') {
        // A row that is hidden from the user is not found either.
        const isGone = !row && (await context.master.isGone?.({ table, id: evidence.id }, signal)) !== false
        happened.set(evidenceKey(evidence), isGone)
      } else happened.set(evidenceKey(evidence), row !== undefined && (!filter || matches(filter, row, context)))
    }
  }
  return happened
}

type Telling = Exclude<ActionEvidence, { readonly kind: 'repeatable' }>

/** What a row has to fit to be the evidence; `unfit` where it names what the table no longer has. */
function lookOf(
  evidence: Telling,
  table: TableMetadata | undefined,
): { readonly evidence: Telling; readonly filter: Filter | 'unfit' | null } {
  if (!table) return { evidence, filter: 'unfit' }
  if (evidence.kind !== 'row-matches') return { evidence, filter: null }
  try {
    return { evidence, filter: parseTableFilter(evidence.filter, table) }
  } catch (error) {
    if (error instanceof OutpostError && error.code === 'invalid') return { evidence, filter: 'unfit' }
    throw error
  }
}
