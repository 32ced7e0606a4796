import {
  bigInt,
  choice,
  choices,
  dateTime,
  decimal,
  double,
  file,
  image,
  integer,
  lookup,
  memo,
  money,
  noCascade,
  readOnly,
  removeLink,
  text,
  uniqueidentifier,
  yesNo,
} from '../schema.ts'
import type { ColumnDraft, ColumnOptions, ManyToManyDraft, OneToManyDraft, SchemaDraft, TableDraft } from '../schema.ts'
import { objectOf, objectsOf, textOf } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'
import { formulaOf, memoColumns, objectTypeCodes, serverColumns, statesOf } from './well-known.ts'

/** Whether a JSON document is the index of a folder of rows. */
export function isRowsIndex(json: unknown): boolean {
  return objectOf(objectOf(json)?.['entities']) !== undefined
}

/**
 * The schema that the index of a folder of rows tells: each table's primary key and columns by kind (`string`,
 * `lookup:contact`, `optionsetvalue`…), and N:N relationships that have links. It completes other documents.
 */
export function schemaFromIndex(json: unknown): SchemaDraft {
  const index = objectOf(json) ?? {}
  const oneToMany: OneToManyDraft[] = []
  const tables = Object.entries(objectOf(index['entities']) ?? {}).map(([name, value], position) => {
    const entity = objectOf(value) ?? {}
    return tableFrom(name, entity, position, oneToMany)
  })
  const known = new Set(tables.map((table) => table.schemaName))
  const links = new Map<string, ManyToManyDraft>()
  for (const link of objectsOf(index['m2m'])) {
    const draft = manyToManyFrom(link, links.size)
    if (draft !== undefined && known.has(draft.table1) && known.has(draft.table2)) links.set(draft.schemaName, draft)
  }
  return { tables, oneToMany, manyToMany: [...links.values()] }
}

function tableFrom(name: string, entity: JsonObject, position: number, oneToMany: OneToManyDraft[]): TableDraft {
  const fields = objectOf(entity['fields']) ?? {}
  const primaryId = textOf(entity, 'primaryKey') ?? `${name}id`
  const primaryName = textOf(entity, 'primaryName')
  const kinds = new Map(Object.entries(fields).map(([column, kind]) => [column, typeof kind === 'string' ? kind : '']))
  if (!kinds.has(primaryId)) kinds.set(primaryId, 'guid')
  const columns = [...kinds].map(([column, kind]): ColumnDraft => {
    const isPrimaryId = column === primaryId
    const formula = formulaOf(name, column)
    const options: ColumnOptions = {
      isCustom: /^[a-z]+_/.test(column) && /^[a-z]+_/.test(name) ? true : isPrefixed(column),
      isPrimaryId,
      isPrimaryName: column === primaryName,
      odata: true,
      ...(isPrimaryId ? { validForUpdate: false } : {}),
      ...(serverColumns.has(column) ? readOnly : {}),
      ...(formula === undefined ? {} : { formula, ...readOnly }),
    }
    if (/^(?:lookup|owner|customer)/.test(kind)) {
      const targets = targetsOf(kind)
      oneToMany.push(...relationshipsOf(name, column, targets))
      const type = targets.includes('owner') ? 'Owner' : kind.startsWith('customer') ? 'Customer' : 'Lookup'
      const tables = targets.includes('owner') ? ['systemuser', 'team'] : targets
      return { ...lookup(column, [], { ...options, type }), targets: tables }
    }
    return columnFrom(name, column, kind, options, kinds)
  })
  return {
    schemaName: name,
    entitySetName: pluralOf(name),
    objectTypeCode: objectTypeCodes[name] ?? 30_000 + position,
    displayName: name,
    primaryId,
    primaryName: primaryName !== undefined && kinds.has(primaryName) ? primaryName : null,
    primaryImage: kinds.has('entityimage') ? 'entityimage' : null,
    ownership: kinds.has('ownerid') ? 'UserOwned' : kinds.has('organizationid') ? 'OrganizationOwned' : 'None',
    isActivity: kinds.has('activityid') && primaryId === 'activityid' && name !== 'activitypointer',
    isCustom: isPrefixed(name),
    columns,
    exact: true,
  }
}

