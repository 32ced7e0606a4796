import type { ManyToManyRelationship, OneToManyRelationship, RelationshipDefinition } from './definitions.ts'
import type { TableRelationships } from './index-table.ts'

interface Sides {
  oneToMany: OneToManyRelationship[]
  manyToOne: OneToManyRelationship[]
  manyToMany: ManyToManyRelationship[]
}

const NONE: TableRelationships = { oneToMany: [], manyToOne: [], manyToMany: [] }

/** The relationships of a schema, by name and by the tables that take part in them. */
export class RelationshipBook {
  readonly #byName = new Map<string, RelationshipDefinition>()
  // Made when first asked for after a change: an organisation has ten thousand relationships.
  #byTable: Map<string, Sides> | undefined
  #byIntersect: Map<string, ManyToManyRelationship> | undefined

  all(): readonly RelationshipDefinition[] {
    const all = [...this.#byName.values()]
    return [...all.filter((one) => one.kind === 'OneToMany'), ...all.filter((one) => one.kind === 'ManyToMany')]
  }

  get(schemaName: string): RelationshipDefinition | undefined {
    return this.#byName.get(schemaName)
  }

  put(relationship: RelationshipDefinition): void {
    this.#byName.set(relationship.schemaName, relationship)
    this.#forget()
  }

  drop(schemaName: string): void {
    this.#byName.delete(schemaName)
    this.#forget()
  }

  clear(): void {
    this.#byName.clear()
    this.#forget()
  }

  of(table: string): TableRelationships {
    this.#byTable ??= this.#sort()
    return this.#byTable.get(table) ?? NONE
  }

  byIntersect(table: string): ManyToManyRelationship | undefined {
    this.#byIntersect ??= new Map(
      [...this.#byName.values()]
        .filter((one) => one.kind === 'ManyToMany')
        .map((one): [string, ManyToManyRelationship] => [one.intersectTable, one]),
    )
    return this.#byIntersect.get(table)
  }

  #forget(): void {
    this.#byTable = undefined
    this.#byIntersect = undefined
  }

  #sort(): Map<string, Sides> {
    const tables = new Map<string, Sides>()
    const sides = (name: string): Sides => {
      const known = tables.get(name) ?? { oneToMany: [], manyToOne: [], manyToMany: [] }
      tables.set(name, known)
      return known
    }
    for (const relationship of this.#byName.values()) {
      if (relationship.kind === 'OneToMany') {
        sides(relationship.referencedTable).oneToMany.push(relationship)
        sides(relationship.referencingTable).manyToOne.push(relationship)
      } else {
        sides(relationship.table1).manyToMany.push(relationship)
        if (relationship.table2 !== relationship.table1) sides(relationship.table2).manyToMany.push(relationship)
      }
    }
    return tables
  }
}
