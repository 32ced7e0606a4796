import type { ColumnDraft, ColumnOptions, ColumnType, RequiredLevel } from '../schema.ts'
import {
  bigInt,
  choice,
  choices,
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
  text,
  uniqueidentifier,
  virtual,
  yesNo,
} from '../schema.ts'
import { columnFacts } from './definition-facts.ts'
import { booleanOf, innerValueOf, labelOf, numberOf, textOf } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'
import { optionSetOf, optionsFrom, yesNoLabel } from './options-from-definition.ts'
import { formulaOf, inheritedActivityColumns, statesOf } from './well-known.ts'

/** The table a column belongs to, as far as its columns depend on it. */
export interface DefinitionScope {
  readonly table: string
  readonly isActivity: boolean
  readonly primaryId: string
  readonly primaryName: string | null
  /** Whether the document tells at all which columns rows have. */
  readonly tellsOData: boolean
}

const types: ReadonlySet<string> = new Set<ColumnType>([
  'String',
  'Memo',
  'Integer',
  'BigInt',
  'Decimal',
  'Double',
  'Money',
  'Boolean',
  'Picklist',
  'MultiSelectPicklist',
  'State',
  'Status',
  'DateTime',
  'Lookup',
  'Customer',
  'Owner',
  'PartyList',
  'EntityName',
  'Uniqueidentifier',
  'Virtual',
  'File',
  'Image',
])
const levels: readonly RequiredLevel[] = ['None', 'SystemRequired', 'ApplicationRequired', 'Recommended']

/** A column as its AttributeMetadata tells it, whole or slimmed. */
export function columnFromDefinition(attribute: JsonObject, scope: DefinitionScope): ColumnDraft {
  const name = textOf(attribute, 'LogicalName')
  if (name === undefined) throw new RangeError(`a column of ${scope.table} has no LogicalName`)
  const type = typeOf(attribute, `${scope.table}.${name}`)
  const draft = typed(
    type,
    textOf(attribute, 'SchemaName') ?? name,
    attribute,
    scope,
    commonFacts(attribute, name, scope),
  )
  const metadataId = textOf(attribute, 'MetadataId')?.toLowerCase()
  const columnNumber = numberOf(attribute, 'ColumnNumber')
  return {
    ...draft,
    logicalName: name,
    ...(metadataId === undefined ? {} : { metadataId }),
    ...(columnNumber === undefined ? {} : { columnNumber }),
  }
}

function typeOf(attribute: JsonObject, where: string): string {
  const named = innerValueOf(attribute, 'AttributeTypeName') ?? textOf(attribute, 'AttributeTypeName')
  const fromName = typeof named === 'string' ? named.replace(/Type$/, '') : undefined
  const cast = /\.(?:Complex)?(\w+)AttributeMetadata$/.exec(textOf(attribute, '@odata.type') ?? '')?.[1]
  const code = textOf(attribute, 'AttributeType')
  // A slim document may have but one of the three; MultiSelectPicklist, File and Image are "Virtual" by code.
  const found = fromName ?? (code === undefined || code === 'Virtual' ? cast : code) ?? code
  if (found === undefined) throw new RangeError(`${where} has no AttributeType`)
  if (found === 'ManagedProperty' || found === 'CalendarRules') return found
  if (!types.has(found)) throw new RangeError(`${where} is of type ${found}, which is unknown`)
  return found
}

