/** As much as the bench uses of peers that come without declarations, or with some that do not compile. */

declare module '@nozbe/watermelondb' {
  interface Subscription {
    unsubscribe(): void
  }
  interface Query<T> {
    fetch(): Promise<T[]>
    fetchIds(): Promise<string[]>
    unsafeFetchRaw(): Promise<object[]>
    observeWithColumns(columns: string[]): { subscribe(listener: (rows: T[]) => void): Subscription }
  }
  interface Collection<T> {
    find(id: string): Promise<T>
    query(...clauses: object[]): Query<T>
  }
  export class Model {
    static table: string
    readonly _raw: object
    _setRaw(name: string, value: string | number | boolean | null): void
    prepareUpdate(change: (row: this) => void): this
  }
  export class Database {
    constructor(options: { adapter: object; modelClasses: (typeof Model)[] })
    readonly localStorage: {
      get<T>(key: string): Promise<T | undefined>
      set(key: string, value: unknown): Promise<void>
    }
    get<T extends Model>(table: string): Collection<T>
    write<T>(body: () => Promise<T>): Promise<T>
    batch(...changes: Model[]): Promise<void>
  }
  export const Q: {
    readonly desc: 'desc'
    where(column: string, value: string | number): object
    sortBy(column: string, order: 'asc' | 'desc'): object
    take(count: number): object
  }
  export function tableSchema(table: { name: string; columns: object[] }): object
  export function appSchema(schema: { version: number; tables: object[] }): object
}

declare module 'pouchdb-core' {
  type Stored<T> = T & { _id: string; _rev: string }
  export default class PouchDB<T extends object> {
    static plugin(plugin: object): void
    constructor(name: string, options: { adapter: string; revs_limit?: number })
    get<U = T>(id: string): Promise<Stored<U>>
    put(row: object): Promise<{ rev: string }>
    bulkDocs(rows: object[]): Promise<object[]>
    allDocs(options: { keys?: string[]; include_docs?: boolean }): Promise<{
      rows: { key: string; value?: { rev: string }; doc?: T }[]
    }>
    changes(options: { since: number | string }): Promise<{ results: object[] }>
    info(): Promise<{ update_seq: number | string }>
    close(): Promise<void>
  }
}

declare module 'pouchdb-adapter-indexeddb' {
  const adapter: object
  export default adapter
}

declare module 'pouchdb-adapter-leveldb' {
  const adapter: object
  export default adapter
}

declare module 'cross-fetch' {
  export const fetch: typeof globalThis.fetch
}
