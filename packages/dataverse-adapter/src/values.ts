import {
  canonicalGuid,
  columnOf,
  type ColumnMetadata,
  type ColumnValue,
  isPolymorphic,
  type Json,
  linkId,
  MasterError,
  type MasterRow,
  relationshipOf,
  type Row,
  type TableMetadata,
  TARGET_SUFFIX,
} from '@outpost/core'
import { isNumeral, jsonObject, type JsonObject, significantDigits } from './json.ts'
import { onceForColumns } from './once-for-columns.ts'
import { readableColumn, VERSION_COLUMN, wireColumn } from './wire-table.ts'

/** The annotation that names the table a lookup points to. */
export const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'

/** `$select` for these columns: with the key, the version, and whatever else `masterRow` needs to know the row. */
export function selectList(table: TableMetadata, columns: readonly string[], extra: readonly string[] = []): string {
  return selectedColumns(table, [...columns, ...extra])
    .map(wireColumn)
    .join(',')
}

/** These columns, with the key and whatever else `masterRow` needs to know the row; each once. */
export function selectedColumns(table: TableMetadata, columns: readonly string[]): readonly ColumnMetadata[] {
  const names = new Set([table.primaryId, ...linkColumns(table), ...columns])
  return [...names].map((name) => readableColumn(table, name))
}

/** True when these columns cannot be read without asking for the lookups' target tables. */
export function needsLookupTables(table: TableMetadata, columns: readonly string[]): boolean {
  return columns.some((name) => isPolymorphic(readableColumn(table, name)))
}

/**
 * Makes rows of answers what core knows: the given columns under their logical names, and nothing else. Throws `protocol`
 * for what is not a row of that table. `nullsLeftOut`: of an answer in which a column that is not there is null.
 */
export function rowReader(
  table: TableMetadata,
  columns: readonly string[],
  { nullsLeftOut = false }: { readonly nullsLeftOut?: boolean } = {},
): (wire: Json | undefined) => MasterRow {
  const wanted = columns.map((name) => wantedColumn(readableColumn(table, name)))
  const idOf = rowIdReader(table)
  // Each row is a copy: an object that gets one column after the other is made anew several times as it grows.
  const empty = Object.fromEntries(
    wanted.flatMap(({ name, target }) => [name, ...(target ? [target.name] : [])]).map((name) => [name, null]),
  )
  return (wire) => {
    const row = jsonObject(wire)
    if (!row) throw malformed(table, 'a row that is not an object')
    const values: Record<string, ColumnValue> = { ...empty }
    for (const column of wanted) addColumn(values, table, column, row, nullsLeftOut)
    return { id: idOf(row), version: versionOf(row, values), values }
  }
}

/** One row of an answer, as `rowReader` makes it. */
export function masterRow(table: TableMetadata, columns: readonly string[], wire: Json | undefined): MasterRow {
  return readerOf(table, columns)(wire)
}

const readerOf = onceForColumns((table, columns) => rowReader(table, columns))

/** The id of a row: its key, or for a link the two keys it connects. */
export function rowId(table: TableMetadata, row: JsonObject): string {
  return rowIdReader(table)(row)
}

/** What reads the ids of rows of the table, as `rowId` does. */
export function rowIdReader(table: TableMetadata): (row: JsonObject) => string {
  const relationship = relationshipOf(table)
  if (!relationship) return guidReader(table, table.primaryId)
  const first = guidReader(table, relationship.first.column)
  const second = guidReader(table, relationship.second.column)
  return (row) => linkId(first(row), second(row))
}

/** The columns that identify a row of an intersect table. */
function linkColumns(table: TableMetadata): readonly string[] {
  const relationship = relationshipOf(table)
  return relationship ? [relationship.first.column, relationship.second.column] : []
}

function guidReader(table: TableMetadata, column: string): (row: JsonObject) => string {
  const definition = columnOf(table, column)
  const wireName = definition ? wireColumn(definition) : column
  return (row) => {
    const value = row[wireName]
    const guid = typeof value === 'string' ? canonicalGuid(value) : null
    if (guid === null) throw malformed(table, `a row without its ${column}`)
    return guid
  }
}

