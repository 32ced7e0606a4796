import type { JsonValue } from '../json/write.ts'
import type { StoredValue, StoredValues } from './stored-values.ts'

export type RequiredLevel = 'None' | 'SystemRequired' | 'ApplicationRequired' | 'Recommended'
export type Ownership = 'UserOwned' | 'OrganizationOwned' | 'BusinessOwned' | 'None'
export type CascadeBehavior = 'Cascade' | 'Active' | 'UserOwned' | 'RemoveLink' | 'Restrict' | 'NoCascade'
export type DateTimeBehavior = 'UserLocal' | 'DateOnly' | 'TimeZoneIndependent'
export type KeyIndexStatus = 'Pending' | 'InProgress' | 'Active' | 'Failed'

/** Computes a server-side column from the other stored values of its row; the value is never accepted from a client. */
export type Formula = (row: StoredValues) => StoredValue

/** One option of a choice, state or status column. */
export interface ChoiceOption {
  readonly value: number
  readonly label: string
  readonly description?: string
  readonly color?: string
  /** Status options: the state this status reason belongs to. */
  readonly state?: number
  /** State options: the status reason a row takes when only the state is written. */
  readonly defaultStatus?: number
  /** State options: the name that does not depend on a language. */
  readonly invariantName?: string
  /** Status options: the status reasons that may follow; absent means any. */
  readonly transitions?: readonly number[]
}

/** Metadata properties that the emulator serves and otherwise knows nothing of. */
export type MetadataFacts = Readonly<Record<string, JsonValue>>

/** What every column has, whatever its type. */
export interface ColumnFacts {
  readonly logicalName: string
  readonly schemaName: string
  readonly metadataId: string
  readonly columnNumber: number
  readonly displayName: string
  readonly description: string
  readonly required: RequiredLevel
  readonly validForCreate: boolean
  readonly validForUpdate: boolean
  readonly validForRead: boolean
  /** The column this one only shadows (`customeridname` of `customerid`). Shadows are not stored and cannot be selected. */
  readonly attributeOf: string | null
  readonly isLogical: boolean
  readonly isCustom: boolean
  readonly isPrimaryId: boolean
  readonly isPrimaryName: boolean
  /** 0 simple, 1 calculated, 2 rollup. */
  readonly sourceType: 0 | 1 | 2
  readonly formula?: Formula
  /** Under column security: only administrators and holders of a field permission read and write it. */
  readonly isSecured?: boolean
  /** Whether rows on the wire have it, where that is not told by `attributeOf` and type: see `isODataColumn`. */
  readonly odata?: boolean
  /** The MetadataId of its own option set; derived from the name where absent. */
  readonly optionSetId?: string
  /** Further metadata properties by their names, as they were loaded; served as they are. */
  readonly facts?: MetadataFacts
}

export interface StringColumn extends ColumnFacts {
  readonly type: 'String'
  readonly maxLength: number
  readonly format: 'Text' | 'Email' | 'Phone' | 'Url' | 'TextArea' | 'TickerSymbol' | 'PhoneticGuide' | 'VersionNumber'
}
export interface MemoColumn extends ColumnFacts {
  readonly type: 'Memo'
  readonly maxLength: number
}
export interface IntegerColumn extends ColumnFacts {
  readonly type: 'Integer'
  readonly min: number
  readonly max: number
  readonly format: 'None' | 'Duration' | 'TimeZone' | 'Language' | 'Locale'
}
export interface BigIntColumn extends ColumnFacts {
  readonly type: 'BigInt'
}
export interface DecimalColumn extends ColumnFacts {
  readonly type: 'Decimal'
  readonly min: number
  readonly max: number
  readonly precision: number
}
export interface DoubleColumn extends ColumnFacts {
  readonly type: 'Double'
  readonly min: number
  readonly max: number
  readonly precision: number
}
export interface MoneyColumn extends ColumnFacts {
  readonly type: 'Money'
  readonly min: number
  readonly max: number
  readonly precision: number
  /** 0 the column's precision, 1 the organisation's, 2 the currency's. */
  readonly precisionSource: 0 | 1 | 2
  /** On an `x_base` column: the Money column it is computed from (value ÷ the row's `exchangerate`). */
  readonly baseOf: string | null
}
export interface BooleanColumn extends ColumnFacts {
  readonly type: 'Boolean'
  readonly defaultValue: boolean
  readonly trueLabel: string
  readonly falseLabel: string
}
export interface PicklistColumn extends ColumnFacts {
  readonly type: 'Picklist'
  readonly options: readonly ChoiceOption[]
  readonly globalChoice: string | null
  readonly defaultValue: number | null
}
export interface MultiSelectPicklistColumn extends ColumnFacts {
  readonly type: 'MultiSelectPicklist'
  readonly options: readonly ChoiceOption[]
  readonly globalChoice: string | null
}
export interface StateColumn extends ColumnFacts {
  readonly type: 'State'
  readonly options: readonly ChoiceOption[]
}
export interface StatusColumn extends ColumnFacts {
  readonly type: 'Status'
  readonly options: readonly ChoiceOption[]
}
export interface DateTimeColumn extends ColumnFacts {
  readonly type: 'DateTime'
  readonly behavior: DateTimeBehavior
  readonly format: 'DateOnly' | 'DateAndTime'
}
/** A lookup of any flavour; more than one target (or type Owner/Customer) makes it polymorphic. */
export interface LookupColumn extends ColumnFacts {
  readonly type: 'Lookup' | 'Customer' | 'Owner'
  readonly targets: readonly string[]
}
export interface PartyListColumn extends ColumnFacts {
  readonly type: 'PartyList'
  readonly targets: readonly string[]
}
export interface UniqueidentifierColumn extends ColumnFacts {
  readonly type: 'Uniqueidentifier'
}
export interface EntityNameColumn extends ColumnFacts {
  readonly type: 'EntityName'
}
export interface VirtualColumn extends ColumnFacts {
  readonly type: 'Virtual'
  /** Its type in `$metadata` where it is a complex one (`mscrm.BooleanManagedProperty`); rows have it as null. */
  readonly edmType?: string
}
export interface FileColumn extends ColumnFacts {
  readonly type: 'File'
  readonly maxSizeKb: number
}
export interface ImageColumn extends ColumnFacts {
  readonly type: 'Image'
  readonly maxSizeKb: number
  readonly isPrimaryImage: boolean
  /** Whether the image is kept in full beside its thumbnail; default yes. */
  readonly canStoreFullImage?: boolean
  /** In an answer to a request without `$select`: images come only when they are asked for, and are null otherwise. */
  readonly unasked?: boolean
}

