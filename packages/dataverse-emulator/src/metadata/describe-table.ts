import type { JsonValue } from '../json/write.ts'
import type { KeyDefinition, Schema, TableDefinition } from '../schema.ts'
import { privilegeId, privilegeName, privilegeType } from '../security/privilege-names.ts'
import { PRIVILEGES } from '../security/rights.ts'
import { describeColumn } from './describe-column.ts'
import { describeRelationship } from './describe-relationship.ts'
import { describe, label, managed } from './described.ts'
import type { Described } from './described.ts'

/** A table as EntityMetadata; columns, keys and relationships are its navigation properties. */
export function describeTable(schema: Schema, table: TableDefinition): Described {
  const name = table.logicalName
  const ordinary = !table.isIntersect
  const isSystem = !table.isCustom
  const collection = isSystem
    ? table.entitySetName.charAt(0).toUpperCase() + table.entitySetName.slice(1)
    : table.entitySetName
  return describe(
    'EntityMetadata',
    {
      ActivityTypeMask: 0,
      AutoRouteToOwnerQueue: false,
      CanTriggerWorkflow: ordinary,
      EntityHelpUrlEnabled: false,
      EntityHelpUrl: null,
      IsDocumentManagementEnabled: false,
      IsOneNoteIntegrationEnabled: false,
      IsInteractionCentricEnabled: false,
      IsKnowledgeManagementEnabled: false,
      IsSLAEnabled: false,
      IsBPFEntity: false,
      IsDocumentRecommendationsEnabled: false,
      IsMSTeamsIntegrationEnabled: false,
      SettingOf: null,
      DataProviderId: null,
      DataSourceId: null,
      AutoCreateAccessTeams: false,
      IsActivity: table.isActivity,
      IsActivityParty: name === 'account' || name === 'contact' || name === 'systemuser',
      IsRetrieveAuditEnabled: false,
      IsRetrieveMultipleAuditEnabled: false,
      IsArchivalEnabled: false,
      IsRetentionEnabled: false,
      IsAvailableOffline: ordinary,
      IsChildEntity: false,
      IsAIRUpdated: false,
      IconLargeName: null,
      IconMediumName: null,
      IconSmallName: null,
      IconVectorName: null,
      IsCustomEntity: table.isCustom,
      IsBusinessProcessEnabled: false,
      SyncToExternalSearchIndex: false,
      IsOptimisticConcurrencyEnabled: table.optimisticConcurrency,
      ChangeTrackingEnabled: table.changeTracking,
      IsImportable: ordinary,
      IsIntersect: table.isIntersect,
      IsManaged: isSystem,
      IsEnabledForCharts: ordinary,
      IsEnabledForTrace: false,
      IsValidForAdvancedFind: ordinary,
      DaysSinceRecordLastModified: 0,
      MobileOfflineFilters: null,
      IsReadingPaneEnabled: true,
      IsQuickCreateEnabled: false,
      LogicalName: name,
      ObjectTypeCode: table.objectTypeCode,
      OwnershipType: table.ownership,
      PrimaryNameAttribute: table.primaryName,
      PrimaryImageAttribute: table.primaryImage,
      PrimaryIdAttribute: table.primaryId,
      RecurrenceBaseEntityLogicalName: null,
      ReportViewName: ordinary ? `Filtered${table.schemaName}` : null,
      SchemaName: table.schemaName,
      IntroducedVersion: isSystem ? '5.0.0.0' : '1.0.0.0',
      get IsStateModelAware() {
        return schema.column(name, 'statecode') !== undefined
      },
      EnforceStateTransitions: false,
      ExternalName: null,
      EntityColor: null,
      LogicalCollectionName: table.entitySetName,
      ExternalCollectionName: null,
      CollectionSchemaName: collection,
      EntitySetName: table.entitySetName,
      IsEnabledForExternalChannels: false,
      IsPrivate: false,
      UsesBusinessDataLabelTable: false,
      IsLogicalEntity: false,
      get HasNotes() {
        const collections = schema.collections(name)
        return collections.has(`${table.schemaName}_Annotation`) || collections.has(`${name}_Annotations`)
      },
      get HasActivities() {
        return [...schema.collections(name).keys()].some((one) => one.endsWith('_Tasks'))
      },
      HasFeedback: false,
      IsSolutionAware: false,
      CreatedOn: '1900-01-01T00:00:00Z',
      ModifiedOn: '1900-01-01T00:00:00Z',
      HasEmailAddresses: false,
      OwnerId: null,
      OwnerIdType: 8,
      OwningBusinessUnit: null,
      TableType: 'Standard',
      MetadataId: table.metadataId,
      HasChanged: null,
      get Description() {
        return label(table.description, `${table.metadataId}|Description`, isSystem)
      },
      get DisplayCollectionName() {
        return label(table.displayCollectionName, `${table.metadataId}|DisplayCollectionName`, isSystem)
      },
      get DisplayName() {
        return label(table.displayName, `${table.metadataId}|DisplayName`, isSystem)
      },
      get Privileges() {
        return ordinary ? privileges(table) : []
      },
      Settings: [],
    },
    {
      Attributes: () => table.columns.map((column) => describeColumn(schema, table, column)),
      Keys: () => table.keys.map((key) => describeKey(table, key)),
      OneToManyRelationships: () => schema.relationshipsOf(name).oneToMany.map(describeRelationship),
      ManyToOneRelationships: () => schema.relationshipsOf(name).manyToOne.map(describeRelationship),
      ManyToManyRelationships: () => schema.relationshipsOf(name).manyToMany.map(describeRelationship),
    },
    { facts: table.facts, own: managedProperties(table) },
  )
}

