import type { ColumnMetadata, ColumnOption, ColumnType, Json } from '@outpost/core'
import { jsonObject, type JsonObject, jsonObjects } from './json.ts'
import { markOf } from './table-parts.ts'

/** A column from its `AttributeMetadata`; undefined for what has no name or no place in a row. */
export function columnMetadata(attribute: JsonObject): ColumnMetadata | undefined {
  const name = attribute['LogicalName']
  if (typeof name !== 'string') return undefined
  const wireType = typeNameOf(attribute)
  const type = TYPES[wireType] ?? 'other'
  const behavior = jsonObject(attribute['DateTimeBehavior'])?.['Value']
  const isDate = type === 'datetime' && behavior === 'DateOnly'
  const id = attribute['MetadataId']
  return {
    name,
    ...(typeof id === 'string' ? { mark: markOf(id) } : {}),
    label: labelOf(attribute['DisplayName']) ?? name,
    type: isDate ? 'date' : type,
    required: jsonObject(attribute['RequiredLevel'])?.['Value'] === 'SystemRequired',
    ...(mustBeGiven(isDate ? 'date' : type, attribute) ? { requiredOnCreate: true } : {}),
    creatable: attribute['IsValidForCreate'] === true,
    updatable: attribute['IsValidForUpdate'] === true,
    readable: attribute['IsValidForRead'] === true && isAbsent(attribute['AttributeOf']) && !UNSELECTABLE.has(wireType),
    ...(type === 'datetime' && !isDate ? { clock: behavior === 'TimeZoneIndependent' ? 'local' : 'utc' } : {}),
    ...limitsOf(type, attribute),
    ...(type === 'choice' || type === 'choices' || type === 'state' || type === 'status'
      ? { options: optionsOf(attribute['OptionSet']) }
      : {}),
    ...(type === 'lookup' ? { targets: targetsOf(attribute['Targets']) } : {}),
  }
}

/** The text of a `Label` in the user's language, else in the first it has. */
export function labelOf(label: Json | undefined): string | undefined {
  const object = jsonObject(label)
  const localized = object?.['LocalizedLabels']
  const first: Json | undefined = Array.isArray(localized) ? (localized as readonly Json[])[0] : undefined
  const text = (jsonObject(object?.['UserLocalizedLabel']) ?? jsonObject(first))?.['Label']
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** By `AttributeTypeName`, which tells apart what `AttributeType` lumps together as Virtual. */
const TYPES: Readonly<Record<string, ColumnType>> = {
  StringType: 'text',
  MemoType: 'memo',
  IntegerType: 'integer',
  BigIntType: 'bigint',
  DecimalType: 'decimal',
  DoubleType: 'double',
  MoneyType: 'money',
  BooleanType: 'boolean',
  PicklistType: 'choice',
  MultiSelectPicklistType: 'choices',
  StateType: 'state',
  StatusType: 'status',
  DateTimeType: 'datetime',
  LookupType: 'lookup',
  CustomerType: 'lookup',
  OwnerType: 'lookup',
  UniqueidentifierType: 'guid',
  FileType: 'file',
  ImageType: 'image',
  EntityNameType: 'other',
}

/** Kinds of column that are not properties of a row in the Web API. */
const UNSELECTABLE: ReadonlySet<string> = new Set([
  'VirtualType',
  'PartyListType',
  'CalendarRulesType',
  'ManagedPropertyType',
])

function typeNameOf(attribute: JsonObject): string {
  const name = jsonObject(attribute['AttributeTypeName'])?.['Value']
  const kind = attribute['AttributeType']
  return typeof name === 'string' ? name : `${typeof kind === 'string' ? kind : ''}Type`
}

/** Kinds of column that the master never fills by itself when a row is created without them. */
const LEFT_EMPTY: ReadonlySet<ColumnType> = new Set([
  'text',
  'memo',
  'decimal',
  'double',
  'money',
  'datetime',
  'date',
  'choice',
  'choices',
  'lookup',
])

/** Lookups to these are those of the caller or of the organisation where nothing else is said. */
const FILLED_TARGETS: ReadonlySet<string> = new Set([
  'systemuser',
  'team',
  'businessunit',
  'transactioncurrency',
  'organization',
])

/** Whether a create without the column is certainly refused: nothing numbers it, and it has no value of its own. */
function mustBeGiven(type: ColumnType, attribute: JsonObject): boolean {
  const required = jsonObject(attribute['RequiredLevel'])?.['Value'] === 'SystemRequired'
  if (!required || attribute['IsValidForCreate'] !== true || !LEFT_EMPTY.has(type)) return false
  const numbered = attribute['AutoNumberFormat']
  if (typeof numbered === 'string' && numbered !== '') return false
  // So are the numbers of quotes, orders and invoices, which have no format of their own: nobody may change them afterwards.
  if (type === 'text' && attribute['IsValidForUpdate'] !== true) return false
  const chosen = attribute['DefaultFormValue']
  if (type === 'choice' && typeof chosen === 'number' && chosen >= 0) return false
  return targetsOf(attribute['Targets']).every(({ table }) => !FILLED_TARGETS.has(table))
}

function limitsOf(type: ColumnType, attribute: JsonObject): Partial<ColumnMetadata> {
  const number = (property: string): number | undefined => {
    const value = attribute[property]
    return typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : undefined
  }
  switch (type) {
    case 'text':
    case 'memo':
      return defined({ maxLength: number('MaxLength') })
    case 'integer':
      return defined({ min: number('MinValue'), max: number('MaxValue') })
    case 'decimal':
    case 'double':
      return defined({ min: number('MinValue'), max: number('MaxValue'), precision: number('Precision') })
    case 'money':
      return defined({ min: number('MinValue'), max: number('MaxValue'), precision: moneyPrecision(attribute) })
    default:
      return {}
  }
}

/** The digits that most currencies keep. A column can leave them to the organisation or to each row's currency. */
const CURRENCY_PRECISION = 2

function moneyPrecision(attribute: JsonObject): number {
  const own = attribute['PrecisionSource'] === 0 ? attribute['Precision'] : undefined
  return typeof own === 'number' ? own : CURRENCY_PRECISION
}

function defined(limits: Readonly<Record<string, number | undefined>>): Partial<ColumnMetadata> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

function optionsOf(optionSet: Json | undefined): readonly ColumnOption[] {
  return jsonObjects(jsonObject(optionSet)?.['Options']).flatMap(({ Value: value, Label: label, State: state }) => {
    if (typeof value !== 'number') return []
    return { value, label: labelOf(label) ?? String(value), ...(typeof state === 'number' ? { state } : {}) }
  })
}

function targetsOf(targets: Json | undefined): readonly { readonly table: string }[] {
  if (!Array.isArray(targets)) return []
  return targets.flatMap((table: Json) => (typeof table === 'string' ? { table } : []))
}

function isAbsent(value: Json | undefined): boolean {
  return value === null || value === undefined
}