export type ColumnDefinition =
  | StringColumn
  | MemoColumn
  | IntegerColumn
  | BigIntColumn
  | DecimalColumn
  | DoubleColumn
  | MoneyColumn
  | BooleanColumn
  | PicklistColumn
  | MultiSelectPicklistColumn
  | StateColumn
  | StatusColumn
  | DateTimeColumn
  | LookupColumn
  | PartyListColumn
  | UniqueidentifierColumn
  | EntityNameColumn
  | VirtualColumn
  | FileColumn
  | ImageColumn

export type ColumnType = ColumnDefinition['type']

/** An alternate key. Only one whose index is `Active` can address rows. */
export interface KeyDefinition {
  readonly logicalName: string
  readonly schemaName: string
  readonly metadataId: string
  readonly displayName: string
  readonly columns: readonly string[]
  readonly indexStatus: KeyIndexStatus
}

/** A table. Immutable: a schema change replaces the object, so caches may be keyed by identity. */
export interface TableDefinition {
  readonly logicalName: string
  readonly schemaName: string
  readonly entitySetName: string
  readonly metadataId: string
  readonly objectTypeCode: number
  readonly displayName: string
  readonly displayCollectionName: string
  readonly description: string
  readonly primaryId: string
  readonly primaryName: string | null
  readonly primaryImage: string | null
  readonly ownership: Ownership
  readonly isIntersect: boolean
  readonly isActivity: boolean
  readonly isCustom: boolean
  readonly changeTracking: boolean
  readonly canEnableChangeTracking: boolean
  readonly optimisticConcurrency: boolean
  readonly columns: readonly ColumnDefinition[]
  readonly keys: readonly KeyDefinition[]
  readonly facts?: MetadataFacts
}

/** What happens to the referencing rows when something happens to the referenced one. */
export interface CascadeConfiguration {
  readonly assign: CascadeBehavior
  readonly delete: CascadeBehavior
  readonly merge: CascadeBehavior
  readonly reparent: CascadeBehavior
  readonly share: CascadeBehavior
  readonly unshare: CascadeBehavior
  readonly rollupView: CascadeBehavior
}

export interface OneToManyRelationship {
  readonly kind: 'OneToMany'
  readonly schemaName: string
  readonly metadataId: string
  readonly isCustom: boolean
  readonly isHierarchical: boolean
  /** The "one" side: the table that is looked up. `owner` for `ownerid`, which stands for systemuser and team. */
  readonly referencedTable: string
  readonly referencedColumn: string
  /** The "many" side: the table that has the lookup column. */
  readonly referencingTable: string
  readonly referencingColumn: string
  /** Single-valued navigation property on the referencing table; the name before `@odata.bind`. Case-sensitive. */
  readonly referencingNavigation: string
  /** Collection-valued navigation property on the referenced table. Case-sensitive. */
  readonly referencedNavigation: string
  readonly cascade: CascadeConfiguration
}

export interface ManyToManyRelationship {
  readonly kind: 'ManyToMany'
  readonly schemaName: string
  readonly metadataId: string
  readonly isCustom: boolean
  readonly intersectTable: string
  readonly table1: string
  readonly column1: string
  /** Navigation property on `table1`, leading to rows of `table2`. */
  readonly navigation1: string
  readonly table2: string
  readonly column2: string
  readonly navigation2: string
}

export type RelationshipDefinition = OneToManyRelationship | ManyToManyRelationship

/** A choice shared by several columns. */
export interface GlobalChoice {
  readonly name: string
  readonly metadataId: string
  readonly displayName: string
  readonly isCustom: boolean
  readonly options: readonly ChoiceOption[]
}

/** How a single-valued navigation property is written: `<navigation>@odata.bind`. */
export interface LookupBinding {
  readonly navigation: string
  readonly column: LookupColumn
  /** Tables a bound row may belong to; several only for `ownerid`. */
  readonly targets: readonly string[]
  readonly relationship: OneToManyRelationship
}

/** A collection-valued navigation property of a table. */
export type CollectionNavigation =
  | { readonly kind: 'OneToMany'; readonly navigation: string; readonly relationship: OneToManyRelationship }
  | {
      readonly kind: 'ManyToMany'
      readonly navigation: string
      readonly relationship: ManyToManyRelationship
      /** Column of the intersect table that holds this table's key. */
      readonly thisColumn: string
      readonly otherTable: string
      readonly otherColumn: string
    }

/** What RetrieveMetadataChanges reports under DeletedMetadata. */
export type DeletedKind = 'Entity' | 'Attribute' | 'Relationship' | 'Label' | 'OptionSet' | 'EntityKey'

export interface MetadataDeletion {
  readonly kind: DeletedKind
  readonly metadataId: string
  readonly stamp: number
}
