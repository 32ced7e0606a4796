import type {
  Configuration,
  LocalColumn,
  LocalTable,
  RelatedConfiguration,
  ScopeConfiguration,
  TableConfiguration,
  TrackingConfiguration,
} from './configuration.ts'
import { OutpostError } from '../errors.ts'
import type { TableMetadata } from '../metadata.ts'

/** Takes a problem; the check goes on. */
export type Report = (problem: OutpostError) => void

type Shape = (value: unknown) => boolean
type Shapes<T> = { readonly [name in keyof Required<T>]: Shape }

const isText: Shape = (value) => typeof value === 'string'
const isFlag: Shape = (value) => typeof value === 'boolean'
const isNumber: Shape = (value) => typeof value === 'number' && Number.isFinite(value)
const isTexts: Shape = (value) => Array.isArray(value) && value.every(isText)
const isIndexes: Shape = (value) => Array.isArray(value) && value.every(isTexts)
const isRecordOf =
  (shape: Shape): Shape =>
  (value) =>
    isObject(value) && Object.values(value).every(shape)

/** An object with some of these parts and no others; `needed` must be there. */
function isPart<T>(shapes: Shapes<T>, needed: readonly (keyof T & string)[] = []): Shape {
  return (value) =>
    isObject(value) &&
    needed.every((name) => value[name] !== undefined) &&
    Object.entries(value).every(([name, part]) => hasShape(shapes, name, part))
}

function hasShape<T>(shapes: Shapes<T>, name: string, value: unknown): boolean {
  const shape = Object.hasOwn(shapes, name) ? (shapes as Readonly<Record<string, Shape>>)[name] : undefined
  return shape !== undefined && (value === undefined || shape(value))
}

const TRACKING: Shapes<TrackingConfiguration> = { deletes: isFlag, owners: isFlag, links: isFlag }

const RELATED: Shapes<RelatedConfiguration> = {
  direction: (value) => value === 'parents' || value === 'children',
  table: isText,
  lookup: isText,
}

const LOCAL_TYPES: ReadonlySet<unknown> = new Set<LocalColumn['type']>([
  'text',
  'memo',
  'integer',
  'bigint',
  'decimal',
  'double',
  'money',
  'boolean',
  'choice',
  'choices',
  'state',
  'status',
  'datetime',
  'date',
  'lookup',
  'guid',
])

const LOCAL_COLUMN: Shapes<LocalColumn> = {
  type: (value) => LOCAL_TYPES.has(value),
  label: isText,
  required: isFlag,
  maxLength: isNumber,
  min: isNumber,
  max: isNumber,
  precision: isNumber,
  options: (value) => Array.isArray(value) && value.every(isOption),
  targets: (value) => Array.isArray(value) && value.every((each) => isObject(each) && isText(each['table'])),
  clock: (value) => value === 'utc' || value === 'local',
}

function isOption(value: unknown): boolean {
  return isObject(value) && isNumber(value['value']) && isText(value['label'])
}

const isSide = isPart<{ table: string; column: string }>({ table: isText, column: isText }, ['table', 'column'])

const LOCAL_TABLE: Shapes<LocalTable> = {
  columns: isRecordOf(isPart(LOCAL_COLUMN, ['type'])),
  indexes: isIndexes,
  label: isText,
  primaryId: isText,
  primaryName: isText,
  link: isPart<NonNullable<LocalTable['link']>>({ relationship: isText, first: isSide, second: isSide }, [
    'relationship',
    'first',
    'second',
  ]),
}

const SCOPE: Shapes<ScopeConfiguration> = {
  tables: isTexts,
  direction: (value) => value === 'both' || value === 'down',
}

/** Dataverse takes 1,000 operations in one request; a transaction can have several. */
const LARGEST_BATCH = 500

/** What each option of a table may hold. A configuration can come from a file, where no compiler has looked at it. */
const TABLE: Shapes<TableConfiguration> = {
  columns: isTexts,
  syncFilter: isText,
  syncFetchXml: isText,
  related: (value) => Array.isArray(value) && value.every(isPart(RELATED, ['direction', 'table', 'lookup'])),
  uploadFilter: isText,
  syncDeletion: isFlag,
  tracking: isPart(TRACKING),
  changeTracking: isFlag,
  priority: Number.isInteger,
  batchSize: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LARGEST_BATCH,
  localColumns: isRecordOf(isPart(LOCAL_COLUMN, ['type'])),
  conflictPolicy: (value) => isText(value) || isPart<{ function: string }>({ function: isText }, ['function'])(value),
  conflictRules: isRecordOf(isText),
  onDeletedRow: isText,
  onUpdatedRow: isText,
  indexes: isIndexes,
}

