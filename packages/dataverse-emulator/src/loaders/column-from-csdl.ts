import {
  bigInt,
  dateTime,
  decimal,
  double,
  file,
  image,
  integer,
  memo,
  money,
  readOnly,
  text,
  uniqueidentifier,
  virtual,
  yesNo,
} from '../schema.ts'
import type { ColumnDraft, ColumnOptions } from '../schema.ts'
import type { CsdlProperty } from './read-csdl.ts'
import { formulaOf, memoColumns, serverColumns, statesOf } from './well-known.ts'

/** The table whose properties are read, and what is known of them all. */
export interface PropertyScope {
  readonly table: string
  readonly isActivity: boolean
  readonly primaryId: string
  readonly primaryName: string | null
  readonly names: ReadonlySet<string>
  readonly isCustom: (column: string) => boolean
}

const LARGEST_MEMO = 1_048_576
const LARGEST_TEXT = 4000
const WIDE = { min: -100_000_000_000, max: 100_000_000_000 }

/** A column as far as its property tells: the type by Edm type and well-known names, limits as wide as they go. */
export function columnFromCsdl({ name, type, annotations }: CsdlProperty, scope: PropertyScope): ColumnDraft {
  const { names, table } = scope
  const description = annotations.get('Description')
  const formula = formulaOf(table, name)
  const isPrimaryId = name === scope.primaryId
  const computed = serverColumns.has(name) || annotations.get('Computed') === 'true' || annotations.has('Permissions')
  const facts = {
    isCustom: scope.isCustom(name),
    isPrimaryId,
    isPrimaryName: name === scope.primaryName,
    odata: true,
    ...(typeof description === 'string' ? { description } : {}),
    ...(isPrimaryId ? { validForUpdate: false, required: 'SystemRequired' as const } : {}),
    ...(computed ? readOnly : {}),
    ...(annotations.get('Immutable') === 'true' ? { validForUpdate: false } : {}),
    ...(formula === undefined ? {} : { formula, ...readOnly }),
  }
  switch (type) {
    case 'Edm.Guid':
      return uniqueidentifier(name, facts)
    case 'Edm.Boolean':
      return yesNo(name, facts)
    case 'Edm.Int32':
      return integerColumn(name, facts, scope)
    case 'Edm.Int64':
      return bigInt(name, imagePart(name, '_timestamp', names) ? { ...facts, ...readOnly } : facts)
    case 'Edm.Double':
      return double(name, { ...facts, ...WIDE })
    case 'Edm.Decimal':
      return decimalColumn(name, facts, names)
    case 'Edm.DateTimeOffset':
      return dateTime(name, facts)
    case 'Edm.Date':
      return dateTime(name, { ...facts, behavior: 'DateOnly' })
    case 'Edm.Binary':
      return names.has(`${name}_timestamp`) || names.has(`${name}_url`)
        ? image(name, { ...facts, isPrimaryImage: name === 'entityimage' })
        : file(name, facts)
    case 'Edm.String':
      return textColumn(name, facts, names)
    default:
      return { ...virtual(name, facts), type: 'Virtual', edmType: type }
  }
}

type Facts = ColumnOptions

function integerColumn(name: string, facts: Facts, scope: PropertyScope): ColumnDraft {
  if (name !== 'statecode' && name !== 'statuscode') return integer(name, facts)
  const found = statesOf(scope.table, scope.isActivity).find((one) => one.logicalName === name)
  return found === undefined || !scope.names.has('statecode') ? integer(name, facts) : { ...found, odata: true }
}

function decimalColumn(name: string, facts: Facts, names: ReadonlySet<string>): ColumnDraft {
  const source = name.endsWith('_base') ? name.slice(0, -'_base'.length) : undefined
  const hasCurrency = names.has('_transactioncurrencyid_value')
  if (hasCurrency && source !== undefined && names.has(source)) {
    const twin = money(name, { ...facts, ...readOnly })
    return twin.type === 'Money' ? { ...twin, baseOf: source } : twin
  }
  if (hasCurrency && names.has(`${name}_base`)) return money(name, facts)
  return decimal(name, { ...facts, ...WIDE, precision: name === 'exchangerate' ? 12 : 10 })
}

function textColumn(name: string, facts: Facts, names: ReadonlySet<string>): ColumnDraft {
  if (imagePart(name, '_url', names)) return text(name, { ...facts, ...readOnly, maxLength: 200 })
  if (memoColumns.has(name) || /(?:composite|xml|json)$/.test(name)) {
    return memo(name, { ...facts, maxLength: LARGEST_MEMO, ...(name.endsWith('composite') ? readOnly : {}) })
  }
  return text(name, { ...facts, maxLength: LARGEST_TEXT })
}

function imagePart(name: string, ending: string, names: ReadonlySet<string>): boolean {
  const stem = name.slice(0, -ending.length)
  return name.endsWith(ending) && names.has(stem) && names.has(`${stem}id`)
}
