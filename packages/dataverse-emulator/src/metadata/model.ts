/** A navigation property of a metadata type. */
export interface ModelNavigation {
  readonly type: string
  readonly collection: boolean
}

/** A type of the metadata model: its properties in the order in which the service writes them. */
export interface ModelType {
  readonly name: string
  readonly properties: readonly string[]
  readonly navigations: Readonly<Record<string, ModelNavigation>>
  /** The type this one derives from, where a cast from it is possible. */
  readonly base: string | null
  readonly abstract: boolean
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const tableProperties = words(`
  ActivityTypeMask AutoRouteToOwnerQueue CanTriggerWorkflow EntityHelpUrlEnabled EntityHelpUrl
  IsDocumentManagementEnabled IsOneNoteIntegrationEnabled IsInteractionCentricEnabled IsKnowledgeManagementEnabled
  IsSLAEnabled IsBPFEntity IsDocumentRecommendationsEnabled IsMSTeamsIntegrationEnabled SettingOf DataProviderId
  DataSourceId AutoCreateAccessTeams IsActivity IsActivityParty IsRetrieveAuditEnabled IsRetrieveMultipleAuditEnabled
  IsArchivalEnabled IsRetentionEnabled IsAvailableOffline IsChildEntity IsAIRUpdated IconLargeName IconMediumName
  IconSmallName IconVectorName IsCustomEntity IsBusinessProcessEnabled SyncToExternalSearchIndex
  IsOptimisticConcurrencyEnabled ChangeTrackingEnabled IsImportable IsIntersect IsManaged IsEnabledForCharts
  IsEnabledForTrace IsValidForAdvancedFind DaysSinceRecordLastModified MobileOfflineFilters IsReadingPaneEnabled
  IsQuickCreateEnabled LogicalName ObjectTypeCode OwnershipType PrimaryNameAttribute PrimaryImageAttribute
  PrimaryIdAttribute RecurrenceBaseEntityLogicalName ReportViewName SchemaName IntroducedVersion IsStateModelAware
  EnforceStateTransitions ExternalName EntityColor LogicalCollectionName ExternalCollectionName CollectionSchemaName
  EntitySetName IsEnabledForExternalChannels IsPrivate UsesBusinessDataLabelTable IsLogicalEntity HasNotes
  HasActivities HasFeedback IsSolutionAware CreatedOn ModifiedOn HasEmailAddresses OwnerId OwnerIdType
  OwningBusinessUnit TableType MetadataId HasChanged Description DisplayCollectionName DisplayName IsAuditEnabled
  IsValidForQueue IsConnectionsEnabled IsCustomizable IsRenameable IsMappable IsDuplicateDetectionEnabled
  CanCreateAttributes CanCreateForms CanCreateViews CanCreateCharts CanBeRelatedEntityInRelationship
  CanBePrimaryEntityInRelationship CanBeInManyToMany CanBeInCustomEntityAssociation CanEnableSyncToExternalSearchIndex
  CanModifyAdditionalSettings CanChangeHierarchicalRelationship CanChangeTrackingBeEnabled IsMailMergeEnabled
  IsVisibleInMobile IsVisibleInMobileClient IsReadOnlyInMobileClient IsOfflineInMobileClient Privileges Settings`)

const columnHead = words(`
  MetadataId HasChanged AttributeOf AttributeType ColumnNumber DeprecatedVersion IntroducedVersion EntityLogicalName
  IsCustomAttribute IsPrimaryId IsValidODataAttribute IsPrimaryName IsValidForCreate IsValidForRead IsValidForUpdate
  CanBeSecuredForRead CanBeSecuredForCreate CanBeSecuredForUpdate IsSecured IsRetrievable IsFilterable IsSearchable
  IsManaged LinkedAttributeId LogicalName IsValidForForm IsRequiredForForm IsValidForGrid SchemaName ExternalName
  IsLogical IsDataSourceSecret InheritsFrom CreatedOn ModifiedOn SourceType AutoNumberFormat`)

const columnTail = words(`
  AttributeTypeName Description DisplayName IsAuditEnabled IsGlobalFilterEnabled IsSortableEnabled IsCustomizable
  IsRenameable IsValidForAdvancedFind RequiredLevel CanModifyAdditionalSettings Settings`)

const relationshipHead = words(`
  MetadataId HasChanged IsCustomRelationship IsValidForAdvancedFind SchemaName SecurityTypes IsManaged
  RelationshipType IntroducedVersion`)

const optionSetHead = words(`
  MetadataId HasChanged IsCustomOptionSet IsGlobal IsManaged Name ExternalTypeName OptionSetType IntroducedVersion`)
const optionSetTail = words('Description DisplayName IsCustomizable')

const one = (type: string): ModelNavigation => ({ type, collection: false })
const many = (type: string): ModelNavigation => ({ type, collection: true })

const choiceNavigations = { OptionSet: one('OptionSetMetadata'), GlobalOptionSet: one('OptionSetMetadata') }
const yesNoNavigations = {
  OptionSet: one('BooleanOptionSetMetadata'),
  GlobalOptionSet: one('BooleanOptionSetMetadata'),
}

type Navigations = ModelType['navigations']

function column(kind: string, middle: string, last = '', navigations: Navigations = {}): ModelType {
  const own = middle === '' ? [] : words(middle)
  const after = last === '' ? [] : words(last)
  const properties = [...columnHead, ...own, ...columnTail, ...after]
  return { name: `${kind}AttributeMetadata`, properties, navigations, base: 'AttributeMetadata', abstract: false }
}

function type(
  name: string,
  properties: readonly string[],
  navigations: Navigations = {},
  base: string | null = null,
): ModelType {
  return { name, properties, navigations, base, abstract: false }
}

const types: readonly ModelType[] = [
  type('EntityMetadata', tableProperties, {
    Attributes: many('AttributeMetadata'),
    Keys: many('EntityKeyMetadata'),
    OneToManyRelationships: many('OneToManyRelationshipMetadata'),
    ManyToOneRelationships: many('OneToManyRelationshipMetadata'),
    ManyToManyRelationships: many('ManyToManyRelationshipMetadata'),
  }),
  type('AttributeMetadata', [...columnHead, ...columnTail]),
  { ...column('Enum', 'DefaultFormValue'), abstract: true },
  column(
    'String',
    'Format ImeMode MaxLength YomiOf IsLocalizable DatabaseLength FormulaDefinition SourceTypeMask',
    'FormatName',
  ),
  column('Memo', 'Format ImeMode MaxLength IsLocalizable', 'FormatName'),
  column('Integer', 'Format MaxValue MinValue FormulaDefinition SourceTypeMask'),
  column('BigInt', 'MaxValue MinValue'),
  column('Decimal', 'MaxValue MinValue Precision ImeMode FormulaDefinition SourceTypeMask'),
  column('Double', 'ImeMode MaxValue MinValue Precision FormulaDefinition SourceTypeMask'),
  column(
    'Money',
    'ImeMode MaxValue MinValue Precision PrecisionSource CalculationOf FormulaDefinition SourceTypeMask IsBaseCurrency',
  ),
  column('Boolean', 'DefaultValue FormulaDefinition SourceTypeMask', '', yesNoNavigations),
  column(
    'Picklist',
    'DefaultFormValue FormulaDefinition SourceTypeMask ParentPicklistLogicalName ChildPicklistLogicalNames',
    '',
    choiceNavigations,
  ),
  column(
    'MultiSelectPicklist',
    'DefaultFormValue FormulaDefinition SourceTypeMask ParentPicklistLogicalName ChildPicklistLogicalNames',
    '',
    choiceNavigations,
  ),
  column('State', 'DefaultFormValue', '', choiceNavigations),
  column('Status', 'DefaultFormValue', '', choiceNavigations),
  column(
    'DateTime',
    'MinSupportedValue MaxSupportedValue Format ImeMode SourceTypeMask FormulaDefinition',
    'DateTimeBehavior CanChangeDateTimeBehavior',
  ),
  column('Lookup', 'Targets Format'),
  column('EntityName', 'DefaultFormValue IsEntityReferenceStored', '', choiceNavigations),
  column('UniqueIdentifier', ''),
  column('File', 'MaxSizeInKB'),
  column('Image', 'IsPrimaryImage MaxHeight MaxWidth MaxSizeInKB CanStoreFullImage'),
  column(
    'ManagedProperty',
    'ManagedPropertyLogicalName ParentAttributeName ParentComponentType ValueAttributeTypeCode',
  ),
  { ...type('RelationshipMetadataBase', [...relationshipHead, 'IsCustomizable']), abstract: true },
  type(
    'OneToManyRelationshipMetadata',
    [
      ...relationshipHead,
      ...words(`ReferencedAttribute ReferencedEntity ReferencingAttribute ReferencingEntity IsHierarchical EntityKey
        IsRelationshipAttributeDenormalized ReferencedEntityNavigationPropertyName
        ReferencingEntityNavigationPropertyName RelationshipBehavior IsDenormalizedLookup DenormalizedAttributeName
        IsCustomizable AssociatedMenuConfiguration CascadeConfiguration RelationshipAttributes`),
    ],
    {},
    'RelationshipMetadataBase',
  ),
  type(
    'ManyToManyRelationshipMetadata',
    [
      ...relationshipHead,
      ...words(`Entity1LogicalName Entity2LogicalName IntersectEntityName Entity1IntersectAttribute
        Entity2IntersectAttribute Entity1NavigationPropertyName Entity2NavigationPropertyName IsCustomizable
        Entity1AssociatedMenuConfiguration Entity2AssociatedMenuConfiguration`),
    ],
    {},
    'RelationshipMetadataBase',
  ),
  type(
    'EntityKeyMetadata',
    words(`MetadataId HasChanged LogicalName SchemaName EntityLogicalName KeyAttributes IsManaged IntroducedVersion
      EntityKeyIndexStatus IsSynchronous IsExportKey IsSecondaryKey DisplayName IsCustomizable`),
  ),
  { ...type('OptionSetMetadataBase', [...optionSetHead, ...optionSetTail]), abstract: true },
  type(
    'OptionSetMetadata',
    [...optionSetHead, 'ParentOptionSetName', ...optionSetTail, 'Options'],
    {},
    'OptionSetMetadataBase',
  ),
  type(
    'BooleanOptionSetMetadata',
    [...optionSetHead, ...optionSetTail, 'TrueOption', 'FalseOption'],
    {},
    'OptionSetMetadataBase',
  ),
]

const byName: ReadonlyMap<string, ModelType> = new Map(types.map((one) => [one.name, one]))

/** A type of the metadata model by its name without namespace. */
export function modelType(name: string): ModelType | undefined {
  return byName.get(name)
}

/** The model type of that name; the caller knows that it exists. */
export function knownType(name: string): ModelType {
  const found = byName.get(name)
  if (found === undefined) throw new RangeError(`no metadata type ${name}`)
  return found
}

/** A navigation property of a type by its exact name. */
export function navigationOf({ navigations }: ModelType, name: string): ModelNavigation | undefined {
  return Object.hasOwn(navigations, name) ? navigations[name] : undefined
}

/** The enum type of a property, by its path; such a property compares only with a literal of that type. */
export const enumTypes: Readonly<Record<string, string>> = {
  OwnershipType: 'OwnershipTypes',
  AttributeType: 'AttributeTypeCode',
  'RequiredLevel/Value': 'AttributeRequiredLevel',
  EntityKeyIndexStatus: 'EntityKeyIndexStatus',
  RelationshipType: 'RelationshipType',
  SecurityTypes: 'SecurityTypes',
  OptionSetType: 'OptionSetType',
  'CascadeConfiguration/Assign': 'CascadeType',
  'CascadeConfiguration/Delete': 'CascadeType',
  'CascadeConfiguration/Merge': 'CascadeType',
  'CascadeConfiguration/Reparent': 'CascadeType',
  'CascadeConfiguration/Share': 'CascadeType',
  'CascadeConfiguration/Unshare': 'CascadeType',
}
