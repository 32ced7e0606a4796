import { linkId, MasterError, rowKey } from '@outpost/core'
import type {
  Change,
  ColumnValue,
  CreateChange,
  LinkChange,
  MasterOrg,
  MasterRow,
  OutgoingTransaction,
  PullPage,
  PushedRow,
  PushOutcome,
  RejectionClass,
  Row,
  RowVersion,
} from '@outpost/core'
import { LOOKUPS, MODEL_TABLES } from './model-tables.ts'

/**
 * What becomes of one call. `before`: the master did nothing. `after`: it did everything. `half`: a push whose first
 * half was done, and whose rest was not even begun. `code` says how the call then fails.
 */
export interface CallFault {
  readonly when: 'before' | 'after' | 'half'
  readonly code: 'offline' | 'timeout' | 'unavailable' | 'protocol' | 'throttled'
}

interface ModelRow {
  readonly version: number
  readonly values: Row
}

export const TAKEN_NUMBER = 'TAKEN'
/** The longest telephone number that the master takes; the copies of its metadata still say 50. */
export const LONGEST_PHONE = 20
/** The action adds a text to an account's description: done twice, it shows. */
export const STAMP = 'new_Stamp'

/**
 * A small master in memory that is as strict as Dataverse where delivery is concerned: a create of a row that is there,
 * an update of another version, a lookup to a row that is not there (yet), a taken key, a row that others point to are
 * all refused, and a transaction is applied whole or not at all. It counts how often each transaction had its effect.
 */
export class ModelMaster implements MasterOrg {
  /** How often each transaction was applied, by its id. */
  readonly effects = new Map<string, number>()
  /** Asked at each call of the port that reads or writes rows for a push, with the call's number, from 0. */
  faultOf: (call: number, kind: 'push' | 'read') => CallFault | null = () => null
  calls = 0
  #tables = new Map<string, ReadonlyMap<string, ModelRow>>(MODEL_TABLES.map(({ name }) => [name, new Map()]))
  #version = 1000
  #removals = 0

  /** The same rows, on their own from now on. */
  copy(): ModelMaster {
    const copy = new ModelMaster()
    copy.#tables = new Map(this.#tables)
    copy.#version = this.#version
    return copy
  }

  row(table: string, id: string): Row | undefined {
    return this.#table(table).get(id)?.values
  }

  ids(table: string): readonly string[] {
    return [...this.#table(table).keys()].toSorted()
  }

  async *versions({ table }: { readonly table: { readonly name: string } }): AsyncGenerator<readonly RowVersion[]> {
    const rows = [...this.#table(table.name)].toSorted(([one], [other]) => (one < other ? -1 : 1))
    yield await Promise.resolve(rows.map(([id, row]) => ({ id, version: etag(row) })))
  }

  /** The master's own hand: makes or changes a row. */
  put(table: string, id: string, values: Row): void {
    this.#set(this.#tables, table, id, { ...this.row(table, id), [`${table}id`]: id, ...values })
  }

  remove(table: string, id: string): void {
    this.#tables.set(table, without(this.#table(table), id))
  }

  identify(): ReturnType<MasterOrg['identify']> {
    return Promise.resolve({ organizationId: 'model', userId: 'somebody', url: 'https://model.test/' })
  }

  metadata(): ReturnType<MasterOrg['metadata']> {
    return Promise.resolve({ stamp: 'model', tables: MODEL_TABLES })
  }

  metadataStamp(): Promise<string> {
    return Promise.resolve('model')
  }

  pull(request: Parameters<MasterOrg['pull']>[0]): Promise<PullPage> {
    const since = typeof request.checkpoint === 'number' ? request.checkpoint : 0
    const rows = [...this.#table(request.table.name)].filter(([, row]) => row.version > since)
    return Promise.resolve({
      rows: rows.map(([id, row]) => shown(id, row, request.columns)),
      checkpoint: this.#version,
      more: false,
    })
  }

  read(request: Parameters<MasterOrg['read']>[0]): Promise<readonly MasterRow[]> {
    return this.#called('read', () => {
      const rows = this.#table(request.table.name)
      return request.ids.flatMap((id) => {
        const row = rows.get(id)
        return row ? [shown(id, row, request.columns)] : []
      })
    })
  }

  push(transactions: readonly OutgoingTransaction[]): Promise<readonly PushOutcome[]> {
    return this.#called('push', (part) =>
      transactions.slice(0, part(transactions.length)).map((one) => this.#take(one)),
    )
  }

  async #called<T>(kind: 'push' | 'read', answer: (part: (whole: number) => number) => T): Promise<T> {
    const fault = this.faultOf(this.calls, kind)
    this.calls += 1
    await Promise.resolve()
    if (fault?.when === 'before') throw new MasterError(fault.code, 'lost on its way')
    const answered = answer((whole) => (fault?.when === 'half' ? Math.ceil(whole / 2) : whole))
    if (fault) throw new MasterError(fault.code, 'the answer was lost')
    return answered
  }

