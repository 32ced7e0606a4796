import type {
  ChoiceOption,
  ColumnDefinition,
  GlobalChoice,
  ManyToManyRelationship,
  OneToManyRelationship,
  RelationshipDefinition,
  TableDefinition,
} from './definitions.ts'
import {
  allColumns,
  defineColumn,
  defineGlobalChoice,
  defineKey,
  defineManyToMany,
  defineOneToMany,
  defineTable,
  intersectDraft,
  isLookupColumn,
  withCompanions,
  withGlobalOptions,
} from './define.ts'
import { newIds, renewChoice, renewRelationship, renewTable } from './renew-ids.ts'
import { TableBook } from './table-book.ts'
import { RelationshipBook } from './relationship-book.ts'
import type { SchemaChange } from './schema-change.ts'
import { ComponentIds } from './component-ids.ts'
import { SchemaReader } from './schema-reader.ts'
import { ChangeLog } from './change-log.ts'
import type { ChangeLogSnapshot } from './change-log.ts'
import { isLookupDraft } from './drafts.ts'
import type { ColumnDraft, KeyDraft, ManyToManyDraft, SchemaDraft, TableDraft } from './drafts.ts'
import { labelId } from './guid.ts'

/** What of a table may be switched at run time. */
export type TableChange = Partial<
  Pick<TableDefinition, 'changeTracking' | 'optimisticConcurrency' | 'displayName' | 'displayCollectionName'>
>

/** All that a schema was at a moment. */
export interface SchemaSnapshot {
  readonly tables: readonly TableDefinition[]
  readonly relationships: readonly RelationshipDefinition[]
  readonly globalChoices: readonly GlobalChoice[]
  readonly salt: string
  readonly log: ChangeLogSnapshot
}

/**
 * The tables, columns, keys, relationships and choices of one organisation.
 *
 * Lookups by name are exact, case included. Every change at run time raises `stamp`, marks what it touched with it
 * and logs the MetadataIds it removed, which is what RetrieveMetadataChanges needs. MetadataIds are derived from the
 * names and `salt`: two schemas of the same drafts and different salts are the same organisation made anew. A
 * component that is removed and added again gets a new id.
 */
export class Schema extends SchemaReader {
  readonly #followers: ((change: SchemaChange) => void)[] = []
  readonly #relationships: RelationshipBook
  readonly #tables: TableBook
  readonly #globalChoices: Map<string, GlobalChoice>
  readonly #log: ChangeLog
  readonly #ids: ComponentIds

  constructor(draft: SchemaDraft, options: { readonly salt?: string } = {}) {
    const relationships = new RelationshipBook()
    const tables = new TableBook(relationships)
    const globalChoices = new Map<string, GlobalChoice>()
    const log = new ChangeLog()
    const ids = new ComponentIds(options.salt ?? '', log)
    super({ tables, relationships, globalChoices, log, ids })
    this.#relationships = relationships
    this.#tables = tables
    this.#globalChoices = globalChoices
    this.#log = log
    this.#ids = ids
    for (const choice of draft.globalChoices ?? []) {
      this.#globalChoices.set(choice.name, defineGlobalChoice(choice, this.#ids.of))
    }
    for (const table of draft.tables) this.#define(table)
    for (const table of draft.tables) this.#relate(table)
    for (const relationship of draft.oneToMany ?? []) {
      if (this.relationship(relationship.schemaName))
        throw new RangeError(`relationship ${relationship.schemaName} exists`)
      const metadataId = relationship.metadataId ?? this.#ids.of('Relationship', relationship.schemaName)
      this.#relationships.put({ ...relationship, metadataId })
    }
    for (const relationship of draft.manyToMany ?? []) this.#connect(relationship)
  }

  /** Calls back after each change that rows must follow. */
  follow(follower: (change: SchemaChange) => void): void {
    this.#followers.push(follower)
  }

