import { isCanonicalGuid, planScan } from '@outpost/core/store'
import type {
  BaseRow,
  ColumnValue,
  Json,
  OfflineTransaction,
  Row,
  ScanRequest,
  StoredRow,
  StoreReader,
  TransactionQuery,
  TransactionStatus,
  VersionsPart,
} from '@outpost/core'
import { ID, tableOf, VERSION } from './catalogue.ts'
import type { Catalogue, SqlTable } from './catalogue.ts'
import { fromSql } from './column-values.ts'
import type { Connection, SqlValue } from './connection.ts'
import { countByStatus, findTransactions, readTransactions } from './outbox-sql.ts'
import { guidBytes, guidOfDigitsSql, guidText } from './row-ids.ts'
import { scanPieces } from './scan-sql.ts'

/** Reads through the transaction that its connection is in. */
export class SqliteReader implements StoreReader {
  protected readonly connection: Connection
  protected catalogue: Catalogue

  constructor(connection: Connection, catalogue: Catalogue) {
    this.connection = connection
    this.catalogue = catalogue
  }

  async rows(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    const kept = tableOf(this.catalogue, table)
    // CROSS JOIN: SQLite's planner would rather read the whole table than look up what json_each gives.
    const sql = `SELECT ${kept.columnList}, wanted.key FROM json_each(?) AS wanted CROSS JOIN ${kept.sqlName} AS r ON r.${ID} = ${idOf(kept, 'wanted.value')}`
    const found = new Array<StoredRow | undefined>(ids.length).fill(undefined)
    for (const row of this.connection.rows(sql, idList(kept, ids))) found[Number(row.at(-1))] = storedRow(kept, row)
    return found
  }

  async versions(table: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const kept = tableOf(this.catalogue, table)
    const sql = `SELECT wanted.value, r.${VERSION} FROM json_each(?) AS wanted CROSS JOIN ${kept.sqlName} AS r ON r.${ID} = ${idOf(kept, 'wanted.value')}`
    const rows = this.connection.rows(sql, idList(kept, ids))
    return new Map(rows.map(([id, version]) => [id as string, version as string | null]))
  }

  /**
   * In the order in which the rows lie in the file: their versions lie with them, and each page is read once. They come as
   * two texts, because to get them row by row takes several times as long as SQLite takes to find them.
   */
  async allVersions(
    table: string,
    request: { readonly after?: string; readonly limit: number },
  ): Promise<VersionsPart> {
    const kept = tableOf(this.catalogue, table)
    const { after, limit } = request
    const behind = after === undefined ? '' : 'WHERE rowid > ? '
    const bounds = after === undefined ? [] : [Number(after)]
    const [id, text] = kept.idKind === 'guid' ? [`lower(hex(${ID}))`, guidOfDigitsSql('id')] : [ID, 'id']
    const part = `SELECT ${id} AS id, ${VERSION} AS version, rowid AS place FROM ${kept.sqlName} ${behind}ORDER BY rowid LIMIT ?`
    const sql = `SELECT json_group_array(${text}), json_group_array(version), max(place) FROM (${part})`
    const [row] = this.connection.rows(sql, ...bounds, limit)
    const ids = JSON.parse(row?.[0] as string) as readonly string[]
    const versions = JSON.parse(row?.[1] as string) as readonly (string | null)[]
    return { ids, versions, next: ids.length < limit ? undefined : String(row?.[2]) }
  }

  async scan(table: string, request: ScanRequest): Promise<readonly StoredRow[]> {
    const kept = tableOf(this.catalogue, table)
    const scan = planScan(kept.definition, request)
    const rows: StoredRow[] = []
    if (!scan) return rows
    for (const piece of scanPieces(kept, request.index, scan)) {
      const left = scan.limit - rows.length
      if (left <= 0) break
      const found = this.connection.rows(piece.sql, ...piece.parameters, Number.isFinite(left) ? left : -1)
      for (const row of found) rows.push(storedRow(kept, row))
    }
    return rows
  }