function columnFrom(
  table: string,
  name: string,
  kind: string,
  options: ColumnOptions,
  kinds: ReadonlyMap<string, string>,
): ColumnDraft {
  switch (kind) {
    case 'guid':
      return uniqueidentifier(name, options)
    case 'string':
      return memoColumns.has(name) || name.endsWith('composite')
        ? memo(name, { ...options, maxLength: 1_048_576 })
        : text(name, { ...options, maxLength: 4000 })
    case 'number':
      return integer(name, options)
    case 'bigint':
      return bigInt(name, options)
    case 'float':
      return double(name, { ...options, min: -100_000_000_000, max: 100_000_000_000 })
    case 'decimal':
      return decimal(name, { ...options, precision: name === 'exchangerate' ? 12 : 10 })
    case 'money': {
      const draft = money(name, options)
      const source = name.endsWith('_base') ? name.slice(0, -'_base'.length) : ''
      return draft.type === 'Money' && kinds.has(source) ? { ...draft, ...readOnly, baseOf: source } : draft
    }
    case 'bool':
      return yesNo(name, options)
    case 'datetime':
      return dateTime(name, options)
    case 'date':
      return dateTime(name, { ...options, behavior: 'DateOnly' })
    case 'optionsetvalue':
      return choice(name, [], options)
    case 'optionsetvaluecollection':
      return choices(name, [], options)
    case 'state':
    case 'status': {
      const found = statesOf(table, false).find((one) => one.logicalName === name)
      return found === undefined ? integer(name, options) : { ...found, odata: true }
    }
    case 'imagedata':
      return image(name, { ...options, isPrimaryImage: name === 'entityimage' })
    case 'filedata':
    case 'file':
      return file(name, options)
    default:
      throw new RangeError(`${table}.${name} is of kind '${kind}', which is unknown`)
  }
}

function targetsOf(kind: string): readonly string[] {
  const named = kind.slice(kind.indexOf(':') + 1)
  if (kind.startsWith('owner')) return ['owner']
  return kind.includes(':') ? named.split('|') : kind.startsWith('customer') ? ['account', 'contact'] : []
}

function* relationshipsOf(table: string, column: string, targets: readonly string[]): Generator<OneToManyDraft> {
  for (const target of targets) {
    const schemaName = `${table}_${column}_${target}`
    yield {
      kind: 'OneToMany',
      schemaName,
      isCustom: isPrefixed(column),
      isHierarchical: false,
      referencedTable: target,
      referencedColumn: `${target}id`,
      referencingTable: table,
      referencingColumn: column,
      referencingNavigation: targets.length === 1 ? column : `${column}_${target}`,
      referencedNavigation: schemaName,
      cascade: serverColumns.has(column) || target === 'owner' ? noCascade : removeLink,
    }
  }
}

function manyToManyFrom(link: JsonObject, position: number): ManyToManyDraft | undefined {
  const schemaName = textOf(link, 'relationship')
  const table1 = textOf(link, 'source')
  const table2 = textOf(link, 'target')
  if (schemaName === undefined || table1 === undefined || table2 === undefined) return undefined
  const intersectTable = schemaName.toLowerCase()
  return {
    schemaName,
    intersectTable,
    intersectSet: `${intersectTable}set`,
    objectTypeCode: 40_000 + position,
    table1,
    navigation1: schemaName,
    table2,
    navigation2: table1 === table2 ? `${schemaName}_referenced` : schemaName,
    isCustom: isPrefixed(schemaName),
  }
}

// Digits in front of the underscore are the platform's own: `address1_city`; so are a few words.
function isPrefixed(name: string): boolean {
  return /^[a-z]{3,8}_/.test(name) && !/_(?:base|date|state|name|url|timestamp|binary)$/.test(name)
}

function pluralOf(name: string): string {
  if (/(?:s|x|z|ch|sh)$/.test(name)) return `${name}es`
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`
}
