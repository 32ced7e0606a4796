import { columnOf } from '@outpost/core'
import type { ColumnMetadata, ColumnValue, Row, TableMetadata } from '@outpost/core'

/** What `TableMetadata.wire` holds, as far as a request written by hand needs it. */
interface Wire {
  readonly entitySetName: string
  readonly lookups: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** One write, as an application would ask for it. */
export interface WriteCase {
  readonly reason: string
  readonly user: string
  readonly kind: 'create' | 'update' | 'delete'
  readonly table: string
  readonly id: string
  readonly values: Row
}

export type Tables = ReadonlyMap<string, TableMetadata>

export interface RawRequest {
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** The request of the Web API for a case, written without the engine and without its adapter. */
export function rawRequest(write: WriteCase, tables: Tables, id = write.id): RawRequest {
  const path = `${wireOf(tables, write.table).entitySetName}(${id})`
  if (write.kind === 'delete') return { path, method: 'DELETE', headers: {} }
  const condition = write.kind === 'create' ? { 'If-None-Match': '*' } : { 'If-Match': '*' }
  return { path, method: 'PATCH', headers: condition, body: JSON.stringify(bodyOf(write, tables)) }
}

function bodyOf({ table, values }: WriteCase, tables: Tables): Record<string, unknown> {
  const metadata = definition(tables, table)
  const body: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    if (name.endsWith('$table')) continue
    const column = columnOf(metadata, name)
    if (!column?.targets) body[name] = value
    else Object.assign(body, boundLookup(tables, table, column, value, values[`${name}$table`]))
  }
  return body
}

function boundLookup(
  tables: Tables,
  table: string,
  column: ColumnMetadata,
  value: ColumnValue,
  named: ColumnValue | undefined,
): Record<string, unknown> {
  const properties = wireOf(tables, table).lookups[column.name] ?? {}
  const target = typeof named === 'string' ? named : (column.targets?.[0]?.table ?? '')
  // A wrong target is bound through the property of a right one: there is no other.
  const property = properties[target] ?? Object.values(properties)[0] ?? column.name
  if (value === null) return { [property]: null }
  return { [`${property}@odata.bind`]: `/${wireOf(tables, target).entitySetName}(${String(value)})` }
}

function wireOf(tables: Tables, table: string): Wire {
  return definition(tables, table).wire as unknown as Wire
}

export function definition(tables: Tables, name: string): TableMetadata {
  const found = tables.get(name)
  if (!found) throw new RangeError(`the master has no table ${name}`)
  return found
}

/** Draws values of columns from their definitions. */
export class ValueDraw {
  readonly #random: () => number
  readonly #rows: ReadonlyMap<string, readonly string[]>

  /** `rows` has the ids that lookups may point to, by table. */
  constructor(random: () => number, rows: ReadonlyMap<string, readonly string[]>) {
    this.#random = random
    this.#rows = rows
  }

