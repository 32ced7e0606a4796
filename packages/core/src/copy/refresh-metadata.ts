import type { ConflictFunctions } from '../conflicts/conflict-policy.ts'
import { MasterError, throwIfAborted } from '../errors.ts'
import { columnKind } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'
import { recheckPending } from '../outbox/recheck.ts'
import type { Rechecked } from '../outbox/recheck.ts'
import type { MasterOrg } from '../ports/master-org.ts'
import type { BaseRow, StoreReader, StoreTable, StoreWriter } from '../ports/store.ts'
import { distrustPast } from '../pull/distrust-past.ts'
import { forgetBodies } from '../pull/bodies.ts'
import {
  followConfiguration,
  largeColumns,
  nameOfTyped,
  readCheckpoint,
  startAnew,
  writeCheckpoint,
} from '../pull/checkpoint.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { refreshUnsent } from '../rows/local-rows.ts'
import { writeConfiguration } from '../settings.ts'
import { retireTables, updateCatalogue, wasDoubted } from './catalogue.ts'
import type { Catalogue, CatalogueUpdate } from './catalogue.ts'
import type { Configuration, ConfiguredTable } from './configuration.ts'
import { fitConfiguration } from './fit-configuration.ts'
import type { Definitions } from './fit-configuration.ts'
import { metadataDrift } from './metadata-drift.ts'
import { isRemadeTable } from './column-drift.ts'
import type { MetadataChange, MetadataDrift } from './metadata-drift.ts'
import { pastAfter, writePast } from './past-kinds.ts'

/** What a new copy of the metadata is made from, and what it means for what is kept. Nothing is changed by it. */
export interface Refresh {
  /** Of the copy that it follows on. */
  readonly stamp: string | null
  /** What was configured then. */
  readonly configuration: Configuration
  readonly update: CatalogueUpdate
  readonly definitions: Definitions
  readonly drift: Pick<MetadataDrift, 'changes' | 'configuration' | 'dropped' | 'stopped'>
  readonly before: ReadonlyMap<string, ConfiguredTable>
  readonly after: ReadonlyMap<string, ConfiguredTable>
  /** Whether the master went back in time: then its rows did, too. */
  readonly isBack: boolean
}

/** What is kept before the refresh. */
export interface Held {
  readonly configuration: Configuration
  readonly definitions: Definitions
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly functions: ConflictFunctions
}

/**
 * What the master's metadata is now: what has changed since the copy where the master can tell, else all of it. A stamp
 * that is lower than the copy's shows a master that went back in time, whose changes say nothing about this copy.
 */
export async function askForMetadata(
  master: MasterOrg,
  catalogue: Catalogue,
  { stamp, whole = false }: { readonly stamp?: string; readonly whole?: boolean },
  signal: AbortSignal,
): Promise<CatalogueUpdate> {
  const { since } = catalogue
  const isBack = isOlderStamp(stamp ?? null, catalogue.stamp)
  if (master.metadataChanges && since !== null && !whole && !isBack) {
    try {
      return await master.metadataChanges({ since, known: () => catalogue.parts() }, signal)
    } catch (error) {
      if (!(error instanceof MasterError) || error.code !== 'expired') throw error
    }
  }
  const all = await master.metadata(signal)
  throwIfAborted(signal)
  return { stamp: all.stamp, since: all.since ?? null, tables: all.tables, removed: 'others' }
}

function isOlderStamp(stamp: string | null, than: string | null): boolean {
  return stamp !== null && Number(stamp) < Number(than ?? '')
}

/** What an update of the copy means. */
export function planRefresh(update: CatalogueUpdate, stamp: string | null, held: Held): Refresh {
  const { configuration, definitions } = held
  const names = Object.keys(configuration.tables)
  const local = Object.keys(configuration.localTables ?? {})
  const fresh = new Map(update.tables.map(({ parts: _, ...table }) => [table.name, table as TableMetadata]))
  const isGone = (name: string): boolean =>
    update.removed === 'others' ? !fresh.has(name) : update.removed.includes(name)
  const present = new Map(
    [...names, ...local].flatMap((name) => {
      const table = fresh.get(name) ?? (isGone(name) ? undefined : definitions.present.get(name))
      return table ? [[name, table] as const] : []
    }),
  )
  const drift = metadataDrift(configuration, definitions.present, present)
  const last = (name: string): TableMetadata | undefined =>
    definitions.present.get(name) ?? definitions.retired.get(name)
  const next: Definitions = {
    present,
    retired: new Map(
      names.flatMap((name) => {
        const table = present.has(name) ? undefined : last(name)
        return table ? [[name, table] as const] : []
      }),
    ),
    past: pastAfter(
      definitions.past,
      { before: stamp, after: update.stamp },
      new Map([...definitions.retired, ...definitions.present]),
      present,
    ),
  }
  const after = fitConfiguration(drift.configuration, next, held.functions)
  const stopped = [...after].flatMap(([table, { stopped: stop }]) =>
    stop ? [{ table, code: stop.code, message: stop.message, remedy: stop.remedy }] : [],
  )
  const isBack = isOlderStamp(update.stamp, stamp)
  const told = { ...drift, stopped }
  return { stamp, configuration, update, definitions: next, drift: told, before: held.tables, after, isBack }
}

/** What pending transactions are with the new copy. */
export async function recheckWith(tx: StoreReader, refresh: Refresh, now: number): Promise<Rechecked> {
  const { after, update } = refresh
  return concernsTables(refresh)
    ? recheckPending(tx, { tables: after, catalogueStamp: update.stamp, now })
    : { refused: [], migrated: [] }
}

