import type { Org } from './org.ts'
import { computeColumns } from './rows/row-values.ts'
import type { Draft } from './rows/row-values.ts'
import type { User } from './rows/user.ts'
import type { Seed } from './schema.ts'

/** Loads a seed's rows as they are, adding only what the server computes. */
export function loadSeed(org: Org, seed: Seed, user: User): void {
  const { database, organization, tracking } = org
  const context = { database, organization, tracking, user, enforcePrivileges: false }
  for (const { table: name, values } of seed.rows) {
    const table = org.schema.table(name)
    if (table === undefined) throw new RangeError(`the seed has a row of ${name}, which is no table`)
    const id = values[table.primaryId]
    if (typeof id !== 'string') throw new RangeError(`the seed has a row of ${name} without ${table.primaryId}`)
    const draft: Draft = { ...values }
    computeColumns(context, table, draft)
    database.insert(name, id, draft)
  }
}
