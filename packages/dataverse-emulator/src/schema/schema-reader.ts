import type { ChangeLog } from './change-log.ts'
import type { ComponentIds } from './component-ids.ts'
import type {
  CollectionNavigation,
  ColumnDefinition,
  GlobalChoice,
  LookupBinding,
  ManyToManyRelationship,
  MetadataDeletion,
  RelationshipDefinition,
  TableDefinition,
} from './definitions.ts'
import type { TableRelationships } from './index-table.ts'
import type { RelationshipBook } from './relationship-book.ts'
import type { TableBook } from './table-book.ts'

/** What a schema consists of. */
export interface SchemaParts {
  readonly tables: TableBook
  readonly relationships: RelationshipBook
  readonly globalChoices: Map<string, GlobalChoice>
  readonly log: ChangeLog
  readonly ids: ComponentIds
}

/** The side of a schema that answers questions. */
export class SchemaReader {
  readonly #parts: SchemaParts

  constructor(parts: SchemaParts) {
    this.#parts = parts
  }

  /** Rises with every change of the schema. */
  get stamp(): number {
    return this.#parts.log.stamp
  }

  /**
   * What the schema is at the moment, for what is kept of its answers: another object after each change, and again that
   * of the snapshot after going back to one.
   */
  get edition(): object {
    return this.#parts.log.edition
  }

  /** Stamps below this one have expired: their deletions are no longer known. */
  get horizon(): number {
    return this.#parts.log.horizon
  }

  tables(): readonly TableDefinition[] {
    return this.#parts.tables.all()
  }

  table(logicalName: string): TableDefinition | undefined {
    return this.#parts.tables.get(logicalName)
  }

  tableBySet(entitySetName: string): TableDefinition | undefined {
    return this.#parts.tables.bySet(entitySetName)
  }

  tableById(metadataId: string): TableDefinition | undefined {
    return this.#parts.tables.byId(metadataId)
  }

  column(table: string, logicalName: string): ColumnDefinition | undefined {
    return this.#parts.tables.indexOf(table)?.columns.get(logicalName)
  }

  /** The column behind a name in a row on the wire (`_ownerid_value`, `name`); shadows and the bare `ownerid` have none. */
  columnByWireName(table: string, name: string): ColumnDefinition | undefined {
    return this.#parts.tables.indexOf(table)?.wireNames.get(name)
  }

  relationshipsOf(table: string): TableRelationships {
    return this.#parts.relationships.of(table)
  }

  relationships(): readonly RelationshipDefinition[] {
    return this.#parts.relationships.all()
  }

  relationship(schemaName: string): RelationshipDefinition | undefined {
    return this.#parts.relationships.get(schemaName)
  }

  /** The N:N relationship whose links are the rows of this intersect table. */
  manyToManyByIntersect(table: string): ManyToManyRelationship | undefined {
    return this.#parts.relationships.byIntersect(table)
  }

  /** Single-valued navigation properties of a table, by their exact name. */
  lookupBindings(table: string): ReadonlyMap<string, LookupBinding> {
    return this.#parts.tables.indexOf(table)?.bindings ?? new Map()
  }

  /** The binding that leads from a lookup column to a target table. */
  bindingOf(table: string, column: string, target: string): LookupBinding | undefined {
    const bindings = [...this.lookupBindings(table).values()]
    return bindings.find((binding) => binding.column.logicalName === column && binding.targets.includes(target))
  }

  /** Collection-valued navigation properties of a table, by their exact name. */
  collections(table: string): ReadonlyMap<string, CollectionNavigation> {
    return this.#parts.tables.indexOf(table)?.collections ?? new Map()
  }

  globalChoices(): readonly GlobalChoice[] {
    return [...this.#parts.globalChoices.values()]
  }

  globalChoice(name: string): GlobalChoice | undefined {
    return this.#parts.globalChoices.get(name)
  }

  /** The MetadataId of the option set of a choice, state, status or yes/no column. */
  optionSetId(table: string, column: ColumnDefinition): string {
    const shared = 'globalChoice' in column && column.globalChoice !== null
    if (shared)
      return this.globalChoice(column.globalChoice)?.metadataId ?? this.#parts.ids.of('OptionSet', column.globalChoice)
    return column.optionSetId ?? this.#parts.ids.of('OptionSet', `${table}.${column.logicalName}`)
  }

  /** The stamp at which one option of an option set was added or last renamed. */
  optionStamp(optionSetId: string, value: number): number {
    return this.stampOf(`${optionSetId}:${value}`)
  }

  /** The stamp at which an option was added at run time; 0 if it was there from the start. */
  optionAddedStamp(optionSetId: string, value: number): number {
    return this.stampOf(`${optionSetId}:${value}:added`)
  }

  /** The stamp at which a component was made or last changed. */
  stampOf(metadataId: string): number {
    return this.#parts.log.stampOf(metadataId)
  }

  /** Components removed after a stamp. */
  deletionsSince(stamp: number): readonly MetadataDeletion[] {
    return this.#parts.log.deletionsSince(stamp)
  }
}