function commonFacts(attribute: JsonObject, name: string, scope: DefinitionScope): ColumnOptions {
  const level = innerValueOf(attribute, 'RequiredLevel')
  const attributeOf = textOf(attribute, 'AttributeOf') ?? null
  const odata = scope.tellsOData ? booleanOf(attribute, 'IsValidODataAttribute') : undefined
  // What an activity type inherits from activitypointer is said to be no OData attribute of it, and is in its rows.
  const isInherited = odata === false && scope.isActivity && attributeOf === null && inheritedActivityColumns.has(name)
  const formula = formulaOf(scope.table, name)
  const optionSetId = textOf(optionSetOf(attribute) ?? {}, 'MetadataId')?.toLowerCase()
  const sourceType = numberOf(attribute, 'SourceType')
  return {
    displayName: labelOf(attribute, 'DisplayName') ?? '',
    description: labelOf(attribute, 'Description') ?? '',
    required: levels.find((one) => one === level) ?? 'None',
    validForCreate: booleanOf(attribute, 'IsValidForCreate') ?? attributeOf === null,
    validForUpdate: booleanOf(attribute, 'IsValidForUpdate') ?? attributeOf === null,
    validForRead: booleanOf(attribute, 'IsValidForRead') ?? true,
    attributeOf,
    isLogical: booleanOf(attribute, 'IsLogical') ?? false,
    isCustom: booleanOf(attribute, 'IsCustomAttribute') ?? false,
    // An address id within another table says of itself that it is a primary id.
    isPrimaryId: name === scope.primaryId,
    isPrimaryName: name === scope.primaryName,
    sourceType: sourceType === 1 || sourceType === 2 ? sourceType : 0,
    facts: columnFacts(attribute, isInherited),
    ...(booleanOf(attribute, 'IsSecured') === true ? { isSecured: true } : {}),
    ...(odata === undefined ? {} : { odata: odata || isInherited }),
    ...(optionSetId === undefined ? {} : { optionSetId }),
    ...(formula === undefined ? {} : { formula }),
  }
}

function typed(
  type: string,
  schemaName: string,
  attribute: JsonObject,
  scope: DefinitionScope,
  facts: ColumnOptions,
): ColumnDraft {
  const set = optionSetOf(attribute)
  const shared = booleanOf(set ?? {}, 'IsGlobal') === true ? textOf(set ?? {}, 'Name') : undefined
  const globalChoice = shared === undefined ? {} : { globalChoice: shared }
  const limits = limitsOf(attribute)
  switch (type) {
    case 'String':
      return text(schemaName, {
        ...facts,
        maxLength: numberOf(attribute, 'MaxLength') ?? 4000,
        ...textFormat(attribute),
      })
    case 'Memo':
      return memo(schemaName, { ...facts, maxLength: numberOf(attribute, 'MaxLength') ?? 1_048_576 })
    case 'Integer':
      return integer(schemaName, { ...facts, ...limits, ...integerFormat(attribute) })
    case 'BigInt':
      return bigInt(schemaName, facts)
    case 'Decimal':
      return decimal(schemaName, { ...facts, ...limits, precision: numberOf(attribute, 'Precision') ?? 10 })
    case 'Double':
      return double(schemaName, {
        min: -100_000_000_000,
        max: 100_000_000_000,
        ...facts,
        ...limits,
        precision: numberOf(attribute, 'Precision') ?? 5,
      })
    case 'Money':
      return moneyColumn(schemaName, attribute, { ...facts, ...limits })
    case 'Boolean':
      return yesNo(schemaName, {
        ...facts,
        defaultValue: booleanOf(attribute, 'DefaultValue') ?? false,
        trueLabel: yesNoLabel(set, 'TrueOption') ?? 'Yes',
        falseLabel: yesNoLabel(set, 'FalseOption') ?? 'No',
      })
    case 'Picklist': {
      const defaultValue = numberOf(attribute, 'DefaultFormValue') ?? -1
      return choice(schemaName, optionsFrom(set), {
        ...facts,
        ...globalChoice,
        ...(defaultValue === -1 ? {} : { defaultValue }),
      })
    }
    case 'MultiSelectPicklist':
      return choices(schemaName, optionsFrom(set), { ...facts, ...globalChoice })
    case 'State':
    case 'Status':
      return stateColumn(type, schemaName, set, scope, facts)
    case 'DateTime':
      return dateTime(schemaName, { ...facts, ...dateFormat(attribute) })
    case 'Lookup':
    case 'Customer':
    case 'Owner':
      return { ...lookup(schemaName, [], { ...facts, type }), targets: targetsOf(attribute, type) }
    case 'PartyList':
      return { ...virtual(schemaName, facts), type: 'PartyList', targets: targetsOf(attribute, type) }
    case 'Uniqueidentifier':
      return uniqueidentifier(schemaName, facts)
    case 'EntityName':
      return entityName(schemaName, facts)
    case 'File':
      return file(schemaName, { ...facts, maxSizeKb: numberOf(attribute, 'MaxSizeInKB') ?? 32_768 })
    case 'Image':
      return image(schemaName, {
        ...facts,
        maxSizeKb: numberOf(attribute, 'MaxSizeInKB') ?? 10_240,
        isPrimaryImage: booleanOf(attribute, 'IsPrimaryImage') ?? false,
      })
    case 'ManagedProperty':
      return { ...virtual(schemaName, facts), type: 'Virtual', edmType: 'mscrm.BooleanManagedProperty' }
    default:
      return virtual(schemaName, facts)
  }
}

