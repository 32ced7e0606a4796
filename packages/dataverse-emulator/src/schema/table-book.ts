import type { TableDefinition } from './definitions.ts'
import { indexTable } from './index-table.ts'
import type { TableIndex } from './index-table.ts'
import type { RelationshipBook } from './relationship-book.ts'

/** The tables of a schema by each of their names, and what is looked up by name within one. */
export class TableBook {
  readonly #relationships: RelationshipBook
  readonly #tables = new Map<string, TableDefinition>()
  readonly #index = new Map<string, TableIndex>()
  #sets: Map<string, TableDefinition> | undefined
  #ids: Map<string, TableDefinition> | undefined

  constructor(relationships: RelationshipBook) {
    this.#relationships = relationships
  }

  all(): readonly TableDefinition[] {
    return [...this.#tables.values()]
  }

  has(logicalName: string): boolean {
    return this.#tables.has(logicalName)
  }

  get(logicalName: string): TableDefinition | undefined {
    return this.#tables.get(logicalName)
  }

  /** The table of that name; a RangeError where there is none. */
  known(logicalName: string): TableDefinition {
    const table = this.#tables.get(logicalName)
    if (table === undefined) throw new RangeError(`no table ${logicalName}`)
    return table
  }

  bySet(entitySetName: string): TableDefinition | undefined {
    this.#sets ??= new Map(this.all().map((table) => [table.entitySetName, table]))
    return this.#sets.get(entitySetName)
  }

  byId(metadataId: string): TableDefinition | undefined {
    this.#ids ??= new Map(this.all().map((table) => [table.metadataId, table]))
    return this.#ids.get(metadataId.toLowerCase())
  }

  put(table: TableDefinition): void {
    this.#tables.set(table.logicalName, table)
    this.forget()
  }

  drop(logicalName: string): void {
    this.#tables.delete(logicalName)
    this.forget()
  }

  clear(): void {
    this.#tables.clear()
    this.forget()
  }

  indexOf(logicalName: string): TableIndex | undefined {
    const known = this.#index.get(logicalName)
    if (known !== undefined) return known
    const table = this.#tables.get(logicalName)
    if (table === undefined) return undefined
    const inherited = this.#relationships.of('activitypointer')
    const index = indexTable(table, this.#relationships.of(logicalName), inherited, (name) => this.#tables.has(name))
    this.#index.set(logicalName, index)
    return index
  }

  /** What was looked up before may be out of date: a table or a relationship has changed. */
  forget(): void {
    this.#index.clear()
    this.#sets = undefined
    this.#ids = undefined
  }
}
