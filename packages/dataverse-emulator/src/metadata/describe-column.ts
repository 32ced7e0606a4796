import type { JsonValue } from '../json/write.ts'
import { isODataColumn } from '../schema.ts'
import type { ColumnDefinition, Schema, TableDefinition } from '../schema.ts'
import { describeChoices, describeYesNo } from './describe-option-set.ts'
import { describe, label, managed } from './described.ts'
import type { Described } from './described.ts'

type ColumnType = ColumnDefinition['type']

// AttributeType, AttributeTypeName and metadata type. A column of the last three types is a plain AttributeMetadata.
const wireTypes: Readonly<Record<ColumnType, readonly [code: string, name: string, metadata: string]>> = {
  String: ['String', 'StringType', 'StringAttributeMetadata'],
  Memo: ['Memo', 'MemoType', 'MemoAttributeMetadata'],
  Integer: ['Integer', 'IntegerType', 'IntegerAttributeMetadata'],
  BigInt: ['BigInt', 'BigIntType', 'BigIntAttributeMetadata'],
  Decimal: ['Decimal', 'DecimalType', 'DecimalAttributeMetadata'],
  Double: ['Double', 'DoubleType', 'DoubleAttributeMetadata'],
  Money: ['Money', 'MoneyType', 'MoneyAttributeMetadata'],
  Boolean: ['Boolean', 'BooleanType', 'BooleanAttributeMetadata'],
  Picklist: ['Picklist', 'PicklistType', 'PicklistAttributeMetadata'],
  MultiSelectPicklist: ['Virtual', 'MultiSelectPicklistType', 'MultiSelectPicklistAttributeMetadata'],
  State: ['State', 'StateType', 'StateAttributeMetadata'],
  Status: ['Status', 'StatusType', 'StatusAttributeMetadata'],
  DateTime: ['DateTime', 'DateTimeType', 'DateTimeAttributeMetadata'],
  Lookup: ['Lookup', 'LookupType', 'LookupAttributeMetadata'],
  Customer: ['Customer', 'CustomerType', 'LookupAttributeMetadata'],
  Owner: ['Owner', 'OwnerType', 'LookupAttributeMetadata'],
  PartyList: ['PartyList', 'PartyListType', 'LookupAttributeMetadata'],
  EntityName: ['EntityName', 'EntityNameType', 'EntityNameAttributeMetadata'],
  File: ['Virtual', 'FileType', 'FileAttributeMetadata'],
  Image: ['Virtual', 'ImageType', 'ImageAttributeMetadata'],
  Uniqueidentifier: ['Uniqueidentifier', 'UniqueidentifierType', 'AttributeMetadata'],
  Virtual: ['Virtual', 'VirtualType', 'AttributeMetadata'],
}

const withSourceType: ReadonlySet<ColumnType> = new Set([
  'String',
  'Integer',
  'Decimal',
  'Double',
  'Money',
  'Boolean',
  'Picklist',
  'MultiSelectPicklist',
  'DateTime',
])

/** A column as an AttributeMetadata of its own derived type. */
export function describeColumn(schema: Schema, table: TableDefinition, column: ColumnDefinition): Described {
  const [code, name, type] = wireTypes[column.type]
  const isShadow = column.attributeOf !== null
  const isSystem = !column.isCustom
  const writable = column.validForCreate || column.validForUpdate
  const securable = !isShadow && writable && !column.isPrimaryId && column.type !== 'State' && column.type !== 'Status'
  return describe(
    type,
    {
      MetadataId: column.metadataId,
      HasChanged: null,
      AttributeOf: column.attributeOf,
      AttributeType: code,
      ColumnNumber: column.columnNumber,
      DeprecatedVersion: null,
      IntroducedVersion: isSystem ? '5.0.0.0' : '1.0.0.0',
      EntityLogicalName: table.logicalName,
      IsCustomAttribute: column.isCustom,
      IsPrimaryId: column.isPrimaryId,
      IsValidODataAttribute: isODataColumn(column),
      IsPrimaryName: column.isPrimaryName,
      IsValidForCreate: column.validForCreate,
      IsValidForRead: column.validForRead,
      IsValidForUpdate: column.validForUpdate,
      CanBeSecuredForRead: securable,
      CanBeSecuredForCreate: securable && column.validForCreate,
      CanBeSecuredForUpdate: securable && column.validForUpdate,
      IsSecured: column.isSecured === true,
      IsRetrievable: column.isPrimaryId || column.isPrimaryName,
      IsFilterable: column.isPrimaryId,
      IsSearchable: column.isPrimaryName,
      IsManaged: isSystem,
      LinkedAttributeId: null,
      LogicalName: column.logicalName,
      IsValidForForm: !isShadow && column.type !== 'Uniqueidentifier',
      IsRequiredForForm: false,
      IsValidForGrid: !isShadow && column.type !== 'Uniqueidentifier',
      SchemaName: column.schemaName,
      ExternalName: null,
      IsLogical: column.isLogical,
      IsDataSourceSecret: false,
      InheritsFrom: null,
      CreatedOn: '1900-01-01T00:00:00Z',
      ModifiedOn: '1900-01-01T00:00:00Z',
      SourceType: withSourceType.has(column.type) ? column.sourceType : null,
      AutoNumberFormat: '',
      AttributeTypeName: { Value: name },
      get Description() {
        return label(column.description, `${column.metadataId}|Description`, isSystem)
      },
      get DisplayName() {
        return label(isShadow ? '' : column.displayName, `${column.metadataId}|DisplayName`, isSystem)
      },
      IsAuditEnabled: managed(!isShadow && writable, 'canmodifyauditsettings', !isShadow),
      IsGlobalFilterEnabled: managed(false, 'canmodifyglobalfiltersettings', true),
      IsSortableEnabled: managed(false, 'canmodifyissortablesettings', true),
      IsCustomizable: managed(!isShadow, 'iscustomizable'),
      IsRenameable: managed(!isShadow, 'isrenameable'),
      IsValidForAdvancedFind: managed(!isShadow, 'canmodifysearchsettings', !isShadow),
      RequiredLevel: {
        Value: column.required,
        CanBeChanged: !isShadow && column.required !== 'SystemRequired',
        ManagedPropertyLogicalName: 'canmodifyrequirementlevelsettings',
      },
      CanModifyAdditionalSettings: managed(!isShadow, 'canmodifyadditionalsettings'),
      Settings: [],
    },
    navigationsOf(schema, table, column),
    { facts: column.facts, own: ownProperties(column) },
  )
}

