import type {
  CollectionNavigation,
  ColumnDefinition,
  LookupBinding,
  ManyToManyRelationship,
  OneToManyRelationship,
  TableDefinition,
} from './definitions.ts'
import { isLookupColumn } from './define.ts'
import { isODataColumn } from './odata-column.ts'

/** The relationships a table takes part in, by its role. */
export interface TableRelationships {
  /** This table is looked up. */
  readonly oneToMany: readonly OneToManyRelationship[]
  /** This table has the lookup. */
  readonly manyToOne: readonly OneToManyRelationship[]
  readonly manyToMany: readonly ManyToManyRelationship[]
}

/** What is looked up by name in a table. */
export interface TableIndex {
  readonly columns: ReadonlyMap<string, ColumnDefinition>
  readonly wireNames: ReadonlyMap<string, ColumnDefinition>
  readonly relationships: TableRelationships
  readonly bindings: ReadonlyMap<string, LookupBinding>
  readonly collections: ReadonlyMap<string, CollectionNavigation>
}

/** The name a column has in a row on the wire: `_x_value` for a lookup, its logical name otherwise. */
export function wireName(column: ColumnDefinition): string {
  return isLookupColumn(column) ? `_${column.logicalName}_value` : column.logicalName
}

/** Builds the lookups by name for one table. */
export function indexTable(
  table: TableDefinition,
  relationships: TableRelationships,
  inherited: TableRelationships,
  isTable: (name: string) => boolean,
): TableIndex {
  const name = table.logicalName
  const columns = new Map(table.columns.map((column) => [column.logicalName, column]))
  const readable = table.columns.filter(isODataColumn)
  const bindings = new Map<string, LookupBinding>()
  for (const relationship of relationships.manyToOne) {
    const column = columns.get(relationship.referencingColumn)
    if (column === undefined || !isLookupColumn(column)) continue
    const navigation = relationship.referencingNavigation
    const isOwner = relationship.referencedTable === 'owner'
    if (!isOwner && !isTable(relationship.referencedTable)) continue
    const targets = isOwner ? ['systemuser', 'team'] : [relationship.referencedTable]
    bindings.set(navigation, { navigation, column, targets, relationship })
  }
  if (table.isActivity) inheritFromActivity(table, bindings, inherited, columns, isTable)
  const collections = new Map<string, CollectionNavigation>()
  for (const relationship of relationships.oneToMany) {
    if (!isTable(relationship.referencingTable)) continue
    const navigation = relationship.referencedNavigation
    collections.set(navigation, { kind: 'OneToMany', navigation, relationship })
  }
  for (const relationship of relationships.manyToMany) {
    const { table1, column1, navigation1, table2, column2, navigation2 } = relationship
    if (!isTable(table1) || !isTable(table2)) continue
    if (table1 === name) {
      const side = { thisColumn: column1, otherTable: table2, otherColumn: column2 }
      collections.set(navigation1, { kind: 'ManyToMany', navigation: navigation1, relationship, ...side })
    }
    if (table2 === name) {
      const side = { thisColumn: column2, otherTable: table1, otherColumn: column1 }
      collections.set(navigation2, { kind: 'ManyToMany', navigation: navigation2, relationship, ...side })
    }
  }
  const wireNames = new Map(readable.map((column) => [wireName(column), column]))
  return { columns, wireNames, relationships, bindings, collections }
}

/**
 * An activity type derives from activitypointer in the service's model: `ownerid` works besides `ownerid_task`, and so
 * does whatever activitypointer has and the type has no name of its own for.
 */
function inheritFromActivity(
  table: TableDefinition,
  bindings: Map<string, LookupBinding>,
  { manyToOne }: TableRelationships,
  columns: ReadonlyMap<string, ColumnDefinition>,
  isTable: (name: string) => boolean,
): void {
  const suffix = `_${table.logicalName}`
  for (const [navigation, binding] of [...bindings]) {
    const inherited = navigation.slice(0, -suffix.length)
    if (!navigation.endsWith(suffix) || bindings.has(inherited)) continue
    bindings.set(inherited, { ...binding, navigation: inherited })
  }
  for (const relationship of manyToOne) {
    const { referencingNavigation: navigation, referencedTable } = relationship
    const column = columns.get(relationship.referencingColumn)
    if (column === undefined || !isLookupColumn(column) || bindings.has(navigation)) continue
    const isOwner = referencedTable === 'owner'
    if (!isOwner && !isTable(referencedTable)) continue
    const targets = isOwner ? ['systemuser', 'team'] : [referencedTable]
    bindings.set(navigation, { navigation, column, targets, relationship })
  }
}
