import type {
  BooleanColumn,
  CascadeBehavior,
  CascadeConfiguration,
  ChoiceOption,
  ColumnFacts,
  DateTimeBehavior,
  ImageColumn,
  IntegerColumn,
  LookupColumn,
  MoneyColumn,
  StringColumn,
} from './definitions.ts'
import type { ColumnDraft, LookupDraft, LookupTarget } from './drafts.ts'

type Facts = Omit<ColumnFacts, 'metadataId' | 'columnNumber'>

/** What any builder accepts besides its own options. The first argument of a builder is the schema name. */
export type ColumnOptions = Partial<Omit<Facts, 'logicalName' | 'schemaName'>>

type With<T> = ColumnOptions & Partial<T>

/** Options that make a column server-computed and read-only. */
export const readOnly = { validForCreate: false, validForUpdate: false } as const

export function text(name: string, options: With<Pick<StringColumn, 'maxLength' | 'format'>> = {}): ColumnDraft {
  return {
    ...facts(name, options),
    type: 'String',
    maxLength: options.maxLength ?? 100,
    format: options.format ?? 'Text',
  }
}

export function memo(name: string, options: With<{ maxLength: number }> = {}): ColumnDraft {
  return { ...facts(name, options), type: 'Memo', maxLength: options.maxLength ?? 2000 }
}

export function integer(name: string, options: With<Pick<IntegerColumn, 'min' | 'max' | 'format'>> = {}): ColumnDraft {
  const { min = -2147483648, max = 2147483647, format = 'None' } = options
  return { ...facts(name, options), type: 'Integer', min, max, format }
}

export function bigInt(name: string, options: ColumnOptions = {}): ColumnDraft {
  return { ...facts(name, options), type: 'BigInt' }
}

type NumberLimits = { min: number; max: number; precision: number }

export function decimal(name: string, options: With<NumberLimits> = {}): ColumnDraft {
  const { min = -100000000000, max = 100000000000, precision = 2 } = options
  return { ...facts(name, options), type: 'Decimal', min, max, precision }
}

export function double(name: string, options: With<NumberLimits> = {}): ColumnDraft {
  const { min = 0, max = 1000000000, precision = 5 } = options
  return { ...facts(name, options), type: 'Double', min, max, precision }
}

/** A Money column. Defining a table adds its `_base` twin, `transactioncurrencyid` and `exchangerate`. */
export function money(
  name: string,
  options: With<NumberLimits & Pick<MoneyColumn, 'precisionSource'>> = {},
): ColumnDraft {
  const { min = -922337203685477, max = 922337203685477, precision = 4, precisionSource = 2 } = options
  return { ...facts(name, options), type: 'Money', min, max, precision, precisionSource, baseOf: null }
}

export function yesNo(
  name: string,
  options: With<Pick<BooleanColumn, 'defaultValue' | 'trueLabel' | 'falseLabel'>> = {},
): ColumnDraft {
  const { defaultValue = false, trueLabel = 'Yes', falseLabel = 'No' } = options
  return { ...facts(name, options), type: 'Boolean', defaultValue, trueLabel, falseLabel }
}

type Labels = Readonly<Record<number, string>> | readonly ChoiceOption[]
type ChoiceOptions = With<{ globalChoice: string; defaultValue: number }>

/** A choice column. With `globalChoice` the options come from the schema's choice of that name. */
export function choice(name: string, labels: Labels, options: ChoiceOptions = {}): ColumnDraft {
  return {
    ...facts(name, options),
    type: 'Picklist',
    options: optionsFrom(labels),
    globalChoice: options.globalChoice ?? null,
    defaultValue: options.defaultValue ?? null,
  }
}

export function choices(name: string, labels: Labels, options: With<{ globalChoice: string }> = {}): ColumnDraft {
  return {
    ...facts(name, options),
    type: 'MultiSelectPicklist',
    options: optionsFrom(labels),
    globalChoice: options.globalChoice ?? null,
  }
}

/** `{ 1: 'Red' }` as options, in ascending order. */
function optionsFrom(labels: Labels): readonly ChoiceOption[] {
  if (isOptions(labels)) return labels
  return Object.entries(labels).map(([value, label]) => ({ value: Number(value), label }))
}

/** `statecode` and `statuscode`; the first status listed for a state is its default. */
export function stateAndStatus(
  states: Readonly<Record<number, { label: string; statuses: Readonly<Record<number, string>> }>>,
): readonly ColumnDraft[] {
  const stateOptions: ChoiceOption[] = []
  const statusOptions: ChoiceOption[] = []
  for (const [value, { label, statuses }] of Object.entries(states)) {
    const state = Number(value)
    const reasons = Object.entries(statuses).map(([reason, text]) => ({ value: Number(reason), label: text, state }))
    const defaultStatus = reasons[0]?.value
    if (defaultStatus === undefined) throw new RangeError(`state ${value} has no status`)
    stateOptions.push({ value: state, label, defaultStatus, invariantName: label })
    statusOptions.push(...reasons)
  }
  return [
    {
      ...facts('StateCode', { displayName: 'Status', required: 'SystemRequired', validForCreate: false }),
      type: 'State',
      options: stateOptions,
    },
    { ...facts('StatusCode', { displayName: 'Status Reason' }), type: 'Status', options: statusOptions },
  ]
}

