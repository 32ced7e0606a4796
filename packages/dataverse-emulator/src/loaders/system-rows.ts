import { isLookupColumn, isStoredColumn, targetKey } from '../schema.ts'
import type { Schema, SeedOrganization, SeedRow, SeedUser, StoredValue, StoredValues } from '../schema.ts'

interface SystemScope {
  readonly schema: Schema
  readonly byTable: ReadonlyMap<string, readonly SeedRow[]>
  readonly rows: readonly SeedRow[]
  readonly organization: SeedOrganization
  readonly rootUnit: string
  readonly people: readonly SeedUser[]
}

/**
 * Rows that every organisation has and an export leaves out: the organisation, its currency and root business unit,
 * those who sign in, and whoever else the rows name as owner or author. Only tables and columns of the schema.
 */
export function* systemRows(scope: SystemScope): Generator<SeedRow> {
  const { organization, rootUnit, people } = scope
  const loaded = idsIn(scope)
  const made = function* (table: string, id: string, values: StoredValues): Generator<SeedRow> {
    const row = systemRow(scope.schema, table, id, values)
    if (row !== undefined && loaded.get(table)?.has(id) !== true) yield row
  }
  yield* made('organization', organization.id, {
    name: organization.friendlyName,
    basecurrencyid: organization.currencyId,
    languagecode: 1033,
    expirechangetrackingindays: 7,
    expiresubscriptionsindays: 90,
    maxuploadfilesize: 5_242_880,
    isauditenabled: false,
  })
  yield* made('transactioncurrency', organization.currencyId, {
    currencyname: 'US Dollar',
    isocurrencycode: 'USD',
    currencysymbol: '$',
    currencyprecision: 2,
    exchangerate: 1,
    organizationid: organization.id,
  })
  yield* made('businessunit', rootUnit, {
    name: organization.friendlyName,
    isdisabled: false,
    organizationid: organization.id,
  })
  const named = new Set<string>()
  for (const { id, name, objectId, businessUnitId } of people) {
    named.add(id)
    const space = name.lastIndexOf(' ')
    yield* made('systemuser', id, {
      ...userValues(businessUnitId, scope),
      firstname: name.slice(0, Math.max(space, 0)),
      lastname: name.slice(space + 1),
      fullname: name,
      domainname: `${name.replace(/\W+/g, '.').toLowerCase()}@outpost.example`,
      azureactivedirectoryobjectid: objectId,
    })
  }
  const strangers = strangersIn(scope)
  for (const id of strangers.systemuser) {
    if (named.has(id)) continue
    const lastname = `User ${id.slice(0, 8)}`
    const domainname = `${id.slice(0, 8)}@outpost.example`
    yield* made('systemuser', id, { ...userValues(rootUnit, scope), lastname, fullname: lastname, domainname })
  }
  for (const id of strangers.team) {
    yield* made('team', id, { name: `Team ${id.slice(0, 8)}`, teamtype: 0, businessunitid: rootUnit })
  }
  for (const id of strangers.businessunit) {
    if (id === rootUnit) continue
    const name = `Unit ${id.slice(0, 8)}`
    yield* made('businessunit', id, { name, parentbusinessunitid: rootUnit, isdisabled: false })
  }
  for (const id of strangers.transactioncurrency) {
    if (id === organization.currencyId) continue
    yield* made('transactioncurrency', id, { currencyname: id.slice(0, 8), currencyprecision: 2, exchangerate: 1 })
  }
}

function userValues(businessUnitId: string, { organization }: SystemScope): StoredValues {
  return { businessunitid: businessUnitId, organizationid: organization.id, isdisabled: false, accessmode: 0 }
}

const kinds = ['systemuser', 'team', 'businessunit', 'transactioncurrency'] as const

/** Ids in lookups to system tables of which no rows were loaded. */
function strangersIn({ schema, byTable, rows }: SystemScope): Readonly<Record<(typeof kinds)[number], Set<string>>> {
  const found = {
    systemuser: new Set<string>(),
    team: new Set<string>(),
    businessunit: new Set<string>(),
    transactioncurrency: new Set<string>(),
  }
  const lookups = new Map<string, readonly (readonly [string, string])[]>()
  for (const name of byTable.keys()) {
    const columns = (schema.table(name)?.columns ?? []).filter(isLookupColumn)
    lookups.set(
      name,
      columns.map((column) => [column.logicalName, column.targets[0] ?? ''] as const),
    )
  }
  for (const { table, values } of rows) {
    for (const [column, only] of lookups.get(table) ?? []) {
      const id = values[column]
      if (typeof id !== 'string') continue
      const target = values[targetKey(column)] ?? only
      const kind = kinds.find((one) => one === target)
      if (kind !== undefined) found[kind].add(id)
    }
  }
  return found
}

function systemRow(schema: Schema, name: string, id: string, values: StoredValues): SeedRow | undefined {
  const table = schema.table(name)
  if (table === undefined) return undefined
  const kept: Record<string, StoredValue> = { [table.primaryId]: id }
  for (const [column, value] of Object.entries(values)) {
    const definition = schema.column(name, column)
    if (definition === undefined || !isStoredColumn(definition) || definition.isPrimaryId) continue
    kept[column] = value
    if (isLookupColumn(definition) && definition.targets.length > 1) {
      kept[targetKey(column)] =
        definition.targets.find((one) => column.startsWith(one)) ?? definition.targets[0] ?? null
    }
  }
  return { table: name, values: kept }
}

/** The ids of the rows that were loaded, by table. */
function idsIn({ schema, byTable }: SystemScope): ReadonlyMap<string, ReadonlySet<StoredValue | undefined>> {
  return new Map(
    [...byTable].map(([name, rows]) => {
      const primaryId = schema.table(name)?.primaryId ?? `${name}id`
      return [name, new Set(rows.map((row) => row.values[primaryId]))]
    }),
  )
}
