import type { ColumnDefinition } from '../schema.ts'

/** The Edm type of a column, as `$metadata` and error messages name it. */
export function edmType(column: ColumnDefinition): string {
  switch (column.type) {
    case 'String':
    case 'Memo':
    case 'EntityName':
    case 'MultiSelectPicklist':
      return 'Edm.String'
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
      return 'Edm.Int32'
    case 'BigInt':
      return 'Edm.Int64'
    case 'Decimal':
    case 'Money':
      return 'Edm.Decimal'
    case 'Double':
      return 'Edm.Double'
    case 'Boolean':
      return 'Edm.Boolean'
    case 'DateTime':
      return column.behavior === 'DateOnly' ? 'Edm.Date' : 'Edm.DateTimeOffset'
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'Uniqueidentifier':
      return 'Edm.Guid'
    case 'File':
    case 'Image':
      return 'Edm.Binary'
    case 'Virtual':
      return column.edmType ?? 'Edm.String'
    case 'PartyList':
      return 'Collection(mscrm.activityparty)'
  }
}
