import type { JsonValue } from '../json/write.ts'
import type { ColumnDefinition, RelationshipDefinition, Schema, TableDefinition } from '../schema.ts'
import { describeColumn } from './describe-column.ts'
import { describeChoices, describeYesNo } from './describe-option-set.ts'
import type { ChoiceColumn } from './describe-option-set.ts'
import { describeRelationship } from './describe-relationship.ts'
import { describeKey, describeTable } from './describe-table.ts'
import { isJsonList, objectFrom } from './described.ts'
import type { Described } from './described.ts'
import type { ComponentQuery, MetadataQuery } from './metadata-query.ts'

type Body = Record<string, JsonValue>

// Properties that cannot be null: what they are when they were not asked for.
const unasked: Readonly<Record<string, JsonValue>> = {
  IsValidODataAttribute: false,
  IsEntityReferenceStored: false,
  ChildPicklistLogicalNames: [],
  Settings: [],
  Privileges: [],
}
// The complex types of this message lack them.
const unknownHere: ReadonlySet<string> = new Set(['MinSupportedValue', 'MaxSupportedValue'])
const always: ReadonlySet<string> = new Set(['MetadataId', 'LogicalName'])

/**
 * Writes components as RetrieveMetadataChanges does: every property is there, null where it was not asked for.
 * Without `since` all that fits the query is written and `HasChanged` is null. With it only what changed is, under
 * parents whose `HasChanged` is false and which carry nothing but their names.
 */
export class Changes {
  readonly #schema: Schema
  readonly #query: MetadataQuery
  readonly #since: number | null

  constructor(schema: Schema, query: MetadataQuery, since: number | null) {
    this.#schema = schema
    this.#query = query
    this.#since = since
  }

  /** A table with what was asked for beneath it; null when it does not fit, or nothing in it has changed. */
  table(table: TableDefinition): JsonValue {
    const described = describeTable(this.#schema, table)
    if (!this.#query.table.keep(described)) return null
    const { oneToMany, manyToOne, manyToMany } = this.#schema.relationshipsOf(table.logicalName)
    const children = {
      Attributes: this.#wanted('Attributes', () => table.columns.map((column) => this.#column(table, column))),
      ManyToManyRelationships: this.#relationships('ManyToManyRelationships', manyToMany),
      ManyToOneRelationships: this.#relationships('ManyToOneRelationships', manyToOne),
      OneToManyRelationships: this.#relationships('OneToManyRelationships', oneToMany),
    }
    const keys = this.#wanted('Keys', () =>
      table.keys.map((key) => this.#component(describeKey(table, key), this.#query.key)),
    )
    const changed = this.#hasChanged(table.metadataId)
    const empty = keys.length === 0 && Object.values(children).every((list) => list.length === 0)
    if (changed === false && empty) return null
    const body = this.#properties(described, this.#query.table, changed)
    // ClusterMode is known to this message only; EntityDefinitions does not have it.
    const { Privileges: privileges = [], Settings: settings = [], ...rest } = body
    return { ...rest, ClusterMode: null, ...children, Privileges: privileges, Keys: keys, Settings: settings }
  }

  #relationships(name: string, relationships: readonly RelationshipDefinition[]): JsonValue[] {
    return this.#wanted(name, () =>
      relationships.map((one) => this.#component(describeRelationship(one), this.#query.relationship)),
    )
  }

  #wanted(name: string, make: () => readonly JsonValue[]): JsonValue[] {
    return this.#query.table.wanted(name) ? make().filter((one) => one !== null) : []
  }

  #column(table: TableDefinition, column: ColumnDefinition): JsonValue {
    const described = describeColumn(this.#schema, table, column)
    if (!this.#query.attribute.keep(described)) return null
    const changed = this.#hasChanged(column.metadataId)
    const optionSet = this.#query.attribute.wanted('OptionSet') ? this.#optionSet(table, column, changed) : null
    if (changed === false && optionSet === null) return null
    const body = this.#properties(described, this.#query.attribute, changed)
    const typed =
      described.type === 'AttributeMetadata'
        ? {}
        : { '@odata.type': `#Microsoft.Dynamics.CRM.Complex${described.type}` }
    return { ...typed, ...body, ...('OptionSet' in described.navigations ? { OptionSet: optionSet } : {}) }
  }

  #optionSet(table: TableDefinition, column: ColumnDefinition, columnChanged: boolean | null): JsonValue {
    const isYesNo = column.type === 'Boolean'
    if (!isYesNo && !hasOptions(column)) return null
    const id = this.#schema.optionSetId(table.logicalName, column)
    const setChanged = this.#hasChanged(id)
    if (columnChanged === false && setChanged === false) return null
    const described = isYesNo
      ? describeYesNo(this.#schema, table, column)
      : describeChoices(this.#schema, table, column)
    const body: Body = { ...described.properties, HasChanged: setChanged }
    // A new column brings all its labels; a changed set only those of the options that are new or renamed.
    if (columnChanged !== false || !hasOptions(column)) return body
    const written = described.properties['Options']
    return { ...body, Options: isJsonList(written) ? written.map((option) => this.#option(id, option)) : [] }
  }

  #option(optionSetId: string, json: JsonValue): JsonValue {
    const option = objectFrom(json)
    if (option === undefined) return json
    const value = Number(option['Value'])
    const since = this.#since ?? 0
    if (this.#schema.optionStamp(optionSetId, value) <= since) {
      return { ...option, Color: null, Label: null, Description: null }
    }
    const isNew = this.#schema.optionAddedStamp(optionSetId, value) > since
    return { ...option, HasChanged: isNew ? null : true }
  }

  #component(described: Described, query: ComponentQuery): JsonValue {
    if (!query.keep(described)) return null
    const changed = this.#hasChanged(described.metadataId)
    return changed === false ? null : this.#properties(described, query, changed)
  }

  #properties(described: Described, query: ComponentQuery, changed: boolean | null): Body {
    const body: Body = {}
    for (const [name, value] of Object.entries(described.properties)) {
      if (unknownHere.has(name)) continue
      const shown = always.has(name) || (changed !== false && query.wanted(name))
      body[name] = shown ? value : (unasked[name] ?? null)
    }
    body['HasChanged'] = changed
    return body
  }

  #hasChanged(metadataId: string): boolean | null {
    return this.#since === null ? null : this.#schema.stampOf(metadataId) > this.#since
  }
}

function hasOptions(column: ColumnDefinition): column is ChoiceColumn {
  return 'options' in column
}
