import { bigInt, readOnly, uniqueidentifier } from './columns.ts'
import type {
  ColumnDefinition,
  GlobalChoice,
  KeyDefinition,
  LookupColumn,
  ManyToManyRelationship,
  OneToManyRelationship,
  TableDefinition,
} from './definitions.ts'
import { isLookupDraft } from './drafts.ts'
import type { ColumnDraft, GlobalChoiceDraft, KeyDraft, LookupDraft, ManyToManyDraft, TableDraft } from './drafts.ts'
import { withFileCompanions } from './file-companions.ts'
import { shadowColumns } from './shadow-columns.ts'
import { currencyColumns } from './standard-columns.ts'

/** Gives the MetadataId for a kind of component and its name. */
export type IdSource = (kind: string, name: string) => string

/** Completes a table draft: primary key column, currency columns, `_base` twins, shadows, ids and numbers. */
export function defineTable(draft: TableDraft, idOf: IdSource): TableDefinition {
  const logicalName = draft.schemaName.toLowerCase()
  const primaryId = draft.primaryId ?? `${logicalName}id`
  const primaryName = draft.primaryName === undefined ? null : draft.primaryName
  const displayCollectionName = draft.displayCollectionName ?? `${draft.displayName}s`
  return {
    logicalName,
    schemaName: draft.schemaName,
    entitySetName: draft.entitySetName ?? `${logicalName}s`,
    metadataId: draft.metadataId ?? idOf('Entity', logicalName),
    objectTypeCode: draft.objectTypeCode,
    displayName: draft.displayName,
    displayCollectionName,
    description: draft.description ?? '',
    primaryId,
    primaryName,
    primaryImage: draft.primaryImage ?? null,
    ownership: draft.ownership ?? 'UserOwned',
    isIntersect: draft.isIntersect ?? false,
    isActivity: draft.isActivity ?? false,
    isCustom: draft.isCustom ?? /^[a-z]+_/.test(draft.schemaName),
    changeTracking: draft.changeTracking ?? true,
    canEnableChangeTracking: draft.canEnableChangeTracking ?? true,
    optimisticConcurrency: draft.optimisticConcurrency ?? true,
    columns: allColumns(draft, logicalName, primaryId).map((column, index) =>
      defineColumn(
        draft.exact === true
          ? column
          : {
              ...column,
              isPrimaryId: column.logicalName === primaryId,
              isPrimaryName: column.logicalName === primaryName,
            },
        column.columnNumber ?? index + 1,
        column.metadataId ?? idOf('Attribute', `${logicalName}.${column.logicalName}`),
      ),
    ),
    keys: (draft.keys ?? []).map((key) =>
      defineKey(key, key.metadataId ?? idOf('EntityKey', `${logicalName}.${key.schemaName}`)),
    ),
    ...(draft.facts === undefined ? {} : { facts: draft.facts }),
  }
}

/** A column with what comes with it: a Money column its `_base`, any column its shadows. */
export function withCompanions(column: ColumnDraft): readonly ColumnDraft[] {
  if (column.type === 'File' || column.type === 'Image') return withFileCompanions(column)
  if (column.type !== 'Money' || column.baseOf !== null) return [column, ...shadowColumns(column)]
  const twin: ColumnDraft = {
    ...column,
    ...readOnly,
    logicalName: `${column.logicalName}_base`,
    schemaName: `${column.schemaName}_Base`,
    displayName: `${column.displayName} (Base)`,
    precisionSource: 2,
    precision: 4,
    baseOf: column.logicalName,
  }
  return [column, twin]
}

/** Fills in the options of choice columns that use a global choice. */
export function withGlobalOptions(table: TableDefinition, choices: ReadonlyMap<string, GlobalChoice>): TableDefinition {
  const filled = table.columns.map((column): ColumnDefinition => {
    if (column.type !== 'Picklist' && column.type !== 'MultiSelectPicklist') return column
    if (column.globalChoice === null) return column
    const shared = choices.get(column.globalChoice)
    if (shared === undefined) throw new RangeError(`no global choice ${column.globalChoice}`)
    return { ...column, options: shared.options }
  })
  return { ...table, columns: filled }
}

export function defineColumn(draft: ColumnDraft, columnNumber: number, metadataId: string): ColumnDefinition {
  if (!isLookupDraft(draft)) return { ...draft, columnNumber, metadataId }
  const { relationships: _, ...column } = draft
  return { ...column, columnNumber, metadataId }
}