  #take(transaction: OutgoingTransaction): PushOutcome {
    const tables = new Map(this.#tables)
    const [version, removals] = [this.#version, this.#removals]
    // An order of its own: what the sender thinks of circles is not to be trusted. Deletions come in the order they have.
    for (const change of transaction.changes) {
      const refusal = this.#apply(tables, change)
      if (!refusal) continue
      this.#version = version
      return refusal
    }
    for (const change of transaction.changes) {
      if (change.kind !== 'create' || !change.deferred) continue
      const row = tables.get(change.table)?.get(change.id)
      const refusal = this.#write(tables, change.table, change.id, { ...row?.values, ...lookupsOf(change) })
      if (!refusal) continue
      this.#version = version
      return refusal
    }
    this.#tables = tables
    // A link that is there already, or a row that is gone already, is no effect.
    if (this.#version !== version || this.#removals !== removals)
      this.effects.set(transaction.id, (this.effects.get(transaction.id) ?? 0) + 1)
    return { kind: 'processed', rows: transaction.changes.flatMap((change) => this.#pushed(change, transaction)) }
  }

  #apply(tables: Map<string, ReadonlyMap<string, ModelRow>>, change: Change): PushOutcome | null {
    const row = tables.get(change.table)?.get(change.id)
    switch (change.kind) {
      case 'create': {
        if (row) return { kind: 'exists' }
        const deferred = Object.keys(lookupsOf(change))
        const values = Object.fromEntries(Object.entries(change.values).filter(([name]) => !deferred.includes(name)))
        return this.#write(tables, change.table, change.id, { ...values, [`${change.table}id`]: change.id })
      }
      case 'update':
        if (!row) return refused('gone', `${change.table} does not exist`)
        if (change.version !== null && change.version !== etag(row)) return { kind: 'stale' }
        return this.#write(tables, change.table, change.id, { ...row.values, ...change.values }, change.values)
      case 'delete':
        if (!row) return null
        if (change.version !== null && change.version !== etag(row)) return { kind: 'stale' }
        if (isPointedTo(tables, change.table, change.id)) return refused('state', 'other rows point to it')
        this.#removals += 1
        tables.set(change.table, without(tables.get(change.table) ?? new Map(), change.id))
        return null
      case 'associate':
      case 'disassociate':
        return this.#link(tables, change)
      case 'action': {
        if (!row) return refused('gone', `${change.table} does not exist`)
        if (change.action !== STAMP) return refused('invalid', `there is no action ${change.action}`)
        const { Text: text } = change.parameters
        if (typeof text !== 'string') return refused('invalid', 'Text is not a text')
        const stamped = `${row.values['description'] ?? ''}${text}`
        return this.#write(tables, change.table, change.id, { ...row.values, description: stamped }, {})
      }
    }
  }

  #link(tables: Map<string, ReadonlyMap<string, ModelRow>>, change: LinkChange): PushOutcome | null {
    const { first, second } = change
    const links = tables.get(change.table) ?? new Map<string, ModelRow>()
    const ends = [first, second]
    if (!ends.every((end) => tables.get(end.table)?.has(end.id))) return refused('gone', 'one end does not exist')
    const id = linkId(first.id, second.id)
    if (change.kind === 'disassociate') {
      if (links.has(id)) this.#removals += 1
      tables.set(change.table, without(links, id))
    } else if (!links.has(id))
      this.#set(tables, change.table, id, { [`${first.table}id`]: first.id, [`${second.table}id`]: second.id })
    return null
  }

  #write(
    tables: Map<string, ReadonlyMap<string, ModelRow>>,
    table: string,
    id: string,
    row: Row,
    given: Row = row,
  ): PushOutcome | null {
    for (const name of LOOKUPS[table] ?? []) {
      const target = given[name]
      if (typeof target === 'string' && !tables.get(String(row[`${name}$table`] ?? targetOf(table, name)))?.has(target))
        return refused('gone', `${name} ${target} does not exist`)
    }
    if (Object.values(given).some((value) => typeof value === 'string' && value.includes('REFUSED')))
      return refused('business', 'a plug-in says no')
    if (Object.values(given).some((value) => typeof value === 'string' && value.includes('FORBIDDEN')))
      return refused('permission', 'the user may not')
    if (String(given['telephone1'] ?? '').length > LONGEST_PHONE) return refused('invalid', 'telephone1 is too long')
    const number = given['accountnumber'] ?? null
    const taken = [...(tables.get('account') ?? [])].some(
      ([other, { values }]) => other !== id && number !== null && values['accountnumber'] === number,
    )
    if (table === 'account' && taken) return refused('key-clash', 'accountnumber is taken')
    this.#set(tables, table, id, row)
    return null
  }

  #set(tables: Map<string, ReadonlyMap<string, ModelRow>>, table: string, id: string, values: Row): void {
    this.#version += 1
    const rows = new Map(tables.get(table) ?? [])
    tables.set(table, rows.set(id, { version: this.#version, values: { ...values } }))
  }

  #table(name: string): ReadonlyMap<string, ModelRow> {
    return this.#tables.get(name) ?? new Map()
  }

  #pushed(change: Change, transaction: OutgoingTransaction): readonly PushedRow[] {
    const row = this.#table(change.table).get(change.id)
    if (!row || (change.kind !== 'create' && change.kind !== 'update')) return []
    return [{ ...shown(change.id, row, transaction.columns.get(change.table) ?? []), table: change.table }]
  }
}

function refused(rejection: RejectionClass, message: string): PushOutcome {
  return { kind: 'rejected', rejection: { code: 'rejected', rejection, message, remedy: 'Correct it.' } }
}

function lookupsOf({ values, deferred = [] }: CreateChange): Row {
  const names = deferred.flatMap((name) => [name, `${name}$table`]).filter((name) => name in values)
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]))
}

