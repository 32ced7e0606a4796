import { metadataTypes } from './metadata-types.ts'

// Names and types are those of the service's own document. A type is written `Name` or `Name < Base`, with its
// properties as `Name:Type`; types without namespace are of the service's own.

// The types of columns as values of their own have the properties that they have as entities.
function propertiesOf(type: string): string {
  const properties = metadataTypes[type]
  if (properties === undefined) throw new RangeError(`no type ${type}`)
  return properties
}

/** Complex types that metadata and built-in operations speak of. */
export const complexTypes: Readonly<Record<string, string>> = {
  AssociatedMenuConfiguration: `
    Behavior:AssociatedMenuBehavior Group:AssociatedMenuGroup Label:Label Order:Edm.Int32 IsCustomizable:Edm.Boolean
    Icon:Edm.String ViewId:Edm.Guid AvailableOffline:Edm.Boolean MenuId:Edm.String QueryApi:Edm.String`,
  AttributeQueryExpression: 'Criteria:MetadataFilterExpression Properties:MetadataPropertiesExpression',
  AttributeRequiredLevelManagedProperty: `
    Value:AttributeRequiredLevel CanBeChanged:Edm.Boolean ManagedPropertyLogicalName:Edm.String`,
  AttributeTypeDisplayName: 'Value:Edm.String',
  BooleanManagedProperty: 'Value:Edm.Boolean CanBeChanged:Edm.Boolean ManagedPropertyLogicalName:Edm.String',
  CascadeConfiguration: `
    Assign:CascadeType Delete:CascadeType Archive:CascadeType Merge:CascadeType Reparent:CascadeType Share:CascadeType
    Unshare:CascadeType RollupView:CascadeType`,
  ComplexAttributeMetadata: `${propertiesOf('AttributeMetadata < MetadataBase')} MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  'ComplexBigIntAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'BigIntAttributeMetadata < AttributeMetadata',
  ),
  'ComplexBooleanAttributeMetadata < ComplexAttributeMetadata': `
    DefaultValue:Edm.Boolean FormulaDefinition:Edm.String SourceTypeMask:Edm.Int32
    OptionSet:ComplexBooleanOptionSetMetadata`,
  ComplexBooleanOptionSetMetadata: `
    TrueOption:OptionMetadata FalseOption:OptionMetadata Description:Label DisplayName:Label
    IsCustomOptionSet:Edm.Boolean IsGlobal:Edm.Boolean IsManaged:Edm.Boolean IsCustomizable:BooleanManagedProperty
    Name:Edm.String ExternalTypeName:Edm.String OptionSetType:OptionSetType IntroducedVersion:Edm.String
    MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  'ComplexDateTimeAttributeMetadata < ComplexAttributeMetadata': `
    Format:DateTimeFormat ImeMode:ImeMode SourceTypeMask:Edm.Int32 FormulaDefinition:Edm.String
    DateTimeBehavior:DateTimeBehavior CanChangeDateTimeBehavior:BooleanManagedProperty`,
  'ComplexDecimalAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'DecimalAttributeMetadata < AttributeMetadata',
  ),
  'ComplexDoubleAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'DoubleAttributeMetadata < AttributeMetadata',
  ),
  ComplexEntityKeyMetadata: `
    DisplayName:Label LogicalName:Edm.String SchemaName:Edm.String EntityLogicalName:Edm.String
    KeyAttributes:Collection(Edm.String) IsCustomizable:BooleanManagedProperty IsManaged:Edm.Boolean
    IntroducedVersion:Edm.String EntityKeyIndexStatus:EntityKeyIndexStatus IsSynchronous:Edm.Boolean
    IsExportKey:Edm.Boolean IsSecondaryKey:Edm.Boolean MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  ComplexEntityMetadata: `
    ActivityTypeMask:Edm.Int32 Attributes:Collection(ComplexAttributeMetadata) AutoRouteToOwnerQueue:Edm.Boolean
    CanTriggerWorkflow:Edm.Boolean Description:Label DisplayCollectionName:Label DisplayName:Label
    EntityHelpUrlEnabled:Edm.Boolean EntityHelpUrl:Edm.String IsDocumentManagementEnabled:Edm.Boolean
    IsOneNoteIntegrationEnabled:Edm.Boolean IsInteractionCentricEnabled:Edm.Boolean
    IsKnowledgeManagementEnabled:Edm.Boolean IsSLAEnabled:Edm.Boolean IsBPFEntity:Edm.Boolean
    IsDocumentRecommendationsEnabled:Edm.Boolean IsMSTeamsIntegrationEnabled:Edm.Boolean SettingOf:Edm.String
    DataProviderId:Edm.Guid DataSourceId:Edm.Guid AutoCreateAccessTeams:Edm.Boolean IsActivity:Edm.Boolean
    IsActivityParty:Edm.Boolean IsAuditEnabled:BooleanManagedProperty IsRetrieveAuditEnabled:Edm.Boolean
    IsRetrieveMultipleAuditEnabled:Edm.Boolean IsArchivalEnabled:Edm.Boolean IsAvailableOffline:Edm.Boolean
    IsChildEntity:Edm.Boolean IsAIRUpdated:Edm.Boolean IsValidForQueue:BooleanManagedProperty
    IsConnectionsEnabled:BooleanManagedProperty IconLargeName:Edm.String IconMediumName:Edm.String
    IconSmallName:Edm.String IconVectorName:Edm.String IsCustomEntity:Edm.Boolean IsBusinessProcessEnabled:Edm.Boolean
    IsCustomizable:BooleanManagedProperty IsRenameable:BooleanManagedProperty IsMappable:BooleanManagedProperty
    IsDuplicateDetectionEnabled:BooleanManagedProperty CanCreateAttributes:BooleanManagedProperty
    CanCreateForms:BooleanManagedProperty CanCreateViews:BooleanManagedProperty CanCreateCharts:BooleanManagedProperty
    CanBeRelatedEntityInRelationship:BooleanManagedProperty CanBePrimaryEntityInRelationship:BooleanManagedProperty
    CanBeInManyToMany:BooleanManagedProperty CanBeInCustomEntityAssociation:BooleanManagedProperty
    CanEnableSyncToExternalSearchIndex:BooleanManagedProperty SyncToExternalSearchIndex:Edm.Boolean
    CanModifyAdditionalSettings:BooleanManagedProperty CanChangeHierarchicalRelationship:BooleanManagedProperty
    IsOptimisticConcurrencyEnabled:Edm.Boolean ChangeTrackingEnabled:Edm.Boolean
    CanChangeTrackingBeEnabled:BooleanManagedProperty IsImportable:Edm.Boolean IsIntersect:Edm.Boolean
    IsMailMergeEnabled:BooleanManagedProperty IsManaged:Edm.Boolean IsEnabledForCharts:Edm.Boolean
    IsEnabledForTrace:Edm.Boolean IsValidForAdvancedFind:Edm.Boolean IsVisibleInMobile:BooleanManagedProperty
    IsVisibleInMobileClient:BooleanManagedProperty IsReadOnlyInMobileClient:BooleanManagedProperty
    IsOfflineInMobileClient:BooleanManagedProperty DaysSinceRecordLastModified:Edm.Int32
    MobileOfflineFilters:Edm.String IsReadingPaneEnabled:Edm.Boolean IsQuickCreateEnabled:Edm.Boolean
    LogicalName:Edm.String ManyToManyRelationships:Collection(ComplexManyToManyRelationshipMetadata)
    ManyToOneRelationships:Collection(ComplexOneToManyRelationshipMetadata)
    OneToManyRelationships:Collection(ComplexOneToManyRelationshipMetadata) ObjectTypeCode:Edm.Int32
    OwnershipType:OwnershipTypes PrimaryNameAttribute:Edm.String PrimaryImageAttribute:Edm.String
    PrimaryIdAttribute:Edm.String Privileges:Collection(SecurityPrivilegeMetadata)
    RecurrenceBaseEntityLogicalName:Edm.String ReportViewName:Edm.String SchemaName:Edm.String
    IntroducedVersion:Edm.String IsStateModelAware:Edm.Boolean EnforceStateTransitions:Edm.Boolean
    ExternalName:Edm.String EntityColor:Edm.String Keys:Collection(ComplexEntityKeyMetadata)
    LogicalCollectionName:Edm.String ExternalCollectionName:Edm.String CollectionSchemaName:Edm.String
    EntitySetName:Edm.String IsEnabledForExternalChannels:Edm.Boolean IsPrivate:Edm.Boolean
    UsesBusinessDataLabelTable:Edm.Boolean IsLogicalEntity:Edm.Boolean HasNotes:Edm.Boolean HasActivities:Edm.Boolean
    HasFeedback:Edm.Boolean IsSolutionAware:Edm.Boolean Settings:Collection(EntitySetting)
    CreatedOn:Edm.DateTimeOffset ModifiedOn:Edm.DateTimeOffset HasEmailAddresses:Edm.Boolean OwnerId:Edm.Guid
    OwnerIdType:Edm.Int32 OwningBusinessUnit:Edm.Guid MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  'ComplexEnumAttributeMetadata < ComplexAttributeMetadata':
    'DefaultFormValue:Edm.Int32 OptionSet:ComplexOptionSetMetadata',
  'ComplexFileAttributeMetadata < ComplexAttributeMetadata': propertiesOf('FileAttributeMetadata < AttributeMetadata'),
  'ComplexImageAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'ImageAttributeMetadata < AttributeMetadata',
  ),
  'ComplexIntegerAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'IntegerAttributeMetadata < AttributeMetadata',
  ),
  'ComplexLookupAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'LookupAttributeMetadata < AttributeMetadata',
  ),
  'ComplexManagedPropertyAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'ManagedPropertyAttributeMetadata < AttributeMetadata',
  ),
  ComplexManyToManyRelationshipMetadata: `
    Entity1AssociatedMenuConfiguration:AssociatedMenuConfiguration
    Entity2AssociatedMenuConfiguration:AssociatedMenuConfiguration Entity1LogicalName:Edm.String
    Entity2LogicalName:Edm.String IntersectEntityName:Edm.String Entity1IntersectAttribute:Edm.String
    Entity2IntersectAttribute:Edm.String Entity1NavigationPropertyName:Edm.String
    Entity2NavigationPropertyName:Edm.String IsCustomRelationship:Edm.Boolean IsCustomizable:BooleanManagedProperty
    IsValidForAdvancedFind:Edm.Boolean SchemaName:Edm.String SecurityTypes:SecurityTypes IsManaged:Edm.Boolean
    RelationshipType:RelationshipType IntroducedVersion:Edm.String MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  'ComplexMemoAttributeMetadata < ComplexAttributeMetadata': propertiesOf('MemoAttributeMetadata < AttributeMetadata'),
  'ComplexMoneyAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'MoneyAttributeMetadata < AttributeMetadata',
  ),
  ComplexOneToManyRelationshipMetadata: `
    AssociatedMenuConfiguration:AssociatedMenuConfiguration CascadeConfiguration:CascadeConfiguration
    ReferencedAttribute:Edm.String ReferencedEntity:Edm.String ReferencingAttribute:Edm.String
    ReferencingEntity:Edm.String IsHierarchical:Edm.Boolean EntityKey:Edm.String
    RelationshipAttributes:Collection(RelationshipAttribute) IsRelationshipAttributeDenormalized:Edm.Boolean
    ReferencedEntityNavigationPropertyName:Edm.String ReferencingEntityNavigationPropertyName:Edm.String
    RelationshipBehavior:Edm.Int32 IsDenormalizedLookup:Edm.Boolean DenormalizedAttributeName:Edm.String
    IsCustomRelationship:Edm.Boolean IsCustomizable:BooleanManagedProperty IsValidForAdvancedFind:Edm.Boolean
    SchemaName:Edm.String SecurityTypes:SecurityTypes IsManaged:Edm.Boolean RelationshipType:RelationshipType
    IntroducedVersion:Edm.String MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  ComplexOptionSetMetadata: `
    Options:Collection(OptionMetadata) ParentOptionSetName:Edm.String Description:Label DisplayName:Label
    IsCustomOptionSet:Edm.Boolean IsGlobal:Edm.Boolean IsManaged:Edm.Boolean IsCustomizable:BooleanManagedProperty
    Name:Edm.String ExternalTypeName:Edm.String OptionSetType:OptionSetType IntroducedVersion:Edm.String
    MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  'ComplexStringAttributeMetadata < ComplexAttributeMetadata': propertiesOf(
    'StringAttributeMetadata < AttributeMetadata',
  ),
  'ComplexUniqueIdentifierAttributeMetadata < ComplexAttributeMetadata': '',
  DateTimeBehavior: 'Value:Edm.String',
  DeletedMetadataCollection: `
    Count:Edm.Int32 IsReadOnly:Edm.Boolean Keys:Collection(DeletedMetadataFilters) Values:Collection(GuidCollection)`,
  EndpointCollection: `
    Count:Edm.Int32 IsReadOnly:Edm.Boolean Keys:Collection(EndpointType) Values:Collection(Edm.String)`,
  EntityKeyQueryExpression: 'Criteria:MetadataFilterExpression Properties:MetadataPropertiesExpression',
  EntityQueryExpression: `
    LabelQuery:LabelQueryExpression AttributeQuery:AttributeQueryExpression
    RelationshipQuery:RelationshipQueryExpression KeyQuery:EntityKeyQueryExpression Criteria:MetadataFilterExpression
    Properties:MetadataPropertiesExpression`,
  EntityRecordCountCollection: `
    Count:Edm.Int32 IsReadOnly:Edm.Boolean Keys:Collection(Edm.String) Values:Collection(Edm.Int64)`,
  EntitySetting: 'Name:Edm.String ChildSettings:Collection(EntitySetting) Value>crmbaseentity',
  GuidCollection: 'Items:Collection(Edm.Guid)',
  Label: 'LocalizedLabels:Collection(LocalizedLabel) UserLocalizedLabel:LocalizedLabel',
  LabelQueryExpression: 'FilterLanguages:Collection(Edm.Int32) MissingLabelBehavior:Edm.Int32',
  LocalizedLabel: `
    Label:Edm.String LanguageCode:Edm.Int32 IsManaged:Edm.Boolean MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  MemoFormatName: 'Value:Edm.String',
  MetadataConditionExpression: 'PropertyName:Edm.String ConditionOperator:MetadataConditionOperator Value:Object',
  MetadataFilterExpression: `
    Conditions:Collection(MetadataConditionExpression) FilterOperator:LogicalOperator
    Filters:Collection(MetadataFilterExpression)`,
  MetadataPropertiesExpression: 'AllProperties:Edm.Boolean PropertyNames:Collection(Edm.String)',
  Object: 'Type:Edm.String Value:Edm.String',
  OptionMetadata: `
    Value:Edm.Int32 Label:Label Description:Label Color:Edm.String IsManaged:Edm.Boolean ExternalValue:Edm.String
    ParentValues:Collection(Edm.Int32) MetadataId:Edm.Guid HasChanged:Edm.Boolean`,
  OrganizationDetail: `
    OrganizationId:Edm.Guid FriendlyName:Edm.String OrganizationVersion:Edm.String EnvironmentId:Edm.String
    DatacenterId:Edm.Guid Geo:Edm.String TenantId:Edm.String UrlName:Edm.String UniqueName:Edm.String
    Endpoints:EndpointCollection State:OrganizationState`,
  PrincipalAccess: 'AccessMask:AccessRights Principal>crmbaseentity',
  RelationshipAttribute: 'ReferencingAttributeName:Edm.String ReferencedAttributeName:Edm.String',
  RelationshipQueryExpression: 'Criteria:MetadataFilterExpression Properties:MetadataPropertiesExpression',
  RolePrivilege: `
    Depth:PrivilegeDepth PrivilegeId:Edm.Guid BusinessUnitId:Edm.Guid PrivilegeName:Edm.String`,
  SecurityPrivilegeMetadata: `
    CanBeBasic:Edm.Boolean CanBeDeep:Edm.Boolean CanBeGlobal:Edm.Boolean CanBeLocal:Edm.Boolean
    CanBeEntityReference:Edm.Boolean CanBeParentEntityReference:Edm.Boolean Name:Edm.String PrivilegeId:Edm.Guid
    PrivilegeType:PrivilegeType`,
  'StateOptionMetadata < OptionMetadata': 'DefaultStatus:Edm.Int32 InvariantName:Edm.String',
  'StatusOptionMetadata < OptionMetadata': 'State:Edm.Int32 TransitionData:Edm.String',
  StringFormatName: 'Value:Edm.String',
}