const WHOLE: Shapes<Configuration> = {
  tables: isObject,
  localTables: isObject,
  mobileTracking: isText,
  scopes: isObject,
}

export function isSetting(name: string): boolean {
  return Object.hasOwn(WHOLE, name)
}

export function isTableOption(name: string): boolean {
  return Object.hasOwn(TABLE, name)
}

/**
 * Whether the whole can be looked at further: every part has its shape. Reports what has not, each with its table and the
 * option's name.
 */
export function checkShape(configuration: unknown, report: Report): configuration is Configuration {
  if (!isObject(configuration) || !isObject(configuration['tables'])) {
    report(wrong('configuration-shape', "an object with 'tables' is needed"))
    return false
  }
  let isWhole = true
  const fail = (problem: OutpostError): void => {
    isWhole = false
    report(problem)
  }
  for (const [name, value] of Object.entries(configuration)) {
    if (!Object.hasOwn(WHOLE, name)) fail(wrong('configuration-shape', `there is no setting '${name}'`))
    else if (!hasShape(WHOLE, name, value)) fail(wrong('configuration-shape', `'${name}' ${cannotBe(value)}`))
  }
  const { tables, localTables, scopes } = configuration
  checkEach(tables, TABLE, [], 'table', fail)
  checkEach(localTables, LOCAL_TABLE, ['columns'], 'local table', fail)
  checkEach(scopes, SCOPE, ['tables'], 'scope', fail)
  return isWhole
}

function checkEach<T>(
  given: unknown,
  shapes: Shapes<T>,
  needed: readonly string[],
  what: string,
  report: Report,
): void {
  if (!isObject(given)) return
  for (const [name, options] of Object.entries(given)) {
    const at = what === 'scope' ? {} : { table: name }
    const fail = (rule: string, message: string): void =>
      report(new OutpostError('invalid', `configuration of ${what} '${name}': ${message}`, { place: { ...at, rule } }))
    if (!isObject(options)) {
      fail('option-type', 'an object with its options is needed')
      continue
    }
    for (const option of needed) if (options[option] === undefined) fail('option-type', `it needs '${option}'`)
    for (const [option, value] of Object.entries(options)) {
      if (!Object.hasOwn(shapes, option)) fail('unknown-option', `there is no option '${option}'`)
      else if (!hasShape(shapes, option, value)) fail('option-type', `option '${option}' ${cannotBe(value)}`)
    }
  }
}

function cannotBe(value: unknown): string {
  return `cannot be ${inShort(value, 2)}`
}

const SHOWN = 5
const SHOWN_TEXT = 100

/** The value as JSON has it, shortened. It can be anything, as large as it likes and within itself. */
function inShort(value: unknown, depth: number): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > SHOWN_TEXT ? `${value.slice(0, SHOWN_TEXT)}…` : value)
  }
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  const isList = Array.isArray(value)
  const entries = Object.entries(value)
  const parts = entries.slice(0, depth === 0 ? 0 : SHOWN).map(([name, part]) => {
    const shown = inShort(part, depth - 1)
    return isList ? shown : `${inShort(name, 0)}:${shown}`
  })
  const inside = [...parts, ...(entries.length > parts.length ? ['…'] : [])].join(',')
  return isList ? `[${inside}]` : `{${inside}}`
}

function wrong(rule: string, message: string): OutpostError {
  return new OutpostError('invalid', `configuration: ${message}`, { place: { rule } })
}

/** What is wrong in the configuration of one table. */
export function wrongTable(
  { name }: Pick<TableMetadata, 'name'>,
  rule: string,
  message: string,
  column?: string,
  remedy?: string,
): OutpostError {
  return new OutpostError('invalid', `configuration of table '${name}': ${message}`, {
    place: { table: name, rule, ...(column === undefined ? {} : { column }) },
    ...(remedy === undefined ? {} : { remedy }),
  })
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