/** Where a lookup without a table beside it points to. */
export function targetOf(table: string, column: string): string {
  const targets = MODEL_TABLES.find(({ name }) => name === table)?.columns.find(({ name }) => name === column)?.targets
  return targets?.[0]?.table ?? ''
}

function isPointedTo(tables: ReadonlyMap<string, ReadonlyMap<string, ModelRow>>, table: string, id: string): boolean {
  for (const [from, columns] of Object.entries(LOOKUPS)) {
    for (const [other, { values }] of tables.get(from) ?? []) {
      const points = columns.some((name) => values[name] === id)
      if (points && rowKey(from, other) !== rowKey(table, id)) return true
    }
  }
  return false
}

function shown(id: string, row: ModelRow, columns: readonly string[]): MasterRow {
  const names = columns.flatMap((name) => (`${name}$table` in row.values ? [name, `${name}$table`] : [name]))
  const values = Object.fromEntries(names.map((name): [string, ColumnValue] => [name, row.values[name] ?? null]))
  return { id, version: etag(row), values }
}

function etag(row: ModelRow): string {
  return `W/"${row.version}"`
}

function without(rows: ReadonlyMap<string, ModelRow>, id: string): ReadonlyMap<string, ModelRow> {
  const left = new Map(rows)
  left.delete(id)
  return left
}