/** An alternate key as EntityKeyMetadata. */
export function describeKey(table: TableDefinition, key: KeyDefinition): Described {
  return describe('EntityKeyMetadata', {
    MetadataId: key.metadataId,
    HasChanged: null,
    LogicalName: key.logicalName,
    SchemaName: key.schemaName,
    EntityLogicalName: table.logicalName,
    KeyAttributes: key.columns,
    IsManaged: false,
    IntroducedVersion: '1.0.0.0',
    EntityKeyIndexStatus: key.indexStatus,
    IsSynchronous: false,
    IsExportKey: false,
    IsSecondaryKey: false,
    DisplayName: label(key.displayName, `${key.metadataId}|DisplayName`, false),
    IsCustomizable: managed(true, 'iscustomizable'),
  })
}

function managedProperties(table: TableDefinition): Record<string, JsonValue> {
  const ordinary = !table.isIntersect
  return {
    IsAuditEnabled: managed(false, 'canmodifyauditsettings', true),
    IsValidForQueue: managed(false, 'canmodifyqueuesettings', true),
    IsConnectionsEnabled: managed(false, 'canmodifyconnectionsettings', true),
    IsCustomizable: managed(true, 'iscustomizable'),
    IsRenameable: managed(ordinary, 'isrenameable'),
    IsMappable: managed(ordinary, 'ismappable'),
    IsDuplicateDetectionEnabled: managed(false, 'canmodifyduplicatedetectionsettings', true),
    CanCreateAttributes: managed(ordinary, 'cancreateattributes'),
    CanCreateForms: managed(ordinary, 'cancreateforms'),
    CanCreateViews: managed(ordinary, 'cancreateviews'),
    CanCreateCharts: managed(ordinary, 'cancreatecharts'),
    CanBeRelatedEntityInRelationship: managed(ordinary, 'canberelatedentityinrelationship'),
    CanBePrimaryEntityInRelationship: managed(ordinary, 'canbeprimaryentityinrelationship'),
    CanBeInManyToMany: managed(ordinary, 'canbeinmanytomany'),
    CanBeInCustomEntityAssociation: managed(ordinary, 'canbeincustomentityassociation'),
    CanEnableSyncToExternalSearchIndex: managed(ordinary, 'canenablesynctoexternalsearchindex', true),
    CanModifyAdditionalSettings: managed(true, 'canmodifyadditionalsettings', true),
    CanChangeHierarchicalRelationship: managed(ordinary, 'canchangehierarchicalrelationship', true),
    CanChangeTrackingBeEnabled: managed(table.canEnableChangeTracking, 'canchangetrackingbeenabled', true),
    IsMailMergeEnabled: managed(false, 'canmodifymailmergesettings', true),
    IsVisibleInMobile: managed(false, 'canmodifymobilevisibility', true),
    IsVisibleInMobileClient: managed(ordinary, 'canmodifymobileclientvisibility', true),
    IsReadOnlyInMobileClient: managed(false, 'canmodifymobileclientreadonly', true),
    IsOfflineInMobileClient: managed(ordinary, 'canmodifymobileclientoffline', true),
  }
}

function privileges(table: TableDefinition): JsonValue {
  const owned = table.ownership === 'UserOwned' || table.ownership === 'BusinessOwned'
  const kinds = PRIVILEGES.filter((one) => owned || (one !== 'assign' && one !== 'share'))
  return kinds.map((kind) => ({
    CanBeBasic: owned,
    CanBeDeep: owned,
    CanBeGlobal: true,
    CanBeLocal: owned,
    CanBeEntityReference: false,
    CanBeParentEntityReference: false,
    CanBeRecordFilter: false,
    Name: privilegeName(table, kind),
    PrivilegeId: privilegeId(table, kind),
    PrivilegeType: privilegeType(kind),
  }))
}