  /** A schema that reads as another did when the snapshot was taken. */
  static from(snapshot: SchemaSnapshot): Schema {
    const schema = new Schema({ tables: [] })
    schema.restore(snapshot)
    return schema
  }

  /** Everything as it is now; cheap, because definitions never change in place. */
  snapshot(): SchemaSnapshot {
    return {
      tables: this.tables(),
      relationships: this.relationships(),
      globalChoices: this.globalChoices(),
      salt: this.#ids.salt,
      log: this.#log.snapshot(),
    }
  }

  /** Puts everything back as it was, ids and stamps included. Rows are not told: they are restored with it. */
  restore(snapshot: SchemaSnapshot): void {
    this.#ids.salt = snapshot.salt
    this.#relationships.clear()
    this.#tables.clear()
    this.#globalChoices.clear()
    for (const relationship of snapshot.relationships) this.#relationships.put(relationship)
    for (const table of snapshot.tables) this.#tables.put(table)
    for (const choice of snapshot.globalChoices) this.#globalChoices.set(choice.name, choice)
    this.#log.restore(snapshot.log)
  }

  /**
   * Becomes the schema of another organisation that is made alike: the same names, other MetadataIds. Nothing is
   * reported as deleted; stamps of the old organisation are expired ones.
   */
  renewIds(salt: string): void {
    const newId = newIds(salt)
    this.#ids.salt = `${this.#ids.salt}|${salt}`
    for (const table of this.tables()) this.#tables.put(renewTable(table, newId))
    for (const choice of this.globalChoices()) this.#globalChoices.set(choice.name, renewChoice(choice, newId))
    for (const relationship of this.relationships()) this.#relationships.put(renewRelationship(relationship, newId))
    this.#log.startAnew()
    this.#tables.forget()
  }

  /** Makes every stamp handed out so far an expired one. */
  expireStamps(): void {
    this.#log.expire()
  }

  addTable(draft: TableDraft): TableDefinition {
    const name = draft.schemaName.toLowerCase()
    if (this.#tables.has(name)) throw new RangeError(`table ${name} exists`)
    this.#log.advance()
    const table = this.#define(draft)
    this.#relate(draft)
    this.#log.touch(table.metadataId, ...table.columns.map((column) => column.metadataId))
    return table
  }

  /** Removes a table with its relationships, and the lookup columns of other tables that led only to it. */
  removeTable(logicalName: string): void {
    const table = this.#tables.known(logicalName)
    this.#log.advance()
    const { oneToMany, manyToOne, manyToMany } = this.relationshipsOf(logicalName)
    for (const relationship of manyToOne) this.#dropRelationship(relationship)
    for (const relationship of oneToMany) {
      if (relationship.referencingTable !== logicalName) this.#dropOneToMany(relationship)
    }
    for (const relationship of manyToMany) this.#dropManyToMany(relationship)
    this.#tables.drop(logicalName)
    this.#log.deleted('Entity', table.metadataId, logicalName)
    for (const column of table.columns) this.#logRemoved(logicalName, column)
    this.#tables.forget()
    this.#tell({ kind: 'tableRemoved', table: logicalName })
  }

  changeTable(logicalName: string, change: TableChange): void {
    const table = this.#tables.known(logicalName)
    this.#log.advance()
    this.#tables.put({ ...table, ...change })
    this.#log.touch(table.metadataId)
  }

  /** Adds a column with its companions (shadows, `_base`) and relationships. */
  addColumn(logicalName: string, draft: ColumnDraft): ColumnDefinition {
    const table = this.#tables.known(logicalName)
    if (this.column(logicalName, draft.logicalName))
      throw new RangeError(`column ${logicalName}.${draft.logicalName} exists`)
    this.#log.advance()
    let number = Math.max(0, ...table.columns.map((column) => column.columnNumber))
    const added = withCompanions(draft)
      .filter((companion) => this.column(logicalName, companion.logicalName) === undefined)
      .map((companion) => {
        number += 1
        return defineColumn(companion, number, this.#ids.of('Attribute', `${logicalName}.${companion.logicalName}`))
      })
    const [column] = added
    if (column === undefined) throw new RangeError(`nothing to add for ${draft.logicalName}`)
    this.#tables.put({ ...table, columns: [...table.columns, ...added] })
    if (isLookupDraft(draft)) {
      for (const relationship of defineOneToMany(logicalName, draft, this.#primaryIdOf, this.#ids.of)) {
        this.#relationships.put(relationship)
        this.#log.touch(relationship.metadataId)
      }
    }
    this.#log.touch(...added.map((one) => one.metadataId))
    this.#tables.forget()
    return column
  }

  /** Removes a column with its companions and relationships; the primary key stays. */
  removeColumn(logicalName: string, column: string): void {
    const table = this.#tables.known(logicalName)
    if (this.#knownColumn(logicalName, column).isPrimaryId)
      throw new RangeError(`${logicalName}.${column} cannot be removed`)
    this.#log.advance()
    const leaves = (one: ColumnDefinition): boolean =>
      one.logicalName === column || one.attributeOf === column || (one.type === 'Money' && one.baseOf === column)
    for (const relationship of this.relationshipsOf(logicalName).manyToOne) {
      if (relationship.referencingColumn === column) this.#dropRelationship(relationship)
    }
    for (const key of table.keys.filter((one) => one.columns.includes(column))) {
      this.#log.deleted('EntityKey', key.metadataId, `${logicalName}.${key.schemaName}`)
    }
    for (const one of table.columns.filter(leaves)) this.#logRemoved(logicalName, one)
    this.#tables.put({
      ...table,
      columns: table.columns.filter((one) => !leaves(one)),
      keys: table.keys.filter((key) => !key.columns.includes(column)),
    })
    this.#tell({
      kind: 'columnsRemoved',
      table: logicalName,
      columns: table.columns.filter(leaves).map((one) => one.logicalName),
    })
  }

