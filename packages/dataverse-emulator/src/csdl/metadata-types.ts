// A type is written `Name < Base abstract`; its properties as `Name:Type`, navigation properties as `Name>Type`, with `!`
// where the target is part of the row itself.

/** The entity types of tables, columns, relationships, keys and choices. */
export const metadataTypes: Readonly<Record<string, string>> = {
  'AttributeMetadata < MetadataBase': `
    AttributeOf:Edm.String AttributeType:AttributeTypeCode AttributeTypeName:AttributeTypeDisplayName
    ColumnNumber:Edm.Int32 Description:Label DisplayName:Label DeprecatedVersion:Edm.String
    IntroducedVersion:Edm.String EntityLogicalName:Edm.String IsAuditEnabled:BooleanManagedProperty
    IsCustomAttribute:Edm.Boolean IsPrimaryId:Edm.Boolean IsValidODataAttribute:Edm.Boolean IsPrimaryName:Edm.Boolean
    IsValidForCreate:Edm.Boolean IsValidForRead:Edm.Boolean IsValidForUpdate:Edm.Boolean
    CanBeSecuredForRead:Edm.Boolean CanBeSecuredForCreate:Edm.Boolean CanBeSecuredForUpdate:Edm.Boolean
    IsSecured:Edm.Boolean IsRetrievable:Edm.Boolean IsFilterable:Edm.Boolean IsSearchable:Edm.Boolean
    IsManaged:Edm.Boolean IsGlobalFilterEnabled:BooleanManagedProperty IsSortableEnabled:BooleanManagedProperty
    LinkedAttributeId:Edm.Guid LogicalName:Edm.String IsCustomizable:BooleanManagedProperty
    IsRenameable:BooleanManagedProperty IsValidForAdvancedFind:BooleanManagedProperty IsValidForForm:Edm.Boolean
    IsRequiredForForm:Edm.Boolean IsValidForGrid:Edm.Boolean RequiredLevel:AttributeRequiredLevelManagedProperty
    CanModifyAdditionalSettings:BooleanManagedProperty SchemaName:Edm.String ExternalName:Edm.String
    IsLogical:Edm.Boolean IsDataSourceSecret:Edm.Boolean InheritsFrom:Edm.String CreatedOn:Edm.DateTimeOffset
    ModifiedOn:Edm.DateTimeOffset SourceType:Edm.Int32 AutoNumberFormat:Edm.String Settings:Collection(EntitySetting)`,
  'BigIntAttributeMetadata < AttributeMetadata': 'MaxValue:Edm.Int64 MinValue:Edm.Int64',
  'BooleanAttributeMetadata < AttributeMetadata': `
    DefaultValue:Edm.Boolean FormulaDefinition:Edm.String SourceTypeMask:Edm.Int32 OptionSet>BooleanOptionSetMetadata!
    GlobalOptionSet>BooleanOptionSetMetadata`,
  'BooleanOptionSetMetadata < OptionSetMetadataBase': 'TrueOption:OptionMetadata FalseOption:OptionMetadata',
  'DateTimeAttributeMetadata < AttributeMetadata': `
    MinSupportedValue:Edm.DateTimeOffset MaxSupportedValue:Edm.DateTimeOffset Format:DateTimeFormat ImeMode:ImeMode
    SourceTypeMask:Edm.Int32 FormulaDefinition:Edm.String DateTimeBehavior:DateTimeBehavior
    CanChangeDateTimeBehavior:BooleanManagedProperty`,
  'DecimalAttributeMetadata < AttributeMetadata': `
    MaxValue:Edm.Decimal MinValue:Edm.Decimal Precision:Edm.Int32 ImeMode:ImeMode FormulaDefinition:Edm.String
    SourceTypeMask:Edm.Int32`,
  'DoubleAttributeMetadata < AttributeMetadata':
    'ImeMode:ImeMode MaxValue:Edm.Double MinValue:Edm.Double Precision:Edm.Int32',
  'EntityMetadata < MetadataBase': `
    ActivityTypeMask:Edm.Int32 AutoRouteToOwnerQueue:Edm.Boolean CanTriggerWorkflow:Edm.Boolean Description:Label
    DisplayCollectionName:Label DisplayName:Label EntityHelpUrlEnabled:Edm.Boolean EntityHelpUrl:Edm.String
    IsDocumentManagementEnabled:Edm.Boolean IsOneNoteIntegrationEnabled:Edm.Boolean
    IsInteractionCentricEnabled:Edm.Boolean IsKnowledgeManagementEnabled:Edm.Boolean IsSLAEnabled:Edm.Boolean
    IsBPFEntity:Edm.Boolean IsDocumentRecommendationsEnabled:Edm.Boolean IsMSTeamsIntegrationEnabled:Edm.Boolean
    SettingOf:Edm.String DataProviderId:Edm.Guid DataSourceId:Edm.Guid AutoCreateAccessTeams:Edm.Boolean
    IsActivity:Edm.Boolean IsActivityParty:Edm.Boolean IsAuditEnabled:BooleanManagedProperty
    IsRetrieveAuditEnabled:Edm.Boolean IsRetrieveMultipleAuditEnabled:Edm.Boolean IsArchivalEnabled:Edm.Boolean
    IsAvailableOffline:Edm.Boolean IsChildEntity:Edm.Boolean IsAIRUpdated:Edm.Boolean
    IsValidForQueue:BooleanManagedProperty IsConnectionsEnabled:BooleanManagedProperty IconLargeName:Edm.String
    IconMediumName:Edm.String IconSmallName:Edm.String IconVectorName:Edm.String IsCustomEntity:Edm.Boolean
    IsBusinessProcessEnabled:Edm.Boolean IsCustomizable:BooleanManagedProperty IsRenameable:BooleanManagedProperty
    IsMappable:BooleanManagedProperty IsDuplicateDetectionEnabled:BooleanManagedProperty
    CanCreateAttributes:BooleanManagedProperty CanCreateForms:BooleanManagedProperty
    CanCreateViews:BooleanManagedProperty CanCreateCharts:BooleanManagedProperty
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
    LogicalName:Edm.String ObjectTypeCode:Edm.Int32 OwnershipType:OwnershipTypes PrimaryNameAttribute:Edm.String
    PrimaryImageAttribute:Edm.String PrimaryIdAttribute:Edm.String Privileges:Collection(SecurityPrivilegeMetadata)
    RecurrenceBaseEntityLogicalName:Edm.String ReportViewName:Edm.String SchemaName:Edm.String
    IntroducedVersion:Edm.String IsStateModelAware:Edm.Boolean EnforceStateTransitions:Edm.Boolean
    ExternalName:Edm.String EntityColor:Edm.String LogicalCollectionName:Edm.String ExternalCollectionName:Edm.String
    CollectionSchemaName:Edm.String EntitySetName:Edm.String IsEnabledForExternalChannels:Edm.Boolean
    IsPrivate:Edm.Boolean UsesBusinessDataLabelTable:Edm.Boolean IsLogicalEntity:Edm.Boolean HasNotes:Edm.Boolean
    HasActivities:Edm.Boolean HasFeedback:Edm.Boolean IsSolutionAware:Edm.Boolean Settings:Collection(EntitySetting)
    CreatedOn:Edm.DateTimeOffset ModifiedOn:Edm.DateTimeOffset HasEmailAddresses:Edm.Boolean OwnerId:Edm.Guid
    OwnerIdType:Edm.Int32 OwningBusinessUnit:Edm.Guid Attributes>Collection(AttributeMetadata)!
    ManyToManyRelationships>Collection(ManyToManyRelationshipMetadata)
    ManyToOneRelationships>Collection(OneToManyRelationshipMetadata)
    OneToManyRelationships>Collection(OneToManyRelationshipMetadata) Keys>Collection(EntityKeyMetadata)!`,
  'EntityKeyMetadata < MetadataBase': `
    DisplayName:Label LogicalName:Edm.String SchemaName:Edm.String EntityLogicalName:Edm.String
    KeyAttributes:Collection(Edm.String) IsCustomizable:BooleanManagedProperty IsManaged:Edm.Boolean
    IntroducedVersion:Edm.String EntityKeyIndexStatus:EntityKeyIndexStatus AsyncJob:Edm.Guid IsSynchronous:Edm.Boolean
    IsExportKey:Edm.Boolean IsSecondaryKey:Edm.Boolean`,
  'EntityNameAttributeMetadata < EnumAttributeMetadata': 'IsEntityReferenceStored:Edm.Boolean',
  'EnumAttributeMetadata < AttributeMetadata':
    'DefaultFormValue:Edm.Int32 OptionSet>OptionSetMetadata! GlobalOptionSet>OptionSetMetadata',
  'FileAttributeMetadata < AttributeMetadata': 'MaxSizeInKB:Edm.Int32',
  'OptionSetMetadataBase < MetadataBase': `
    Description:Label DisplayName:Label IsCustomOptionSet:Edm.Boolean IsGlobal:Edm.Boolean IsManaged:Edm.Boolean
    IsCustomizable:BooleanManagedProperty Name:Edm.String ExternalTypeName:Edm.String OptionSetType:OptionSetType
    IntroducedVersion:Edm.String`,
  'ImageAttributeMetadata < AttributeMetadata': `
    IsPrimaryImage:Edm.Boolean MaxHeight:Edm.Int16 MaxWidth:Edm.Int16 MaxSizeInKB:Edm.Int32
    CanStoreFullImage:Edm.Boolean`,
  'IntegerAttributeMetadata < AttributeMetadata': `
    Format:IntegerFormat MaxValue:Edm.Int32 MinValue:Edm.Int32 FormulaDefinition:Edm.String SourceTypeMask:Edm.Int32`,
  'LookupAttributeMetadata < AttributeMetadata': 'Targets:Collection(Edm.String) Format:LookupFormat',
  'ManagedPropertyAttributeMetadata < AttributeMetadata': `
    ManagedPropertyLogicalName:Edm.String ParentComponentType:Edm.Int32 ParentAttributeName:Edm.String
    ValueAttributeTypeCode:AttributeTypeCode`,
  'ManagedPropertyMetadata < MetadataBase': `
    LogicalName:Edm.String DisplayName:Label ManagedPropertyType:ManagedPropertyType
    Operation:ManagedPropertyOperation IsGlobalForOperation:Edm.Boolean
    EvaluationPriority:ManagedPropertyEvaluationPriority IsPrivate:Edm.Boolean ErrorCode:Edm.Int32
    EnablesEntityName:Edm.String EnablesAttributeName:Edm.String Description:Label IntroducedVersion:Edm.String`,
  'ManyToManyRelationshipMetadata < RelationshipMetadataBase': `
    Entity1AssociatedMenuConfiguration:AssociatedMenuConfiguration
    Entity2AssociatedMenuConfiguration:AssociatedMenuConfiguration Entity1LogicalName:Edm.String
    Entity2LogicalName:Edm.String IntersectEntityName:Edm.String Entity1IntersectAttribute:Edm.String
    Entity2IntersectAttribute:Edm.String Entity1NavigationPropertyName:Edm.String
    Entity2NavigationPropertyName:Edm.String`,
  'MemoAttributeMetadata < AttributeMetadata': `
    Format:StringFormat FormatName:MemoFormatName ImeMode:ImeMode MaxLength:Edm.Int32 IsLocalizable:Edm.Boolean`,
  'MetadataBase abstract': 'MetadataId:Edm.Guid HasChanged:Edm.Boolean',
  'MoneyAttributeMetadata < AttributeMetadata': `
    ImeMode:ImeMode MaxValue:Edm.Double MinValue:Edm.Double Precision:Edm.Int32 PrecisionSource:Edm.Int32
    CalculationOf:Edm.String FormulaDefinition:Edm.String SourceTypeMask:Edm.Int32 IsBaseCurrency:Edm.Boolean`,
  'MultiSelectPicklistAttributeMetadata < EnumAttributeMetadata': `
    FormulaDefinition:Edm.String SourceTypeMask:Edm.Int32 ParentPicklistLogicalName:Edm.String
    ChildPicklistLogicalNames:Collection(Edm.String)`,
  'OneToManyRelationshipMetadata < RelationshipMetadataBase': `
    AssociatedMenuConfiguration:AssociatedMenuConfiguration CascadeConfiguration:CascadeConfiguration
    ReferencedAttribute:Edm.String ReferencedEntity:Edm.String ReferencingAttribute:Edm.String
    ReferencingEntity:Edm.String IsHierarchical:Edm.Boolean EntityKey:Edm.String
    RelationshipAttributes:Collection(RelationshipAttribute) IsRelationshipAttributeDenormalized:Edm.Boolean
    ReferencedEntityNavigationPropertyName:Edm.String ReferencingEntityNavigationPropertyName:Edm.String
    RelationshipBehavior:Edm.Int32 IsDenormalizedLookup:Edm.Boolean DenormalizedAttributeName:Edm.String
    Lookup>LookupAttributeMetadata!`,
  'OptionSetMetadata < OptionSetMetadataBase': 'Options:Collection(OptionMetadata) ParentOptionSetName:Edm.String',
  'PicklistAttributeMetadata < EnumAttributeMetadata': `
    FormulaDefinition:Edm.String SourceTypeMask:Edm.Int32 ParentPicklistLogicalName:Edm.String
    ChildPicklistLogicalNames:Collection(Edm.String)`,
  'RelationshipMetadataBase < MetadataBase abstract': `
    IsCustomRelationship:Edm.Boolean IsCustomizable:BooleanManagedProperty IsValidForAdvancedFind:Edm.Boolean
    SchemaName:Edm.String SecurityTypes:SecurityTypes IsManaged:Edm.Boolean RelationshipType:RelationshipType
    IntroducedVersion:Edm.String`,
  'StateAttributeMetadata < EnumAttributeMetadata': '',
  'StatusAttributeMetadata < EnumAttributeMetadata': '',
  'StringAttributeMetadata < AttributeMetadata': `
    Format:StringFormat FormatName:StringFormatName ImeMode:ImeMode MaxLength:Edm.Int32 YomiOf:Edm.String
    IsLocalizable:Edm.Boolean DatabaseLength:Edm.Int32 FormulaDefinition:Edm.String SourceTypeMask:Edm.Int32`,
  'UniqueIdentifierAttributeMetadata < AttributeMetadata': '',
}
