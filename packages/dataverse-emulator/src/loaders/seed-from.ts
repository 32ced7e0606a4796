import { guidFrom } from '../schema.ts'
import type { Schema, Seed, SeedOrganization, SeedRow, SeedUser } from '../schema.ts'
import { completeRows, latestMoment } from './complete-rows.ts'
import { systemRows } from './system-rows.ts'
import { usualUsers } from './usual-users.ts'

export interface SeedSource {
  readonly schema: Schema
  /** Rows in any order; see `rowsFromJsonLines`. */
  readonly rows?: readonly SeedRow[]
  /** Who can sign in, the default user first; an administrator, a service account and a technician unless given. */
  readonly users?: readonly SeedUser[]
  readonly name?: string
}

// What other rows are computed from comes first.
const first = ['organization', 'transactioncurrency', 'businessunit', 'systemuser', 'team', 'role']

/**
 * A seed from a schema and rows that were loaded. The organisation, its root business unit, its currency and the rows
 * of users are added where the schema has such tables and the rows do not have them; columns that every row has are
 * filled where they are missing. Rows keep the ids and values they came with.
 */
export function seedFrom({ schema, rows = [], users, name = 'loaded' }: SeedSource): Seed {
  const byTable = new Map<string, SeedRow[]>()
  for (const row of rows) {
    const known = byTable.get(row.table)
    if (known === undefined) byTable.set(row.table, [row])
    else known.push(row)
  }
  const id = (what: string): string => guidFrom(`${name}|${what}`)
  const organization: SeedOrganization = {
    id: idIn(byTable, 'organization', 'organizationid') ?? id('organization'),
    uniqueName: 'outpost',
    friendlyName: 'Outpost',
    urlName: 'outpost',
    currencyId:
      idIn(byTable, 'transactioncurrency', 'transactioncurrencyid') ??
      commonest(rows, 'transactioncurrencyid') ??
      id('transactioncurrency'),
    environmentId: id('environment'),
    tenantId: id('tenant'),
  }
  const root = (byTable.get('businessunit') ?? []).find((row) => (row.values['parentbusinessunitid'] ?? null) === null)
  const rootUnit = root?.values['businessunitid'] ?? commonest(rows, 'owningbusinessunit') ?? id('businessunit')
  const people = users ?? usualUsers(name, String(rootUnit))
  const [defaultUser] = people
  if (defaultUser === undefined) throw new RangeError('a seed needs a user')
  const asOf = latestMoment(rows)
  const system = systemRows({ schema, byTable, rows, organization, rootUnit: String(rootUnit), people })
  const all = [...system, ...rows].map((row, index) => ({ row, index, rank: rankOf(row.table) }))
  all.sort((a, b) => a.rank - b.rank || a.index - b.index)
  const ordered = completeRows(
    schema,
    all.map(({ row }) => row),
    { asOf, userId: defaultUser.id },
  )
  return {
    name,
    schema,
    asOf,
    organization,
    users: people,
    defaultUserId: defaultUser.id,
    rows: ordered,
    tracking: null,
  }
}

function rankOf(table: string): number {
  const rank = first.indexOf(table)
  return rank < 0 ? first.length : rank
}

function idIn(byTable: ReadonlyMap<string, readonly SeedRow[]>, table: string, column: string): string | undefined {
  const id = byTable.get(table)?.[0]?.values[column]
  return typeof id === 'string' ? id : undefined
}

/** The id that most rows have in a column. */
function commonest(rows: readonly SeedRow[], column: string): string | undefined {
  const counts = new Map<string, number>()
  for (const { values } of rows) {
    const id = values[column]
    if (typeof id === 'string') counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return [...counts].reduce<[string | undefined, number]>(
    (most, [id, count]) => (count > most[1] ? [id, count] : most),
    [undefined, 0],
  )[0]
}