  /**
   * Makes a column anew with another type under the same logical name, as an administrator does: the old one is
   * deleted, the new one has a MetadataId of its own. Values of rows that the new type can hold are kept in it.
   */
  retypeColumn(logicalName: string, draft: ColumnDraft): ColumnDefinition {
    const before = this.#knownColumn(logicalName, draft.logicalName)
    if (before.isPrimaryId || before.type === 'State' || before.type === 'Status' || before.attributeOf !== null) {
      throw new RangeError(`${logicalName}.${draft.logicalName} cannot be retyped`)
    }
    const told = this.#held
    this.#held = []
    try {
      this.removeColumn(logicalName, draft.logicalName)
      const after = this.addColumn(logicalName, draft)
      const gone = this.#held.flatMap((change) => (change.kind === 'columnsRemoved' ? change.columns : []))
      const columns = gone.filter((name) => this.column(logicalName, name) === undefined)
      this.#held = told
      this.#tell({ kind: 'columnRetyped', table: logicalName, before, after })
      if (columns.length > 0) this.#tell({ kind: 'columnsRemoved', table: logicalName, columns })
      return after
    } finally {
      this.#held = told
    }
  }

  /** Replaces a column by what `change` makes of it; the type, names and id stay. */
  changeColumn<C extends ColumnDefinition>(
    logicalName: string,
    column: string,
    change: (column: ColumnDefinition) => C,
  ): void {
    const table = this.#tables.known(logicalName)
    const before = this.#knownColumn(logicalName, column)
    const after = change(before)
    if (
      after.type !== before.type ||
      after.logicalName !== before.logicalName ||
      after.metadataId !== before.metadataId
    ) {
      throw new RangeError(`the type, name and id of ${logicalName}.${column} cannot change`)
    }
    this.#log.advance()
    this.#tables.put({ ...table, columns: table.columns.map((one) => (one === before ? after : one)) })
    this.#log.touch(before.metadataId)
  }

  addOption(table: string, column: string, option: ChoiceOption): void {
    this.#changeOptions(table, column, option.value, (options) => [...options, option])
    this.#log.touch(`${this.optionSetId(table, this.#knownColumn(table, column))}:${option.value}:added`)
  }

