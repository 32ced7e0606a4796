import type { Scan, ScanBound } from '@outpost/core'
import { ID, indexName } from './catalogue.ts'
import type { SqlTable } from './catalogue.ts'
import { toSql } from './column-values.ts'
import { quoted } from './connection.ts'
import type { SqlValue } from './connection.ts'
import { guidBytes } from './row-ids.ts'

/** One query of a scan: a piece of the index that SQLite reads from end to end. It takes a limit as its last parameter. */
export interface ScanPiece {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
}

interface Interval {
  readonly low: ScanBound | undefined
  readonly high: ScanBound | undefined
}

interface Condition {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
}

/**
 * The queries whose rows, one after another, are those of the scan in its order.
 *
 * "Behind the row (a, b, id)" is not one comparison in SQL: a comparison with null is never true, and SQLite reads an OR of
 * comparisons with a sort. It is the rows with the same a and b and an id behind it, then those with the same a and a b
 * behind it, then those with an a behind it; each is one piece of the index.
 */
export function scanPieces(table: SqlTable, indexed: string | undefined, scan: Scan): ScanPiece[] {
  const { columns, equals, from, to, after, descending } = scan
  const ordered = [...columns.map(quoted), ID]
  const order = ordered.map((column) => `r.${column}${descending ? ' DESC' : ''}`).join(', ')
  const by = indexed === undefined ? '' : ` INDEXED BY ${indexName(table.definition.name, indexed)}`
  const pieces: ScanPiece[] = []

  function add(conditions: readonly Condition[]): void {
    const where = conditions.map((condition) => condition.sql).join(' AND ')
    pieces.push({
      sql:
        `SELECT ${table.columnList} FROM ${table.sqlName} AS r${by}` +
        `${where === '' ? '' : ` WHERE ${where}`} ORDER BY ${order} LIMIT ?`,
      parameters: conditions.flatMap((condition) => condition.parameters),
    })
  }

  const fixed = equals.map((value, at) => equalTo(ordered[at] ?? ID, toSql(value)))
  if (!after) {
    for (const within of ranges(ordered[equals.length] ?? ID, { low: from, high: to }, descending))
      add([...fixed, ...within])
    return pieces
  }

  const seen = columns.map((column) => after.values[column] ?? null)
  const same = [
    ...fixed,
    ...seen.slice(equals.length).map((value, n) => equalTo(ordered[equals.length + n] ?? ID, toSql(value))),
  ]
  const id = table.idKind === 'guid' ? (guidBytes(after.id) ?? after.id) : after.id
  add([...same, { sql: `r.${ID} ${descending ? '<' : '>'} ?`, parameters: [id] }])
  for (let at = columns.length - 1; at >= equals.length; at--) {
    const edge = { value: seen[at] ?? null, inclusive: false }
    const outer = at === equals.length ? { low: from, high: to } : { low: undefined, high: undefined }
    const interval = descending ? { low: outer.low, high: edge } : { low: edge, high: outer.high }
    for (const within of ranges(ordered[at] ?? ID, interval, descending)) add([...same.slice(0, at), ...within])
  }
  return pieces
}

/** The conditions of an interval in index order, where the nulls come first: none, one or two pieces. */
function ranges(column: string, { low, high }: Interval, descending: boolean): Condition[][] {
  const isNull = { sql: `r.${column} IS NULL`, parameters: [] }
  const hasNulls =
    (low === undefined || (low.value === null && low.inclusive)) && !(high?.value === null && !high.inclusive)
  if (high?.value === null) return hasNulls ? [[isNull]] : []
  if (hasNulls && high === undefined) return [[]]
  const values: Condition[] = []
  if (low && low.value !== null) values.push(compared(column, low.inclusive ? '>=' : '>', low))
  else if (high === undefined) values.push({ sql: `r.${column} IS NOT NULL`, parameters: [] })
  if (high) values.push(compared(column, high.inclusive ? '<=' : '<', high))
  if (!hasNulls) return [values]
  return descending ? [values, [isNull]] : [[isNull], values]
}

function compared(column: string, operator: string, bound: ScanBound): Condition {
  return { sql: `r.${column} ${operator} ?`, parameters: [toSql(bound.value)] }
}

function equalTo(column: string, value: SqlValue): Condition {
  if (value === null) return { sql: `r.${column} IS NULL`, parameters: [] }
  return { sql: `r.${column} = ?`, parameters: [value] }
}