function stateColumn(
  type: 'State' | 'Status',
  schemaName: string,
  set: JsonObject | undefined,
  scope: DefinitionScope,
  facts: ColumnOptions,
): ColumnDraft {
  const usual = statesOf(scope.table, scope.isActivity).find((one) => one.type === type)
  if (usual === undefined || (usual.type !== 'State' && usual.type !== 'Status')) return integer(schemaName, facts)
  const given = optionsFrom(set)
  return { ...usual, ...facts, schemaName, options: given.length > 0 ? given : usual.options }
}

function moneyColumn(schemaName: string, attribute: JsonObject, facts: ColumnOptions): ColumnDraft {
  const name = schemaName.toLowerCase()
  const source = textOf(attribute, 'CalculationOf') ?? (name.endsWith('_base') ? name.slice(0, -5) : undefined)
  const precisionSource = numberOf(attribute, 'PrecisionSource')
  const draft = money(schemaName, {
    ...facts,
    precision: numberOf(attribute, 'Precision') ?? 4,
    ...(precisionSource === 0 || precisionSource === 1 ? { precisionSource } : {}),
  })
  const isBase = booleanOf(attribute, 'IsBaseCurrency') === true || name.endsWith('_base')
  return draft.type === 'Money' && isBase && source !== undefined ? { ...draft, baseOf: source } : draft
}

function limitsOf(attribute: JsonObject): { min?: number; max?: number } {
  const min = numberOf(attribute, 'MinValue')
  const max = numberOf(attribute, 'MaxValue')
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
}

const textFormats = [
  'Text',
  'Email',
  'Phone',
  'Url',
  'TextArea',
  'TickerSymbol',
  'PhoneticGuide',
  'VersionNumber',
] as const
const integerFormats = ['None', 'Duration', 'TimeZone', 'Language', 'Locale'] as const

function textFormat(attribute: JsonObject): { format?: (typeof textFormats)[number] } {
  const named = innerValueOf(attribute, 'FormatName') ?? textOf(attribute, 'Format')
  const format = textFormats.find((one) => one === named)
  return format === undefined ? {} : { format }
}

function integerFormat(attribute: JsonObject): { format?: (typeof integerFormats)[number] } {
  const format = integerFormats.find((one) => one === textOf(attribute, 'Format'))
  return format === undefined ? {} : { format }
}

function dateFormat(attribute: JsonObject): NonNullable<Parameters<typeof dateTime>[1]> {
  const behavior = (['UserLocal', 'DateOnly', 'TimeZoneIndependent'] as const).find(
    (one) => one === innerValueOf(attribute, 'DateTimeBehavior'),
  )
  const format = textOf(attribute, 'Format') === 'DateOnly' ? 'DateOnly' : 'DateAndTime'
  return { format, ...(behavior === undefined ? {} : { behavior }) }
}

function targetsOf(attribute: JsonObject, type: string): readonly string[] {
  if (type === 'Owner') return ['systemuser', 'team']
  const targets = attribute['Targets']
  const given = Array.isArray(targets) ? targets.filter((one) => typeof one === 'string') : []
  return given.length === 0 && type === 'Customer' ? ['account', 'contact'] : given
}
