export type {
  ActionChange,
  ActionEvidence,
  ActionParameter,
  Change,
  CreateChange,
  DeleteChange,
  LinkChange,
  RowParameter,
  UpdateChange,
} from './change.ts'
export { systemEnv } from './env.ts'
export type { Env } from './env.ts'
export { MasterError, OutpostError, throwIfAborted } from './errors.ts'
export type { ErrorPlace, MasterErrorOptions, OutpostErrorCode, OutpostErrorOptions } from './errors.ts'
export type { ComparisonOperator, Filter, FilterValue, QueryFunction, TextFunction } from './filter/filter.ts'
export { checkTables, compareKeys, compareValues, foldCase, indexKey, planScan } from './rows/index-order.ts'
export type { IndexKey, KeyRange, Scan, ScanBound } from './rows/index-order.ts'
export { columnKind, columnOf, isPolymorphic, relationshipOf } from './metadata.ts'
export type {
  ColumnMetadata,
  ColumnOption,
  ColumnType,
  Json,
  LookupTarget,
  ManyToManyMetadata,
  OneToManyMetadata,
  PrivilegeKind,
  TableMetadata,
} from './metadata.ts'
export type {
  ConflictDecision,
  ConflictPatches,
  FixedBy,
  HistoryEntry,
  OfflineTransaction,
  RejectionClass,
  TransactionError,
  TransactionEvent,
  TransactionOutcome,
  TransactionStatus,
  UnsequencedTransaction,
  WrittenRow,
} from './outbox/offline-transaction.ts'
export { alwaysOnline } from './ports/connectivity.ts'
export type { Connectivity } from './ports/connectivity.ts'
export type {
  ChangesPage,
  ChangesRequest,
  Glance,
  GlanceRequest,
  MasterIdentity,
  MasterMetadata,
  MasterOrg,
  MasterRow,
  MetadataChanges,
  MetadataChangesRequest,
  OutgoingTransaction,
  PullPage,
  PullRequest,
  PushedRow,
  PushOutcome,
  Rejection,
  RelatedRows,
  RowEstimate,
  RowScope,
  RowVersion,
  Standing,
  UserFacts,
  Traffic,
} from './ports/master-org.ts'
export type {
  BaseRow,
  CommitOptions,
  PutOptions,
  ScanRequest,
  Store,
  StoreChange,
  StoreColumn,
  StoreColumnType,
  StoredRow,
  StoreIndex,
  StoreReader,
  StoreTable,
  StoreWriter,
  TransactionQuery,
  VersionsPart,
} from './ports/store.ts'
export { isRowParameter } from './write/row-parameters.ts'
export type { PullExplanation, PullStrategy, StrategyReason } from './pull/explain.ts'
export type { QuarantinedRow, QuarantineReason } from './pull/quarantine.ts'
export { canonicalGuid, linkId, rowKey, TARGET_SUFFIX } from './row.ts'
export type { ColumnValue, Row } from './row.ts'
export { ChangeListeners, ChangeLog } from './store/change-log.ts'
export { runBody } from './store/run-body.ts'
export { SerialQueue } from './store/serial-queue.ts'
export { valuesInOrder } from './store/stored-values.ts'
export { ClientOrg } from './client-org.ts'
export { clientOrgMaster } from './client-org-master/client-org-master.ts'
export type { ClientOrgMasterOptions } from './client-org-master/client-org-master.ts'
export type { WriteOptions } from './write/commit.ts'
export type { Canary, Eviction } from './identity/canary.ts'
export type { ClientOrgOptions } from './client-org-options.ts'
export type { CallOptions, SyncOptions } from './sync/asked.ts'
export type { ImportOptions } from './copy/set-up.ts'
export type {
  Configuration,
  LocalColumn,
  LocalTable,
  RelatedConfiguration,
  ScopeConfiguration,
  TableConfiguration,
  TrackingConfiguration,
} from './copy/configuration.ts'
export type { ConfigurationDraft } from './copy/configuration-draft.ts'
export { ConfigurationError } from './copy/configuration-error.ts'
export type { ConfigurationFile, ConfigurationImport, FiledJob } from './copy/configuration-file.ts'
export type { DetachChoice } from './copy/detach.ts'
export type { LeftOut } from './copy/leave-out-unknown.ts'
export type {
  Conflict,
  ConflictChoice,
  ConflictFunction,
  ConflictFunctionName,
  ConflictFunctions,
  ConflictPolicy,
  ConflictRule,
  DeletedRowPolicy,
  UpdatedRowPolicy,
} from './conflicts/conflict-policy.ts'
export type { ActionOptions, Draft } from './write/draft.ts'
export type {
  ConnectionState,
  Cost,
  LayerReport,
  OutpostEvent,
  PushReport,
  SyncPhase,
  SyncReport,
  TableReport,
} from './events.ts'
export { columnsOfFilter, parseMasterFilter, parseTableFilter } from './filter/bind.ts'
export { judgeOf } from './filter/evaluate.ts'
export type { Verdict } from './filter/evaluate.ts'
export { clockDependence, factsOfFilter } from './filter/filter-context.ts'
export type { FilterContext, FilterFact } from './filter/filter-context.ts'
export { parseFilter } from './filter/parse.ts'
export { withoutNegatedFunctions } from './filter/negate.ts'
export { printFilter } from './filter/print.ts'
export type { FilterSpelling } from './filter/print.ts'
export { QUERY_FUNCTIONS } from './filter/query-functions.ts'
export type { FunctionValues, QueryFunctionKind } from './filter/query-functions.ts'
export type { ColumnChange } from './copy/column-drift.ts'
export type { DryChange, DryRun, DryTable, DryTransaction } from './compare/dry-run.ts'
export type { ConfigurationPlan, TablePlan } from './compare/plan.ts'
export type { BucketSum } from './compare/buckets.ts'
export type { RepairReport, VerifiedBucket, VerifyOptions, VerifyReport } from './compare/verify.ts'
export type { DroppedOption, MetadataChange, MetadataDrift, StoppedByDrift } from './copy/metadata-drift.ts'
export type { StoppedTable } from './copy/stopped-table.ts'
export type { PendingAge } from './identity/unsent-watch.ts'
export type { OrgStatus, TableStatus } from './org-status.ts'
export type { ConflictLog, ConflictQuery, ListedConflict } from './outbox/conflict-log.ts'
export type { ColumnComparison, RowComparison } from './outbox/compare.ts'
export type { Dependent } from './outbox/dependents.ts'
export type { FailureClass, ListedTransaction, ListOptions } from './outbox/list-transactions.ts'
export type { ArchiveOptions, LocalEffect, Outbox } from './outbox/outbox.ts'
export type { ImportReport } from './outbox/import-queue.ts'
export type { ExportOptions, QueueDecision, QueuedRow, QueuedTransaction, QueueFile } from './outbox/queue-file.ts'
export type { TracedChange, TraceEntry } from './outbox/trace.ts'
export type { PendingReason } from './outbox/readiness.ts'
export type { Query } from './rows/query.ts'
export type { Health, HealthReason, HealthStatus, JobHealth, LastRun } from './jobs/health.ts'
export type {
  Job,
  JobDefinition,
  JobRun,
  JobState,
  JobStep,
  JobTrigger,
  RunError,
  RunOutcome,
  RunTrigger,
  Schedule,
} from './jobs/job.ts'
export type { Jobs, LogQuery } from './jobs/jobs.ts'
export { scheduleText } from './jobs/schedule.ts'
export type { StartOptions, SyncService } from './jobs/service.ts'
export { UnsentError } from './identity/sign-out.ts'
export type { UnsentChoice, UnsentCounts } from './identity/sign-out.ts'
export type { Table } from './rows/table.ts'
export type { DueReason } from './pull/checkpoint.ts'
