/** As much as the bench uses of `@tanstack/db`, whose own types do not go together with exactOptionalPropertyTypes. */

export type Change<T> = { readonly type: 'insert' | 'update'; readonly value: T }
export interface Sync<T> {
  readonly begin: () => void
  readonly write: (change: Change<T>) => void
  readonly commit: () => void
  readonly markReady: () => void
}
export interface Collection<T> {
  readonly toArray: readonly T[]
  values(): Iterable<T>
  createIndex(column: (row: T) => unknown, options: { readonly indexType: typeof BTreeIndex }): unknown
  update(
    ids: readonly string[],
    change: (rows: readonly T[]) => void,
  ): { readonly isPersisted: { readonly promise: Promise<unknown> } }
  subscribeChanges(
    told: () => void,
    options: { readonly includeInitialState: boolean },
  ): { readonly unsubscribe: () => void }
  cleanup(): Promise<void>
}
export interface Query<T> {
  where(condition: (tables: { readonly row: T }) => unknown): Query<T>
  orderBy(column: (tables: { readonly row: T }) => unknown, direction: 'asc' | 'desc'): Query<T>
  limit(rows: number): Query<T>
}
export class BTreeIndex {}
export function createCollection<T>(options: {
  readonly getKey: (row: T) => string
  readonly startSync: boolean
  readonly autoIndex: 'eager'
  readonly defaultIndexType: typeof BTreeIndex
  readonly sync: { readonly sync: (given: Sync<T>) => void }
  readonly onUpdate: (given: {
    readonly transaction: { readonly mutations: readonly { readonly modified: T }[] }
  }) => Promise<void>
}): Collection<T>
export function createLiveQueryCollection<T>(options: {
  readonly startSync: boolean
  readonly query: (from: { from(tables: { readonly row: Collection<T> }): Query<T> }) => Query<T>
}): Collection<T>
export function eq(one: unknown, other: unknown): unknown