export function dateTime(
  name: string,
  options: With<{ behavior: DateTimeBehavior; format: 'DateOnly' | 'DateAndTime' }> = {},
): ColumnDraft {
  const { behavior = 'UserLocal', format = behavior === 'DateOnly' ? 'DateOnly' : 'DateAndTime' } = options
  return { ...facts(name, options), type: 'DateTime', behavior, format }
}

export function uniqueidentifier(name: string, options: ColumnOptions = {}): ColumnDraft {
  return { ...facts(name, options), type: 'Uniqueidentifier' }
}

export function entityName(name: string, options: ColumnOptions = {}): ColumnDraft {
  return { ...facts(name, options), type: 'EntityName' }
}

export function virtual(name: string, options: ColumnOptions = {}): ColumnDraft {
  return { ...facts(name, options), type: 'Virtual' }
}

export function file(name: string, options: With<{ maxSizeKb: number }> = {}): ColumnDraft {
  return { ...facts(name, options), type: 'File', maxSizeKb: options.maxSizeKb ?? 32768 }
}

export function image(
  name: string,
  options: With<Pick<ImageColumn, 'maxSizeKb' | 'isPrimaryImage' | 'canStoreFullImage'>> = {},
): ColumnDraft {
  const { maxSizeKb = 10240, isPrimaryImage = true, canStoreFullImage = true } = options
  return { ...facts(name, options), type: 'Image', maxSizeKb, isPrimaryImage, canStoreFullImage }
}

/** Referential: deleting the referenced row clears the lookup. */
export const removeLink: CascadeConfiguration = cascade('NoCascade', 'RemoveLink')
/** Referential, restrict delete: the referenced row cannot be deleted while it is looked up. */
export const restrict: CascadeConfiguration = cascade('NoCascade', 'Restrict')
/** No action at all, as for `createdby`. */
export const noCascade: CascadeConfiguration = cascade('NoCascade', 'NoCascade')
/** Parental: everything done to the referenced row is done to the referencing ones. */
export const parental: CascadeConfiguration = { ...cascade('Cascade', 'Cascade'), rollupView: 'NoCascade' }

function cascade(all: CascadeBehavior, onDelete: CascadeBehavior): CascadeConfiguration {
  return { assign: all, delete: onDelete, merge: all, reparent: all, share: all, unshare: all, rollupView: 'NoCascade' }
}

/** Where a lookup leads; names left out follow the platform's habits (see `lookup`). */
export interface TargetOptions {
  readonly table: string
  readonly relationship: string
  readonly navigation?: string
  readonly collection?: string
  readonly cascade?: CascadeConfiguration
  readonly isHierarchical?: boolean
}

type LookupOptions = ColumnOptions & { readonly type?: LookupColumn['type'] }

/**
 * A lookup column. With one target the navigation property is the logical name for a system column and the schema
 * name for a custom one; with several it is `<that>_<target>`. The collection on the other side is named after the
 * relationship.
 */
export function lookup(
  name: string,
  to: TargetOptions | readonly TargetOptions[],
  options: LookupOptions = {},
): LookupDraft {
  const targets: readonly TargetOptions[] = 'table' in to ? [to] : to
  const made = facts(name, options)
  const stem = made.isCustom ? made.schemaName : made.logicalName
  const relationships = targets.map((target): LookupTarget => ({
    table: target.table,
    relationship: target.relationship,
    navigation: target.navigation ?? (targets.length === 1 ? stem : `${stem}_${target.table}`),
    collection: target.collection ?? target.relationship,
    cascade: target.cascade ?? removeLink,
    isHierarchical: target.isHierarchical ?? false,
  }))
  const type = options.type ?? 'Lookup'
  // `ownerid` has one relationship, to the abstract `owner`, and takes users and teams under one name.
  const tables = type === 'Owner' ? ['systemuser', 'team'] : targets.map((target) => target.table)
  return { ...made, type, targets: tables, relationships }
}

/** A lookup to an account or a contact (`customerid`). */
export function customer(name: string, to: readonly TargetOptions[], options: ColumnOptions = {}): LookupDraft {
  return lookup(name, to, { ...options, type: 'Customer' })
}

/** `AccountNumber` and `new_AccountNumber` as `Account Number`. */
export function displayNameFrom(schemaName: string): string {
  const words = schemaName.replace(/^[a-z]+_/, '').replace(/([a-z0-9])([A-Z])/g, '$1 $2')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function facts(name: string, options: ColumnOptions): Facts {
  const { formula } = options
  const computed = formula !== undefined
  return {
    logicalName: name.toLowerCase(),
    schemaName: name,
    displayName: options.displayName ?? displayNameFrom(name),
    description: options.description ?? '',
    required: options.required ?? 'None',
    validForCreate: options.validForCreate ?? !computed,
    validForUpdate: options.validForUpdate ?? !computed,
    validForRead: options.validForRead ?? true,
    attributeOf: options.attributeOf ?? null,
    isLogical: options.isLogical ?? false,
    isCustom: options.isCustom ?? /^[a-z]+_/.test(name),
    isPrimaryId: options.isPrimaryId ?? false,
    isPrimaryName: options.isPrimaryName ?? false,
    sourceType: options.sourceType ?? 0,
    ...(formula === undefined ? {} : { formula }),
    ...(options.odata === undefined ? {} : { odata: options.odata }),
    ...(options.optionSetId === undefined ? {} : { optionSetId: options.optionSetId }),
    ...(options.facts === undefined ? {} : { facts: options.facts }),
  }
}

function isOptions(labels: Labels): labels is readonly ChoiceOption[] {
  return Array.isArray(labels)
}