  renameOption(table: string, column: string, value: number, label: string): void {
    this.#changeOptions(table, column, value, (options) =>
      options.map((one) => (one.value === value ? { ...one, label } : one)),
    )
  }

  removeOption(table: string, column: string, value: number): void {
    this.#changeOptions(table, column, value, (options) => options.filter((one) => one.value !== value))
    const label = labelId(`${this.optionSetId(table, this.#knownColumn(table, column))}|${value}`)
    this.#log.deleted('Label', label, label)
    this.#tell({ kind: 'optionRemoved', table, column, value })
  }

  addManyToMany(draft: ManyToManyDraft): ManyToManyRelationship {
    this.#log.advance()
    const relationship = this.#connect(draft)
    const { metadataId, columns } = this.#tables.known(relationship.intersectTable)
    this.#log.touch(relationship.metadataId, metadataId, ...columns.map((column) => column.metadataId))
    return relationship
  }

  /** Removes a relationship. A 1:N takes its lookup column along, unless the column has other targets. */
  removeRelationship(schemaName: string): void {
    const relationship = this.relationship(schemaName)
    if (relationship === undefined) throw new RangeError(`no relationship ${schemaName}`)
    this.#log.advance()
    if (relationship.kind === 'OneToMany') this.#dropOneToMany(relationship)
    else this.#dropManyToMany(relationship)
    this.#tables.forget()
  }

  addKey(logicalName: string, draft: KeyDraft): void {
    const table = this.#tables.known(logicalName)
    for (const column of draft.columns) this.#knownColumn(logicalName, column)
    this.#log.advance()
    const key = defineKey(draft, this.#ids.of('EntityKey', `${logicalName}.${draft.schemaName}`))
    this.#tables.put({ ...table, keys: [...table.keys, key] })
    this.#log.touch(key.metadataId)
  }

  removeKey(logicalName: string, schemaName: string): void {
    const table = this.#tables.known(logicalName)
    const key = table.keys.find((one) => one.schemaName === schemaName)
    if (key === undefined) throw new RangeError(`no key ${logicalName}.${schemaName}`)
    this.#log.advance()
    this.#tables.put({ ...table, keys: table.keys.filter((one) => one !== key) })
    this.#log.deleted('EntityKey', key.metadataId, `${logicalName}.${schemaName}`)
  }

  readonly #primaryIdOf = (table: string): string => this.#tables.known(table).primaryId

  /** Notes that a column went, and with it the option set that was its own. */
  #logRemoved(table: string, column: ColumnDefinition): void {
    this.#log.deleted('Attribute', column.metadataId, `${table}.${column.logicalName}`)
    const isShared = 'globalChoice' in column && column.globalChoice !== null
    if (isShared || !('options' in column || column.type === 'Boolean')) return
    this.#log.deleted('OptionSet', this.optionSetId(table, column), `${table}.${column.logicalName}`)
  }

  // Set while several changes are one for those who follow.
  #held: SchemaChange[] | undefined

  #tell(change: SchemaChange): void {
    if (this.#held !== undefined) this.#held.push(change)
    else for (const follower of this.#followers) follower(change)
  }

  #define(draft: TableDraft): TableDefinition {
    const table = withGlobalOptions(defineTable(draft, this.#ids.of), this.#globalChoices)
    this.#tables.put(table)
    this.#tables.forget()
    return table
  }

  #relate(draft: TableDraft): void {
    const logicalName = draft.schemaName.toLowerCase()
    const { primaryId } = this.#tables.known(logicalName)
    for (const column of allColumns(draft, logicalName, primaryId)) {
      if (!isLookupDraft(column)) continue
      for (const relationship of defineOneToMany(logicalName, column, this.#primaryIdOf, this.#ids.of)) {
        if (this.relationship(relationship.schemaName))
          throw new RangeError(`relationship ${relationship.schemaName} exists`)
        this.#relationships.put(relationship)
        if (!this.#log.isUntouched) this.#log.touch(relationship.metadataId)
      }
    }
    this.#tables.forget()
  }

  #connect(draft: ManyToManyDraft): ManyToManyRelationship {
    if (this.relationship(draft.schemaName)) throw new RangeError(`relationship ${draft.schemaName} exists`)
    const relationship = defineManyToMany(draft, this.#primaryIdOf, this.#ids.of)
    this.#relationships.put(relationship)
    const isWhole = this.#tables.has(draft.table1) && this.#tables.has(draft.table2)
    if (isWhole && !this.#tables.has(draft.intersectTable)) this.#define(intersectDraft(draft, relationship))
    this.#tables.forget()
    return relationship
  }

  #changeOptions(
    table: string,
    column: string,
    value: number,
    change: (options: readonly ChoiceOption[]) => readonly ChoiceOption[],
  ): void {
    const target = this.#knownColumn(table, column)
    if (!('options' in target)) throw new RangeError(`${table}.${column} has no options`)
    const shared = 'globalChoice' in target ? target.globalChoice : null
    const options = change(target.options)
    this.#log.advance()
    const uses = (one: ColumnDefinition): boolean =>
      one === target || (shared !== null && 'globalChoice' in one && one.globalChoice === shared)
    for (const owner of this.tables().filter((one) => one.columns.some(uses))) {
      const columns = owner.columns.map((one) => (uses(one) && 'options' in one ? { ...one, options } : one))
      this.#tables.put({ ...owner, columns })
    }
    const choice = shared === null ? undefined : this.#globalChoices.get(shared)
    if (choice !== undefined) this.#globalChoices.set(choice.name, { ...choice, options })
    const optionSet = this.optionSetId(table, target)
    this.#log.touch(optionSet, `${optionSet}:${value}`)
  }

  #dropOneToMany(relationship: OneToManyRelationship): void {
    this.#dropRelationship(relationship)
    const table = this.#tables.get(relationship.referencingTable)
    const column = table?.columns.find((one) => one.logicalName === relationship.referencingColumn)
    if (table === undefined || column === undefined || !isLookupColumn(column)) return
    const targets = column.targets.filter((target) => target !== relationship.referencedTable)
    if (targets.length > 0) {
      this.#tables.put({
        ...table,
        columns: table.columns.map((one) => (one === column ? { ...column, targets } : one)),
      })
      this.#log.touch(column.metadataId)
      const target = relationship.referencedTable
      this.#tell({ kind: 'targetRemoved', table: table.logicalName, column: column.logicalName, target })
      return
    }
    const leaves = (one: ColumnDefinition): boolean => one === column || one.attributeOf === column.logicalName
    for (const one of table.columns.filter(leaves)) {
      this.#logRemoved(table.logicalName, one)
    }
    this.#tables.put({ ...table, columns: table.columns.filter((one) => !leaves(one)) })
    const columns = table.columns.filter(leaves).map((one) => one.logicalName)
    this.#tell({ kind: 'columnsRemoved', table: table.logicalName, columns })
  }

  #dropManyToMany(relationship: ManyToManyRelationship): void {
    this.#dropRelationship(relationship)
    const intersect = this.#tables.get(relationship.intersectTable)
    if (intersect === undefined) return
    this.#tables.drop(relationship.intersectTable)
    this.#log.deleted('Entity', intersect.metadataId, relationship.intersectTable)
    this.#tell({ kind: 'tableRemoved', table: relationship.intersectTable })
  }

  #dropRelationship(relationship: RelationshipDefinition): void {
    this.#relationships.drop(relationship.schemaName)
    this.#log.deleted('Relationship', relationship.metadataId, relationship.schemaName)
  }

  #knownColumn(table: string, logicalName: string): ColumnDefinition {
    const column = this.column(table, logicalName)
    if (column === undefined) throw new RangeError(`no column ${table}.${logicalName}`)
    return column
  }
}
