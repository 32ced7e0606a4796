import type {
  CascadeConfiguration,
  ChoiceOption,
  ColumnDefinition,
  KeyIndexStatus,
  LookupColumn,
  MetadataFacts,
  OneToManyRelationship,
  Ownership,
} from './definitions.ts'

type Assigned = 'metadataId' | 'columnNumber'
type Unassigned<T> = T extends unknown ? Omit<T, Assigned> & Partial<Pick<ColumnDefinition, Assigned>> : never

/** One target of a lookup and the 1:N relationship that leads to it. */
export interface LookupTarget {
  readonly table: string
  readonly relationship: string
  readonly navigation: string
  readonly collection: string
  readonly cascade: CascadeConfiguration
  readonly isHierarchical: boolean
}

export type LookupDraft = Unassigned<LookupColumn> & { readonly relationships: readonly LookupTarget[] }

/** A column before a schema has given it its MetadataId and number. The builders make these. */
export type ColumnDraft = Unassigned<Exclude<ColumnDefinition, LookupColumn>> | LookupDraft

/** Narrows a draft to the three lookup types. */
export function isLookupDraft(draft: ColumnDraft): draft is LookupDraft {
  return draft.type === 'Lookup' || draft.type === 'Customer' || draft.type === 'Owner'
}

export interface KeyDraft {
  readonly schemaName: string
  readonly metadataId?: string
  readonly displayName?: string
  readonly columns: readonly string[]
  readonly indexStatus?: KeyIndexStatus
}

/** A table before a schema has given it its MetadataIds; what is left out takes the ordinary value. */
export interface TableDraft {
  readonly schemaName: string
  readonly objectTypeCode: number
  readonly displayName: string
  readonly columns: readonly ColumnDraft[]
  readonly displayCollectionName?: string
  readonly description?: string
  readonly entitySetName?: string
  readonly primaryId?: string
  readonly primaryName?: string | null
  readonly primaryImage?: string | null
  readonly ownership?: Ownership
  readonly isIntersect?: boolean
  readonly isActivity?: boolean
  readonly isCustom?: boolean
  readonly changeTracking?: boolean
  readonly canEnableChangeTracking?: boolean
  readonly optimisticConcurrency?: boolean
  readonly keys?: readonly KeyDraft[]
  readonly metadataId?: string
  readonly facts?: MetadataFacts
  /** The columns are complete: the primary key is among them, and no companions are added. */
  readonly exact?: boolean
}

/** A 1:N relationship under its own name; its lookup column is a column of an exact table. */
export type OneToManyDraft = Omit<OneToManyRelationship, 'metadataId'> & { readonly metadataId?: string }

/** An N:N relationship; its intersect table is made from it unless a table of that name is defined. */
export interface ManyToManyDraft {
  readonly schemaName: string
  readonly intersectTable: string
  readonly intersectSet: string
  readonly objectTypeCode: number
  readonly table1: string
  readonly navigation1: string
  readonly table2: string
  readonly navigation2: string
  readonly isCustom?: boolean
  readonly changeTracking?: boolean
  readonly metadataId?: string
  /** Columns of the intersect table, where they are not called after the primary keys. */
  readonly column1?: string
  readonly column2?: string
}

export interface GlobalChoiceDraft {
  readonly name: string
  readonly metadataId?: string
  readonly displayName: string
  readonly isCustom?: boolean
  readonly options: readonly ChoiceOption[]
}

export interface SchemaDraft {
  readonly tables: readonly TableDraft[]
  readonly oneToMany?: readonly OneToManyDraft[]
  readonly manyToMany?: readonly ManyToManyDraft[]
  readonly globalChoices?: readonly GlobalChoiceDraft[]
}
