import type { ColumnDefinition } from '../schema.ts'

/** How the values of a column compare: the classes of Edm types that `$filter` knows. */
export type ColumnKind = 'text' | 'number' | 'exact' | 'boolean' | 'guid' | 'dateTime' | 'date'

/** The comparison class of a column; undefined for a column that cannot be queried. */
export function columnKind(column: ColumnDefinition): ColumnKind | undefined {
  switch (column.type) {
    case 'String':
    case 'Memo':
    case 'EntityName':
    case 'MultiSelectPicklist':
      return 'text'
    case 'Integer':
    case 'Double':
    case 'Picklist':
    case 'State':
    case 'Status':
      return 'number'
    case 'BigInt':
    case 'Decimal':
    case 'Money':
      return 'exact'
    case 'Boolean':
      return 'boolean'
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'Uniqueidentifier':
      return 'guid'
    case 'DateTime':
      return column.behavior === 'DateOnly' ? 'date' : 'dateTime'
    case 'PartyList':
    case 'Virtual':
    case 'File':
    case 'Image':
      return undefined
  }
}
