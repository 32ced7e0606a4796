import type { ColumnMetadata, ColumnOption, ColumnType, Json } from '@outpost/core'
import { jsonObject, type JsonObject, jsonObjects } from './json.ts'

/** A column from its `AttributeMetadata`; undefined for what has no name or no place in a row. */
export function columnMetadata(attribute: JsonObject): ColumnMetadata | undefined {
  const name = attribute['LogicalName']
  if (typeof name !== 'string') return undefined
  const wireType = typeNameOf(attribute)
  const type = TYPES[wireType] ?? 'other'
  const behavior = jsonObject(attribute['DateTimeBehavior'])?.['Value']
  const isDate = type === 'datetime' && behavior === 'DateOnly'
  return {
    name,
    label: labelOf(attribute['DisplayName']) ?? name,
    type: isDate ? 'date' : type,
    required: jsonObject(attribute['RequiredLevel'])?.['Value'] === 'SystemRequired',
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