  one<T>(list: readonly T[]): T {
    const found = list[Math.floor(this.#random() * list.length)]
    if (found === undefined) throw new RangeError('nothing to choose from')
    return found
  }

  some<T>(list: readonly T[], most: number): readonly T[] {
    return list.filter(() => this.#random() * list.length < most)
  }

  /** The columns that a write may set, and for which there are values to be drawn. */
  writable(table: TableMetadata, kind: 'create' | 'update'): readonly ColumnMetadata[] {
    return table.columns.filter(
      (column) =>
        column.readable &&
        (kind === 'create' ? column.creatable : column.updatable) &&
        column.name !== table.primaryId &&
        !SPECIAL.has(column.name) &&
        this.good(column) !== undefined,
    )
  }

  /** Values that the column takes; undefined where none can be drawn. */
  good(column: ColumnMetadata): Row | undefined {
    const value = this.#goodValue(column)
    if (value !== undefined) return { [column.name]: value }
    if (column.type !== 'lookup') return undefined
    const targets = (column.targets ?? []).filter(({ table }) => (this.#rows.get(table)?.length ?? 0) > 0)
    if (targets.length === 0) return undefined
    const { table } = this.one(targets)
    const row = { [column.name]: this.one(this.#rows.get(table) ?? []) }
    return (column.targets?.length ?? 0) > 1 ? { ...row, [`${column.name}$table`]: table } : row
  }

  #goodValue(column: ColumnMetadata): ColumnValue | undefined {
    const { min = -1000, max = 1000, maxLength = 100, options = [] } = column
    const near = (low: number, high: number): number => low + Math.floor(this.#random() * (high - low + 1))
    switch (column.type) {
      case 'text':
      case 'memo':
        return 'ö'.repeat(near(1, Math.min(maxLength, 60)))
      case 'integer':
        return this.one([min, max, near(Math.max(min, -5), Math.min(max, 500))])
      case 'decimal':
      case 'double':
      case 'money':
        return this.one([
          Math.max(min, -1_000_000),
          Math.min(max, 1_000_000),
          near(Math.max(min, 0), Math.min(max, 99)),
        ])
      case 'boolean':
        return this.#random() < 0.5
      case 'choice':
        return options.length === 0 ? undefined : this.one(options).value
      case 'choices':
        return options.length === 0
          ? undefined
          : [...new Set([this.one(options).value, this.one(options).value])].join(',')
      case 'datetime':
        return `20${near(10, 60)}-0${near(1, 9)}-1${near(0, 9)}T2${near(0, 3)}:15:0${near(0, 9)}Z`
      case 'date':
        return `19${near(10, 99)}-1${near(0, 2)}-0${near(1, 9)}`
      default:
        return undefined
    }
  }

  /** A value that the column cannot take, for the reason; undefined where the column knows no such reason. */
  bad(column: ColumnMetadata, reason: string): Row | undefined {
    const value = this.#badValue(column, reason)
    return value === undefined ? undefined : { [column.name]: value }
  }

  #badValue(
    { type, maxLength, min, max, options = [], required }: ColumnMetadata,
    reason: string,
  ): ColumnValue | undefined {
    switch (reason) {
      case 'required: null':
        return required ? null : undefined
      case 'required: blank':
        return required && type === 'text' ? this.one(['', '   ']) : undefined
      case 'length':
        return (type === 'text' || type === 'memo') && maxLength !== undefined && maxLength < 100_000
          ? this.one(['x', 'é', '🛠']).repeat(maxLength + 1 + Math.floor(this.#random() * 9))
          : undefined
      case 'range':
        if (type === 'datetime') return this.one(['1752-12-31T23:59:59Z', '1066-10-14T08:00:00Z'])
        if (type === 'date') return '1752-12-31'
        if (type === 'integer') return this.one([(max ?? 2 ** 31 - 1) + 1, (min ?? -(2 ** 31)) - 1])
        if ((type !== 'decimal' && type !== 'double' && type !== 'money') || (min ?? max) === undefined)
          return undefined
        return this.one([
          ...(max === undefined ? [] : [max * 2 + 1]),
          ...(min === undefined ? [] : [min - Math.abs(min) - 1]),
        ])
      case 'type':
        return this.#wrongType(type)
      case 'option':
        if (options.length === 0) return undefined
        if (type === 'choices') return `${options[0]?.value},987654321`
        return type === 'choice' || type === 'state' || type === 'status' ? this.one([987654321, -7]) : undefined
      default:
        return undefined
    }
  }

  #wrongType(type: ColumnMetadata['type']): ColumnValue | undefined {
    switch (type) {
      case 'integer':
        return this.one<ColumnValue>([1.5, 'seven', true])
      case 'decimal':
      case 'double':
      case 'money':
        return this.one<ColumnValue>(['a lot', true])
      case 'boolean':
        return this.one<ColumnValue>(['perhaps', 1])
      case 'choice':
        return this.one<ColumnValue>(['Red', 1.5])
      case 'choices':
        return 'one,two'
      case 'datetime':
        return this.one<ColumnValue>([
          '2026-02-30T08:00:00Z',
          '2026-05-01T24:00:00Z',
          'tomorrow',
          '2026-05-01',
          20260501,
        ])
      case 'date':
        return this.one<ColumnValue>(['2026-02-30', '1.5.2026', '2026-05-01T08:00:00Z'])
      case 'text':
      case 'memo':
        return this.one<ColumnValue>([7, true])
      default:
        return undefined
    }
  }
}

/** Columns that mean more than their values: an owner needs rights, a back-dated creation a privilege, and so on. */
const SPECIAL: ReadonlySet<string> = new Set([
  'ownerid',
  'overriddencreatedon',
  'importsequencenumber',
  'transactioncurrencyid',
  'parentaccountid',
  'parentcustomerid',
  'masterid',
  'originatingleadid',
])
