import type { Utf8Text } from '../json/utf8-text.ts'
import type { JsonValue } from '../json/write.ts'
import type { ColumnDefinition, RelationshipDefinition, Schema, TableDefinition } from '../schema.ts'
import { AskedMembers } from './asked-members.ts'
import { keepsAll } from './condition.ts'
import { describeColumn } from './describe-column.ts'
import { describeChoices, describeYesNo } from './describe-option-set.ts'
import type { ChoiceColumn } from './describe-option-set.ts'
import { describeRelationship } from './describe-relationship.ts'
import { describeKey, describeTable } from './describe-table.ts'
import { isJsonList, knownProperty, objectFrom, propertyOf } from './described.ts'
import type { Described } from './described.ts'
import type { ComponentQuery, MetadataQuery } from './metadata-query.ts'
import { addList, addMember, addName } from './write-members.ts'

type Body = Record<string, JsonValue>

/**
 * Writes components as RetrieveMetadataChanges does: every property is there, null where it was not asked for.
 * Without `since` all that fits the query is written and `HasChanged` is null. With it only what changed is, under
 * parents whose `HasChanged` is false and which carry nothing but their names.
 */
export class Changes {
  readonly #schema: Schema
  readonly #query: MetadataQuery
  readonly #since: number | null
  readonly #asked = new Map<readonly string[], AskedMembers>()
  readonly #unchanged = new Map<readonly string[], AskedMembers>()

  constructor(schema: Schema, query: MetadataQuery, since: number | null) {
    this.#schema = schema
    this.#query = query
    this.#since = since
  }

  /** Adds a table with what was asked for beneath it; false when it does not fit, or nothing in it has changed. */
  addTable(out: Utf8Text, table: TableDefinition): boolean {
    const described = describeTable(this.#schema, table)
    if (!this.#query.table.keep(described)) return false
    const changed = this.#hasChanged(table.metadataId)
    const { oneToMany, manyToOne, manyToMany } = this.#schema.relationshipsOf(table.logicalName)
    const start = out.length
    let count = 0
    const addChildren = <T>(name: string, all: readonly T[], add: (one: T) => boolean): void => {
      addName(out, name)
      count += addList(out, this.#query.table.wanted(name) ? all : [], add)
    }
    const addRelationship = (one: RelationshipDefinition): boolean =>
      this.#addComponent(out, one, () => describeRelationship(one), this.#query.relationship)
    const body = this.#membersOf(described, this.#query.table, changed)
    body.add(out, described, changed)
    // ClusterMode is known to this message only; EntityDefinitions does not have it.
    addMember(out, 'ClusterMode', null)
    addChildren('Attributes', table.columns, (column) => this.#addColumn(out, table, column))
    addChildren('ManyToManyRelationships', manyToMany, addRelationship)
    addChildren('ManyToOneRelationships', manyToOne, addRelationship)
    addChildren('OneToManyRelationships', oneToMany, addRelationship)
    body.addLast(out, described, 'Privileges')
    addChildren('Keys', table.keys, (key) =>
      this.#addComponent(out, key, () => describeKey(table, key), this.#query.key),
    )
    body.addLast(out, described, 'Settings')
    out.object(start)
    return changed !== false || count > 0
  }

  #addColumn(out: Utf8Text, table: TableDefinition, column: ColumnDefinition): boolean {
    const { keep, wanted } = this.#query.attribute
    const changed = this.#hasChanged(column.metadataId)
    const optionSet = wanted('OptionSet') ? this.#optionSet(table, column, changed) : null
    const isUnchanged = changed === false && optionSet === null
    // To describe what is not told of takes longer than all the rest. Conditions have to see it: they may refuse.
    if (isUnchanged && keep === keepsAll) return false
    const described = describeColumn(this.#schema, table, column)
    if (!keep(described) || isUnchanged) return false
    const start = out.length
    if (described.type !== 'AttributeMetadata')
      addMember(out, '@odata.type', `#Microsoft.Dynamics.CRM.Complex${described.type}`)
    this.#membersOf(described, this.#query.attribute, changed).add(out, described, changed)
    if ('OptionSet' in described.navigations) addMember(out, 'OptionSet', optionSet)
    out.object(start)
    return true
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
    const properties = described.names.map((name): [string, JsonValue] => [name, knownProperty(described, name)])
    const body: Body = { ...Object.fromEntries(properties), HasChanged: setChanged }
    // A new column brings all its labels; a changed set only those of the options that are new or renamed.
    if (columnChanged !== false || !hasOptions(column)) return body
    const written = propertyOf(described, 'Options')
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

  #addComponent(
    out: Utf8Text,
    { metadataId }: { readonly metadataId: string },
    describe: () => Described,
    query: ComponentQuery,
  ): boolean {
    const changed = this.#hasChanged(metadataId)
    if (changed === false && query.keep === keepsAll) return false
    const described = describe()
    if (!query.keep(described) || changed === false) return false
    const start = out.length
    this.#membersOf(described, query, changed).add(out, described, changed)
    out.object(start)
    return true
  }

  #membersOf({ names }: Described, query: ComponentQuery, changed: boolean | null): AskedMembers {
    // Of what did not change itself only the names are there.
    const known = changed === false ? this.#unchanged : this.#asked
    let members = known.get(names)
    if (members === undefined) {
      members = new AskedMembers(names, changed === false ? () => false : query.wanted)
      known.set(names, members)
    }
    return members
  }

  #hasChanged(metadataId: string): boolean | null {
    return this.#since === null ? null : this.#schema.stampOf(metadataId) > this.#since
  }
}

function hasOptions(column: ColumnDefinition): column is ChoiceColumn {
  return 'options' in column
}