/** Takes the new copy over in the given store transaction, with all that it means: whole, or not at all. */
export async function applyRefresh(tx: StoreWriter, refresh: Refresh, now: number): Promise<Rechecked> {
  const { update, definitions, drift, before, after } = refresh
  await updateCatalogue(tx, update)
  await retireTables(tx, definitions.retired)
  // Other metadata with the same stamp: it was given out again after a backup was restored.
  const isOther = drift.changes.length > 0 && (await wasDoubted(tx, update.stamp))
  if (refresh.isBack || isOther) await distrustPast(tx, after.keys())
  if (!concernsTables(refresh)) return { refused: [], migrated: [] }
  await writePast(tx, definitions.past)
  await writeConfiguration(tx, drift.configuration)
  await followConfiguration(tx, before, asPulled(before, after))
  await startAnew(tx, returned(before, after))
  await forgetColumns(tx, drift.changes, after)
  const stores = [...after.values()].map((table) => table.store)
  const others = columnsOfOthers(refresh)
  if (others.size > 0) await tx.defineTables(stores.map((store) => withoutColumns(store, others.get(store.name))))
  await tx.defineTables(stores)
  for (const [name, columns] of others) await emptyBases(tx, name, columns)
  const found = await recheckWith(tx, refresh, now)
  const changed = [...found.refused, ...found.migrated]
  if (changed.length > 0) await tx.putTransactions(changed)
  await showAgain(tx, refresh, others)
  return found
}

/** The columns that have become others, by table: they are empty until they have been read. */
function columnsOfOthers({ drift }: Refresh): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const change of drift.changes) {
    if (change.kind !== 'column-remade' && change.kind !== 'column-retyped') continue
    found.set(change.table, (found.get(change.table) ?? new Set()).add(change.column))
  }
  return found
}

function withoutColumns(store: StoreTable, gone: ReadonlySet<string> = new Set()): StoreTable {
  const isKept = (name: string): boolean => !gone.has(name.replace(TARGET_SUFFIX, ''))
  return {
    ...store,
    columns: store.columns.filter(({ name }) => isKept(name)),
    indexes: store.indexes.filter(({ columns }) => columns.every(isKept)),
  }
}

/** What the master was known to have in columns that have become others, beneath unsent changes. */
async function emptyBases(tx: StoreWriter, table: string, columns: ReadonlySet<string>): Promise<void> {
  const bases = (await tx.bases(table)).map((base): BaseRow => {
    const kept = Object.entries(base.values ?? {}).filter(([name]) => !columns.has(name.replace(TARGET_SUFFIX, '')))
    return base.values ? { ...base, values: Object.fromEntries(kept) } : base
  })
  await tx.putBases(table, bases)
}

/** Whether anything of what is configured may be another than before. */
function concernsTables({ update, before, after }: Refresh): boolean {
  const changed = new Set(update.tables.map(({ name }) => name))
  return [...after].some(
    ([name, table]) => changed.has(name) || table.stopped?.reason !== before.get(name)?.stopped?.reason,
  )
}

/** A table that is stopped keeps its place: which rows it wants is not known now. */
function asPulled(
  before: ReadonlyMap<string, ConfiguredTable>,
  after: ReadonlyMap<string, ConfiguredTable>,
): ReadonlyMap<string, ConfiguredTable> {
  return new Map(
    [...after].map(([name, table]) => {
      const then = table.stopped ? before.get(name) : undefined
      return [name, then ? { ...table, scope: then.scope } : table] as const
    }),
  )
}

/** Tables that the master has again. What it has of them need not be what it had. */
function returned(
  before: ReadonlyMap<string, ConfiguredTable>,
  after: ReadonlyMap<string, ConfiguredTable>,
): readonly string[] {
  return [...after].flatMap(([name, { stopped, metadata }]) => {
    const then = before.get(name)
    if (!then || then.isLocal || stopped?.reason === 'retired') return []
    return then.stopped?.reason === 'retired' || isRemadeTable(then.metadata, metadata) ? [name] : []
  })
}

/** What rows hold in a column that was made anew, or has lost an option, is not what the master holds in it. */
async function forgetColumns(
  tx: StoreWriter,
  changes: readonly MetadataChange[],
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<void> {
  for (const change of changes) {
    if (change.kind !== 'column-remade' && change.kind !== 'option-removed') continue
    const { table, column } = change
    const stored = await readCheckpoint(tx, table)
    if (!stored) continue
    const isOther = (typed: string): boolean => nameOfTyped(typed) !== column
    const { layer, ...rest } = stored
    await writeCheckpoint(tx, table, {
      ...rest,
      columns: stored.columns.filter(isOther),
      ...(layer?.columns.every(isOther) ? { layer } : {}),
    })
    const configured = tables.get(table)
    if (configured && largeColumns(configured).includes(column)) await forgetBodies(tx, table)
  }
}

/** Rows with unsent changes are shown with them in columns that have become others, too. */
async function showAgain(
  tx: StoreWriter,
  { before, after }: Refresh,
  others: ReadonlyMap<string, unknown>,
): Promise<void> {
  for (const [name, table] of after) {
    const kinds = (of: ConfiguredTable | undefined): string =>
      (of?.metadata.columns ?? []).map((column) => `${column.name}:${columnKind(column)}`).join()
    if (table.isLocal || (kinds(before.get(name)) === kinds(table) && !others.has(name))) continue
    await refreshUnsent(tx, table)
  }
}