export function defineKey(draft: KeyDraft, metadataId: string): KeyDefinition {
  return {
    logicalName: draft.schemaName.toLowerCase(),
    schemaName: draft.schemaName,
    metadataId,
    displayName: draft.displayName ?? draft.schemaName,
    columns: draft.columns,
    indexStatus: draft.indexStatus ?? 'Active',
  }
}

/** The 1:N relationships a lookup draft stands for. `primaryIdOf` names the key of a referenced table. */
export function defineOneToMany(
  table: string,
  draft: LookupDraft,
  primaryIdOf: (table: string) => string,
  idOf: IdSource,
): readonly OneToManyRelationship[] {
  return draft.relationships.map((target) => ({
    kind: 'OneToMany',
    schemaName: target.relationship,
    metadataId: idOf('Relationship', target.relationship),
    isCustom: draft.isCustom,
    isHierarchical: target.isHierarchical,
    referencedTable: target.table,
    referencedColumn: target.table === 'owner' ? 'ownerid' : primaryIdOf(target.table),
    referencingTable: table,
    referencingColumn: draft.logicalName,
    referencingNavigation: target.navigation,
    referencedNavigation: target.collection,
    cascade: target.cascade,
  }))
}

export function defineManyToMany(
  draft: ManyToManyDraft,
  primaryIdOf: (table: string) => string,
  idOf: IdSource,
): ManyToManyRelationship {
  const self = draft.table1 === draft.table2
  return {
    kind: 'ManyToMany',
    schemaName: draft.schemaName,
    metadataId: draft.metadataId ?? idOf('Relationship', draft.schemaName),
    isCustom: draft.isCustom ?? true,
    intersectTable: draft.intersectTable,
    table1: draft.table1,
    column1: draft.column1 ?? `${primaryIdOf(draft.table1)}${self ? 'one' : ''}`,
    navigation1: draft.navigation1,
    table2: draft.table2,
    column2: draft.column2 ?? `${primaryIdOf(draft.table2)}${self ? 'two' : ''}`,
    navigation2: draft.navigation2,
  }
}

/** The table behind an N:N relationship. */
export function intersectDraft(draft: ManyToManyDraft, relationship: ManyToManyRelationship): TableDraft {
  return {
    schemaName: draft.intersectTable,
    entitySetName: draft.intersectSet,
    objectTypeCode: draft.objectTypeCode,
    displayName: draft.schemaName,
    displayCollectionName: draft.schemaName,
    ownership: 'None',
    isIntersect: true,
    isCustom: draft.isCustom ?? true,
    changeTracking: draft.changeTracking ?? false,
    optimisticConcurrency: false,
    columns: [
      uniqueidentifier(relationship.column1, readOnly),
      uniqueidentifier(relationship.column2, readOnly),
      bigInt('VersionNumber', readOnly),
    ],
  }
}

export function defineGlobalChoice(draft: GlobalChoiceDraft, idOf: IdSource): GlobalChoice {
  return { ...draft, isCustom: draft.isCustom ?? true, metadataId: draft.metadataId ?? idOf('OptionSet', draft.name) }
}

export function isLookupColumn(column: ColumnDefinition): column is LookupColumn {
  return column.type === 'Lookup' || column.type === 'Customer' || column.type === 'Owner'
}

/** Every column draft of a table, companions included, each logical name once. */
export function allColumns(draft: TableDraft, logicalName: string, primaryId: string): readonly ColumnDraft[] {
  if (draft.exact === true) return draft.columns
  const given = [...draft.columns]
  if (given.some((column) => column.type === 'Money')) given.push(...currencyColumns(logicalName))
  const key = uniqueidentifier(primaryIdSchemaName(draft.schemaName, primaryId), {
    validForUpdate: false,
    required: 'SystemRequired',
    displayName: draft.displayName,
    isCustom: false,
  })
  const byName = new Map<string, ColumnDraft>()
  for (const column of [key, ...given].flatMap(withCompanions)) {
    if (!byName.has(column.logicalName)) byName.set(column.logicalName, column)
  }
  return [...byName.values()]
}

function primaryIdSchemaName(schemaName: string, primaryId: string): string {
  return primaryId === `${schemaName.toLowerCase()}id` ? `${schemaName}Id` : primaryId
}