const computed = { FormulaDefinition: null, SourceTypeMask: 0 } as const

function ownProperties(column: ColumnDefinition): Record<string, JsonValue> {
  switch (column.type) {
    case 'String':
      return {
        Format: column.format,
        ImeMode: 'Auto',
        MaxLength: column.maxLength,
        YomiOf: null,
        IsLocalizable: false,
        DatabaseLength: column.maxLength * 2,
        FormatName: { Value: column.format },
        ...computed,
      }
    case 'Memo':
      return {
        Format: 'TextArea',
        ImeMode: 'Auto',
        MaxLength: column.maxLength,
        IsLocalizable: false,
        FormatName: { Value: 'TextArea' },
      }
    case 'Integer':
      return { Format: column.format, MaxValue: column.max, MinValue: column.min, ...computed }
    case 'BigInt':
      return { MaxValue: 9223372036854775807n, MinValue: -9223372036854775808n }
    case 'Decimal':
    case 'Double':
      return {
        MaxValue: column.max,
        MinValue: column.min,
        Precision: column.precision,
        ImeMode: 'Disabled',
        ...computed,
      }
    case 'Money':
      return {
        ImeMode: 'Disabled',
        MaxValue: column.max,
        MinValue: column.min,
        Precision: column.precision,
        PrecisionSource: column.precisionSource,
        CalculationOf: column.baseOf,
        IsBaseCurrency: column.baseOf !== null,
        ...computed,
      }
    case 'Boolean':
      return { DefaultValue: column.defaultValue, ...computed }
    case 'Picklist':
      return {
        DefaultFormValue: column.defaultValue ?? -1,
        ParentPicklistLogicalName: null,
        ChildPicklistLogicalNames: [],
        ...computed,
      }
    case 'MultiSelectPicklist':
      return { DefaultFormValue: -1, ParentPicklistLogicalName: null, ChildPicklistLogicalNames: [], ...computed }
    case 'State':
      return { DefaultFormValue: column.options[0]?.value ?? -1 }
    case 'Status':
      return { DefaultFormValue: -1 }
    case 'DateTime':
      return {
        MinSupportedValue: '1753-01-01T00:00:00Z',
        MaxSupportedValue: '9999-12-30T23:59:59Z',
        Format: column.format,
        ImeMode: 'Inactive',
        DateTimeBehavior: { Value: column.behavior },
        CanChangeDateTimeBehavior: managed(column.isCustom, 'canchangedatetimebehavior', column.isCustom),
        ...computed,
      }
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'PartyList':
      return { Targets: column.targets, Format: column.logicalName === 'regardingobjectid' ? 'Regarding' : 'None' }
    case 'EntityName':
      return { DefaultFormValue: null, IsEntityReferenceStored: false }
    case 'File':
      return { MaxSizeInKB: column.maxSizeKb }
    case 'Image':
      return {
        IsPrimaryImage: column.isPrimaryImage,
        MaxHeight: 144,
        MaxWidth: 144,
        MaxSizeInKB: column.maxSizeKb,
        CanStoreFullImage: column.canStoreFullImage ?? true,
      }
    case 'Uniqueidentifier':
    case 'Virtual':
      return {}
  }
}

function navigationsOf(schema: Schema, table: TableDefinition, column: ColumnDefinition): Described['navigations'] {
  switch (column.type) {
    case 'Boolean':
      // Either property gives the options, whether they are shared or not.
      return {
        OptionSet: () => describeYesNo(schema, table, column),
        GlobalOptionSet: () => describeYesNo(schema, table, column),
      }
    case 'Picklist':
    case 'MultiSelectPicklist':
    case 'State':
    case 'Status': {
      const optionSet = (): Described => describeChoices(schema, table, column)
      return { OptionSet: optionSet, GlobalOptionSet: optionSet }
    }
    case 'EntityName':
      return { OptionSet: () => null, GlobalOptionSet: () => null }
    default:
      return {}
  }
}
