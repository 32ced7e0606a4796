import type { BaseRow, ColumnValue, IndexKey, Json, OfflineTransaction } from '@outpost/core'
import { Dexie } from 'dexie'
import type { Table, Transaction } from 'dexie'
import type { KeptCatalogue } from './catalogue.ts'

/** What marks a database as Outpost's. A higher version was written by a newer release. */
export const FORMAT = { key: 'format', product: 'outpost', version: 1 } as const

/** Dexie's version of the schema; IndexedDB's own is ten times this. It never changes with the tables of a client org. */
const SCHEMA_VERSION = 1

export const NATIVE_VERSION: number = SCHEMA_VERSION * 10

/** A table's number and a row's id. */
export type RowKey = [table: number, id: string]

export interface RowRecord {
  readonly t: number
  readonly id: string
  readonly v: string | null
  /** The values by slot, see catalogue.ts: a third of the time to read, and no column names in every row. */
  readonly r: readonly ColumnValue[]
  /** The row's places in the indexes of its table, each beginning with the index's number. */
  readonly k: readonly IndexKey[]
}

export interface BaseRecord extends BaseRow {
  readonly t: number
}

export interface Setting {
  readonly key: string
  readonly value: Json
}

export type CatalogueRecord =
  | typeof FORMAT
  | { readonly key: 'stamp'; readonly stamp: number }
  | { readonly key: 'tables'; readonly catalogue: KeptCatalogue }
  | { readonly key: 'seq'; readonly last: number }

/** The object stores of a client org. */
export interface ObjectStores {
  readonly rows: Table<RowRecord, RowKey>
  readonly bases: Table<BaseRecord, RowKey>
  readonly outbox: Table<OfflineTransaction, number>
  readonly settings: Table<Setting, string>
  readonly catalogue: Table<CatalogueRecord, string>
}

const SCHEMA: Record<keyof ObjectStores, string> = {
  rows: '[t+id],*k',
  bases: '[t+id]',
  outbox: 'seq,[status+seq],*touches',
  settings: 'key',
  catalogue: 'key',
}

/** Where IndexedDB is; the realm's own when absent. */
export interface IndexedDatabases {
  readonly indexedDB?: IDBFactory
  readonly IDBKeyRange?: typeof IDBKeyRange
}

/** Opens a connection whose write transactions have that durability: Dexie knows durability by connection only. */
export async function connect(
  name: string,
  durability: 'strict' | 'relaxed',
  { indexedDB, IDBKeyRange }: IndexedDatabases,
): Promise<Dexie> {
  const dexie = new Dexie(name, {
    autoOpen: false,
    // Dexie's cache is for its live queries, which the client org does not use.
    cache: 'disabled',
    chromeTransactionDurability: durability,
    ...(indexedDB && { indexedDB }),
    ...(IDBKeyRange && { IDBKeyRange }),
  })
  dexie.version(SCHEMA_VERSION).stores(SCHEMA)
  dexie.on('populate', (transaction) => transaction.table<CatalogueRecord>('catalogue').add(FORMAT))
  // A newer release, or somebody who deletes the database, must not wait for this tab for ever.
  dexie.on('versionchange', () => {
    dexie.close()
    return false
  })
  await dexie.open()
  return dexie
}

/** The object stores as the transaction sees them. */
export function storesOf(transaction: Transaction): ObjectStores {
  return {
    rows: transaction.table<RowRecord, RowKey>('rows'),
    bases: transaction.table<BaseRecord, RowKey>('bases'),
    outbox: transaction.table<OfflineTransaction, number>('outbox'),
    settings: transaction.table<Setting, string>('settings'),
    catalogue: transaction.table<CatalogueRecord, string>('catalogue'),
  }
}
