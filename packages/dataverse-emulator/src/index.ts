export { createEmulator } from './emulator.ts'
export type { Emulator, EmulatorOptions, TokenOptions } from './emulator.ts'
export { fieldService } from './seed/field-service.ts'
export type { FieldServiceOptions } from './seed/field-service.ts'
export {
  activeInactive,
  bigInt,
  choice,
  choices,
  currencyColumns,
  customer,
  dateTime,
  decimal,
  double,
  entityName,
  file,
  guidFrom,
  guidsFrom,
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
  Schema,
  standardColumns,
  stateAndStatus,
  targetKey,
  text,
  uniqueidentifier,
  virtual,
  yesNo,
} from './schema.ts'
export type {
  BigIntColumn,
  BooleanColumn,
  CascadeBehavior,
  CascadeConfiguration,
  ChoiceOption,
  CollectionNavigation,
  ColumnDefinition,
  ColumnDraft,
  ColumnFacts,
  ColumnOptions,
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
  GlobalChoiceDraft,
  ImageColumn,
  IntegerColumn,
  KeyDefinition,
  KeyDraft,
  KeyIndexStatus,
  LookupBinding,
  LookupColumn,
  LookupDraft,
  LookupTarget,
  ManyToManyDraft,
  ManyToManyRelationship,
  MemoColumn,
  MetadataDeletion,
  MoneyColumn,
  MultiSelectPicklistColumn,
  OneToManyRelationship,
  Ownership,
  PartyListColumn,
  PicklistColumn,
  Privilege,
  PrivilegeDepth,
  Privileges,
  RelationshipDefinition,
  RequiredLevel,
  SchemaDraft,
  Seed,
  SeedOrganization,
  SeedRole,
  SeedRow,
  SeedUser,
  StateColumn,
  StatusColumn,
  StoredValue,
  StoredValues,
  StringColumn,
  TableChange,
  TableDefinition,
  TableDraft,
  TableRelationships,
  TargetOptions,
  UniqueidentifierColumn,
  VirtualColumn,
} from './schema.ts'
export { NOT_IMPLEMENTED, WebApiError } from './errors.ts'
export type { Fault, FaultKind, FaultMatch, FaultRule, FaultSubject } from './faults/fault.ts'
export type { Faults } from './faults/faults.ts'
export { ConnectionDropped } from './http/exchange.ts'
export type { Incoming, Outgoing } from './http/exchange.ts'
export type { ServerClock } from './clock.ts'
export type { Limits } from './limits/limits.ts'
export type { Backup, PageTurn, ServerHand } from './server-hand.ts'
export type { Knobs } from './knobs.ts'
export type { As, Master, MasterValue, MasterValues } from './master.ts'
export type { LoggedRequest, RequestFilter } from './request-log.ts'
export type { MobileTracking, TrackedKind } from './rows/mobile-tracking.ts'
export type { Row } from './rows/row.ts'
export type { User } from './rows/user.ts'
export { privilegesOf } from './security/rights.ts'
export type { Rights } from './security/rights.ts'
export type { ColumnPermission, NewRole, NewTeam, NewUser, SecurityHand, Who } from './security/security-hand.ts'
export type { Reference } from './rows/reference.ts'
export type { CustomOperation, OperationContext, OperationResult } from './operations/custom-operation.ts'
export type { OperationBinding, OperationParameter } from './operations/operation.ts'
export type { Operations } from './operations/register.ts'
export type { JobOutcome } from './plug-ins/jobs.ts'
export type { Plugins } from './plug-ins/plugins.ts'
export type { PluginContext, PluginStage, PluginStep, RegisteredStep, RowMessage } from './plug-ins/step.ts'
export type { GivenValue, GivenValues } from './rows/given-values.ts'
export type { RowHand } from './rows/row-hand.ts'
export { LoadError } from './loaders/load-error.ts'
export { loadSchema } from './loaders/load-schema.ts'
export type { SchemaDocument } from './loaders/load-schema.ts'
export { rowsFromJsonLines } from './loaders/rows-from-json-lines.ts'
export type { LinksDocument, RowsDocument } from './loaders/rows-from-json-lines.ts'
export { seedFrom } from './loaders/seed-from.ts'
export type { SeedSource } from './loaders/seed-from.ts'