  async ids(table: string, request: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    const kept = tableOf(this.catalogue, table)
    const { after, limit } = request
    if (limit <= 0) return []
    const behind = after === undefined ? '' : `WHERE ${ID} > ? `
    const bounds = after === undefined ? [] : [sqlId(kept, after)]
    const sql = `SELECT ${ID} FROM ${kept.sqlName} ${behind}ORDER BY ${ID} LIMIT ?`
    return this.connection.rows(sql, ...bounds, limit).map(([id]) => idText(id))
  }

  async count(table: string): Promise<number> {
    const [row] = this.connection.rows(`SELECT count(*) FROM ${tableOf(this.catalogue, table).sqlName}`)
    return Number(row?.[0])
  }

  async bases(table: string, ids?: readonly string[]): Promise<readonly BaseRow[]> {
    tableOf(this.catalogue, table)
    const all = 'SELECT id, version, local, row FROM bases WHERE "table" = ?'
    const rows = ids
      ? this.connection.rows(
          `SELECT b.id, b.version, b.local, b.row FROM json_each(?) AS wanted CROSS JOIN bases AS b ON b."table" = ? AND b.id = wanted.value ORDER BY wanted.key`,
          JSON.stringify(ids),
          table,
        )
      : this.connection.rows(`${all} ORDER BY id`, table)
    return rows.map(baseRow)
  }

  async transactions(seqs: readonly number[]): Promise<readonly (OfflineTransaction | undefined)[]> {
    const found = readTransactions(this.connection, seqs)
    return seqs.map((seq) => found.get(seq))
  }

  async findTransactions(query: TransactionQuery): Promise<readonly OfflineTransaction[]> {
    return findTransactions(this.connection, query)
  }

  async countTransactions(): Promise<Readonly<Record<TransactionStatus, number>>> {
    return countByStatus(this.connection)
  }

  async value(key: string): Promise<Json | undefined> {
    const text = this.valueText(key)
    return text === undefined ? undefined : (JSON.parse(text) as Json)
  }

  protected valueText(key: string): string | undefined {
    const [row] = this.connection.rows('SELECT value FROM settings WHERE key = ?', key)
    return row?.[0] as string | undefined
  }

  async values(prefix: string): Promise<readonly { readonly key: string; readonly value: Json }[]> {
    // U+10FFFF is no character: no key has it, and every other character sorts before it.
    const sql = 'SELECT key, value FROM settings WHERE key >= ? AND key < ? ORDER BY key'
    const rows = this.connection.rows(sql, prefix, `${prefix}\u{10ffff}`)
    return rows.map(([key, value]) => ({ key: key as string, value: JSON.parse(value as string) as Json }))
  }
}

/** The id as the table keeps it. */
export function sqlId(table: SqlTable, id: string): SqlValue {
  return table.idKind === 'guid' ? (guidBytes(id) ?? id) : id
}

/** The ids for `json_each`. What cannot be the id of a row of this table becomes null, which equals nothing. */
export function idList(table: SqlTable, ids: readonly string[]): string {
  return JSON.stringify(table.idKind === 'guid' ? ids.map((id) => (isCanonicalGuid(id) ? id : null)) : ids)
}

/** The SQL expression that makes the kept id of an element of an `idList`. */
export function idOf(table: SqlTable, text: string): string {
  return table.idKind === 'guid' ? `unhex(${text}, '-')` : text
}

function idText(id: SqlValue | undefined): string {
  return id instanceof Uint8Array ? guidText(id) : (id as string)
}

function storedRow(table: SqlTable, row: readonly SqlValue[]): StoredRow {
  const { columns } = table.definition
  const values: Record<string, ColumnValue> = { ...table.emptyRow }
  for (let at = 0; at < columns.length; at++) {
    const column = columns[at]
    if (column) values[column.name] = fromSql(row[at + 2] ?? null, column.type)
  }
  return { id: idText(row[0]), version: row[1] as string | null, values }
}

function baseRow([id, version, local, row]: readonly SqlValue[]): BaseRow {
  return {
    id: id as string,
    version: version as string | null,
    values: row === null ? null : (JSON.parse(row as string) as Row),
    local: local as BaseRow['local'],
  }
}