type Scalar = string | number | boolean | null

/** A column with the names it goes by, made once for all rows. */
interface WantedColumn {
  readonly name: string
  readonly wireName: string
  /** Null where values are as they should be. */
  readonly canonical: ((value: Scalar) => ColumnValue) | null
  /** The annotation and the column of a lookup's target table, where it can point to several. */
  readonly target: { readonly wireName: string; readonly name: string } | null
}

function wantedColumn(column: ColumnMetadata): WantedColumn {
  const wireName = wireColumn(column)
  const target = { wireName: `${wireName}@${LOOKUP_TABLE}`, name: `${column.name}${TARGET_SUFFIX}` }
  return { name: column.name, wireName, canonical: canonicalOf(column), target: isPolymorphic(column) ? target : null }
}

function addColumn(
  values: Record<string, ColumnValue>,
  table: TableMetadata,
  { name, wireName, canonical, target }: WantedColumn,
  row: JsonObject,
  nullsLeftOut: boolean,
): void {
  let value = row[wireName]
  if (value === undefined) {
    // Absent is "not answered", which is not null.
    if (!nullsLeftOut) {
      delete values[name]
      if (target) delete values[target.name]
      return
    }
    value = null
  }
  if (typeof value === 'object' && value !== null) throw malformed(table, `column ${name} that is not a scalar`)
  values[name] = canonical === null || value === null ? value : canonical(value)
  if (!target) return
  const targetTable = row[target.wireName]
  if (value === null) values[target.name] = null
  else if (typeof targetTable === 'string') values[target.name] = targetTable
  else throw malformed(table, `column ${name} without the table it points to`)
}

/**
 * What makes values of the column canonical: exact, and equal where the master's values are equal. One that is not of its
 * type, as after the master has retyped it, stays what it is.
 */
function canonicalOf({ type }: ColumnMetadata): WantedColumn['canonical'] {
  switch (type) {
    case 'lookup':
    case 'guid':
    case 'file':
      return (value) => (typeof value === 'string' ? (canonicalGuid(value) ?? value) : value)
    case 'bigint':
      return String
    case 'decimal':
    case 'money':
      // Numbers that a double need not hold exactly have come as text; adding 0 makes 0 of -0.
      return (value) => {
        if (typeof value === 'number') return value + 0
        return typeof value === 'string' && isNumeral(value) ? canonicalDecimal(value) : value
      }
    case 'double':
    case 'integer':
      return (value) => (typeof value === 'string' && isNumeral(value) ? Number(value) : value)
    case 'text':
    case 'memo':
    case 'boolean':
    case 'choice':
    case 'choices':
    case 'state':
    case 'status':
    case 'datetime':
    case 'date':
    case 'image':
    case 'other':
      return null
  }
}

/** A number where 15 significant digits suffice, so that a double gives them back; else plain exact decimal text. */
export function canonicalDecimal(numeral: string): number | string {
  if (significantDigits(numeral) <= 15 || !/^-?\d+(?:\.\d+)?$/.test(numeral)) return Number(numeral)
  return numeral.includes('.') ? numeral.replace(/\.?0+$/, '') : numeral
}

/**
 * The version: the etag where the row has one. Rows of the few tables without (virtual ones) take what stands for it, so
 * that a changed row never keeps its version.
 */
function versionOf(row: JsonObject, values: Row): string {
  const etag = row['@odata.etag']
  if (typeof etag === 'string' && etag !== '') return etag
  const stamp = row[VERSION_COLUMN]
  if (typeof stamp === 'number' || typeof stamp === 'string') return `W/"${stamp}"`
  return `content:${JSON.stringify(values)}`
}

/** True for a version that the master takes as a condition. */
export function isEtag(version: string): boolean {
  return /^(?:W\/)?"/.test(version)
}

export function malformed(table: TableMetadata, what: string): MasterError {
  return new MasterError('protocol', `the answer of the master has ${what}`, {
    place: { table: table.name },
    remedy: 'Refresh the metadata; if it stays, something on the way changes the answers of the master.',
  })
}
