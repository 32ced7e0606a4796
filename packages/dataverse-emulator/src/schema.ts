export type {
  BigIntColumn,
  BooleanColumn,
  CascadeBehavior,
  CascadeConfiguration,
  ChoiceOption,
  CollectionNavigation,
  ColumnDefinition,
  ColumnFacts,
  ColumnType,
  DateTimeBehavior,
  DateTimeColumn,
  DecimalColumn,
  DeletedKind,
  DoubleColumn,
  EntityNameColumn,
  FileColumn,
  Formula,
  GlobalChoice,
  ImageColumn,
  IntegerColumn,
  KeyDefinition,
  KeyIndexStatus,
  LookupBinding,
  LookupColumn,
  ManyToManyRelationship,
  MemoColumn,
  MetadataFacts,
  MetadataDeletion,
  MoneyColumn,
  MultiSelectPicklistColumn,
  OneToManyRelationship,
  Ownership,
  PartyListColumn,
  PicklistColumn,
  RelationshipDefinition,
  RequiredLevel,
  StateColumn,
  StatusColumn,
  StringColumn,
  TableDefinition,
  UniqueidentifierColumn,
  VirtualColumn,
} from './schema/definitions.ts'
export type {
  ColumnDraft,
  GlobalChoiceDraft,
  KeyDraft,
  LookupDraft,
  LookupTarget,
  ManyToManyDraft,
  OneToManyDraft,
  SchemaDraft,
  TableDraft,
} from './schema/drafts.ts'
export {
  bigInt,
  choice,
  choices,
  customer,
  dateTime,
  decimal,
  double,
  entityName,
  file,
  image,
  integer,
  lookup,
  memo,
  money,
  noCascade,
  parental,
  readOnly,
  removeLink,
  restrict,
  stateAndStatus,
  text,
  uniqueidentifier,
  virtual,
  yesNo,
} from './schema/columns.ts'
export type { ColumnOptions, TargetOptions } from './schema/columns.ts'
export { isLookupColumn } from './schema/define.ts'
export { guidFrom, guidsFrom, labelId } from './schema/guid.ts'
export { isODataColumn, isStoredColumn } from './schema/odata-column.ts'
export { wireName } from './schema/index-table.ts'
export type { TableRelationships } from './schema/index-table.ts'
export { Schema } from './schema/schema.ts'
export type { SchemaChange } from './schema/schema-change.ts'
export type { SchemaSnapshot, TableChange } from './schema/schema.ts'
export type {
  Privilege,
  PrivilegeDepth,
  Privileges,
  Seed,
  SeedOrganization,
  SeedRole,
  SeedRow,
  SeedUser,
} from './schema/seed.ts'
export { activeInactive, currencyColumns, standardColumns } from './schema/standard-columns.ts'
export { targetKey } from './schema/stored-values.ts'
export type { StoredValue, StoredValues } from './schema/stored-values.ts'