/** What built-in functions and actions return. */
export const responseTypes: Readonly<Record<string, string>> = {
  AddToQueueResponse: 'QueueItemId:Edm.Guid',
  CommitAnnotationBlocksUploadResponse: 'AnnotationId:Edm.Guid FileSizeInBytes:Edm.Int32',
  CommitAttachmentBlocksUploadResponse: 'FileSizeInBytes:Edm.Int32 ActivityMimeAttachmentId:Edm.Guid',
  CommitFileBlocksUploadResponse: 'FileId:Edm.Guid FileSizeInBytes:Edm.Int64',
  DownloadBlockResponse: 'Data:Edm.Binary',
  InitializeAnnotationBlocksDownloadResponse:
    'FileContinuationToken:Edm.String FileSizeInBytes:Edm.Int32 FileName:Edm.String',
  InitializeAnnotationBlocksUploadResponse: 'FileContinuationToken:Edm.String',
  InitializeAttachmentBlocksDownloadResponse:
    'FileName:Edm.String FileSizeInBytes:Edm.Int32 FileContinuationToken:Edm.String',
  InitializeAttachmentBlocksUploadResponse: 'FileContinuationToken:Edm.String',
  InitializeFileBlocksDownloadResponse:
    'FileSizeInBytes:Edm.Int64 FileName:Edm.String FileContinuationToken:Edm.String',
  InitializeFileBlocksUploadResponse: 'FileContinuationToken:Edm.String',
  RetrieveCurrentOrganizationResponse: 'Detail:OrganizationDetail',
  RetrieveMetadataChangesResponse: `
    ServerVersionStamp:Edm.String DeletedMetadata:DeletedMetadataCollection
    EntityMetadata:Collection(ComplexEntityMetadata)`,
  RetrievePrincipalAccessInfoResponse: 'AccessInfo:Edm.String',
  RetrievePrincipalAccessResponse: 'AccessRights:AccessRights',
  RetrieveSharedPrincipalsAndAccessResponse: 'PrincipalAccesses:Collection(PrincipalAccess)',
  RetrieveTimestampResponse: 'Timestamp:Edm.String',
  RetrieveTotalRecordCountResponse: 'EntityRecordCountCollection:EntityRecordCountCollection',
  RetrieveUserPrivilegeByPrivilegeIdResponse: 'RolePrivileges:Collection(RolePrivilege)',
  RetrieveUserPrivilegesResponse: 'RolePrivileges:Collection(RolePrivilege)',
  RetrieveUserSetOfPrivilegesByIdsResponse: 'RolePrivileges:Collection(RolePrivilege)',
  RetrieveVersionResponse: 'Version:Edm.String',
  WhoAmIResponse: 'BusinessUnitId:Edm.Guid UserId:Edm.Guid OrganizationId:Edm.Guid',
}
