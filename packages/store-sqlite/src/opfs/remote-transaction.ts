import type {
  BaseRow,
  Json,
  OfflineTransaction,
  PutOptions,
  ScanRequest,
  StoreChange,
  StoredRow,
  StoreReader,
  StoreTable,
  StoreWriter,
  TransactionQuery,
  TransactionStatus,
  UnsequencedTransaction,
  VersionsPart,
} from '@outpost/core'
import { Deferred } from './deferred.ts'
import type { Begin, End, Operate, Operation } from './messages.ts'

interface Call {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * A transaction of this tab that runs at the owner of the database.
 *
 * `waiting` until it is granted, `running` while its body is, `ending` from when its commit was asked for until the owner has
 * answered. Where the owner is lost, a waiting one is begun again, a running one is lost, and of an ending one the next owner
 * is asked.
 */
export class RemoteTransaction {
  readonly begin: Begin
  readonly #send: (message: Operate | End) => void
  readonly #onEnd: (change: StoreChange | undefined) => void
  readonly #calls = new Map<number, Call>()
  readonly #granted = new Deferred<void>()
  readonly #ended = new Deferred<void>()
  #state: 'waiting' | 'running' | 'ending' = 'waiting'
  #lost: { readonly error: unknown } | undefined
  #lastCall = 0

  /** `onEnd` is called with what the transaction changed before `ended` resolves. */
  constructor(begin: Begin, send: (message: Operate | End) => void, onEnd: (change: StoreChange | undefined) => void) {
    this.begin = begin
    this.#send = send
    this.#onEnd = onEnd
    // Whoever runs the body learns of a loss from its next operation, and nobody may be waiting for these.
    this.#granted.promise.catch(ignore)
    this.#ended.promise.catch(ignore)
  }

  /** Settles when the body may begin. */
  get granted(): Promise<void> {
    return this.#granted.promise
  }

  get state(): 'waiting' | 'running' | 'ending' {
    return this.#state
  }

  grant(): void {
    this.#state = 'running'
    this.#granted.resolve()
  }

  call(operation: Operation, ...parameters: readonly unknown[]): Promise<unknown> {
    const call = ++this.#lastCall
    return new Promise((resolve, reject) => {
      if (this.#lost) throw this.#lost.error
      this.#send({ kind: 'operate', id: this.begin.id, call, operation, parameters })
      this.#calls.set(call, { resolve, reject })
    })
  }

  answer(call: number, value: unknown): void {
    this.#calls.get(call)?.resolve(value)
    this.#calls.delete(call)
  }

  refuse(call: number, error: unknown): void {
    this.#calls.get(call)?.reject(error)
    this.#calls.delete(call)
  }

  /** Ends the transaction. Resolves when it is committed. */
  commit(): Promise<void> {
    if (this.#lost) return this.#ended.promise
    this.#state = 'ending'
    this.#send({ kind: 'end', id: this.begin.id, commit: true })
    return this.#ended.promise
  }

  /** Ends the transaction; nothing of it stays. */
  rollBack(): void {
    if (!this.#lost) this.#send({ kind: 'end', id: this.begin.id, commit: false })
  }

  /** The owner has ended the transaction as it was asked to. */
  end(change: StoreChange | undefined): void {
    this.#onEnd(change)
    this.#ended.resolve()
  }

  /** Nothing has come of the transaction, and nothing will. */
  lose(error: unknown): void {
    this.#lost ??= { error }
    this.#granted.reject(error)
    this.#ended.reject(error)
    for (const { reject } of this.#calls.values()) reject(error)
    this.#calls.clear()
  }
}

/** Reads through a transaction at the owner. */
export class RemoteReader implements StoreReader {
  readonly #transaction: RemoteTransaction

  constructor(transaction: RemoteTransaction) {
    this.#transaction = transaction
  }

  rows(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    return this.ask('rows', table, ids)
  }

  versions(table: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    return this.ask('versions', table, ids)
  }

  allVersions(table: string, request: { readonly after?: string; readonly limit: number }): Promise<VersionsPart> {
    return this.ask('allVersions', table, request)
  }

  scan(table: string, request: ScanRequest): Promise<readonly StoredRow[]> {
    return this.ask('scan', table, request)
  }

  ids(table: string, request: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    return this.ask('ids', table, request)
  }

  count(table: string): Promise<number> {
    return this.ask('count', table)
  }

  bases(table: string, ids?: readonly string[]): Promise<readonly BaseRow[]> {
    return this.ask('bases', table, ids)
  }

  transactions(seqs: readonly number[]): Promise<readonly (OfflineTransaction | undefined)[]> {
    return this.ask('transactions', seqs)
  }

  findTransactions(query: TransactionQuery): Promise<readonly OfflineTransaction[]> {
    return this.ask('findTransactions', query)
  }

  countTransactions(): Promise<Readonly<Record<TransactionStatus, number>>> {
    return this.ask('countTransactions')
  }

  value(key: string): Promise<Json | undefined> {
    return this.ask('value', key)
  }

  values(prefix: string): Promise<readonly { readonly key: string; readonly value: Json }[]> {
    return this.ask('values', prefix)
  }

  protected async ask<Name extends Operation>(
    operation: Name,
    ...parameters: Parameters<StoreWriter[Name]>
  ): Promise<Awaited<ReturnType<StoreWriter[Name]>>> {
    const answer = await this.#transaction.call(operation, ...parameters)
    return answer as Awaited<ReturnType<StoreWriter[Name]>>
  }
}

/** Writes through a transaction at the owner. */
export class RemoteWriter extends RemoteReader implements StoreWriter {
  defineTables(tables: readonly StoreTable[]): Promise<void> {
    return this.ask('defineTables', tables)
  }

  putRows(table: string, rows: readonly StoredRow[], options: PutOptions = {}): Promise<void> {
    return this.ask('putRows', table, rows, options)
  }

  addRows(table: string, rows: readonly StoredRow[]): Promise<readonly string[]> {
    return this.ask('addRows', table, rows)
  }

  setVersions(table: string, versions: ReadonlyMap<string, string>): Promise<void> {
    return this.ask('setVersions', table, versions)
  }

  deleteRows(table: string, ids: readonly string[]): Promise<void> {
    return this.ask('deleteRows', table, ids)
  }

  putBases(table: string, bases: readonly BaseRow[]): Promise<void> {
    return this.ask('putBases', table, bases)
  }

  deleteBases(table: string, ids: readonly string[]): Promise<void> {
    return this.ask('deleteBases', table, ids)
  }

  appendTransactions(transactions: readonly UnsequencedTransaction[]): Promise<readonly number[]> {
    return this.ask('appendTransactions', transactions)
  }

  putTransactions(transactions: readonly OfflineTransaction[]): Promise<void> {
    return this.ask('putTransactions', transactions)
  }

  deleteTransactions(seqs: readonly number[]): Promise<void> {
    return this.ask('deleteTransactions', seqs)
  }

  setValue(key: string, value: Json | undefined): Promise<void> {
    return this.ask('setValue', key, value)
  }

  setValues(values: ReadonlyMap<string, Json | undefined>): Promise<void> {
    return this.ask('setValues', values)
  }

  clear(): Promise<void> {
    return this.ask('clear')
  }
}

function ignore(): void {}
