import type { Org } from './org.ts'
import { isLookupColumn, targetKey } from './schema.ts'
import type { StoredValue } from './schema.ts'

// Without these nobody could sign in or own anything.
const KEPT: ReadonlySet<string> = new Set([
  'organization',
  'businessunit',
  'systemuser',
  'team',
  'teammembership',
  'role',
  'systemuserroles',
  'teamroles',
  'transactioncurrency',
  'usersettings',
])

/** Gives every row that refers to the organisation the new id, and the organisation's own row too. */
function renameOrganizationRow({ schema, store }: Org, from: string, to: string): void {
  const own = store.rows('organization').get(from)
  if (own !== undefined) {
    store.delete('organization', own)
    store.insert('organization', to, { ...own.values, organizationid: to })
  }
  for (const table of schema.tables()) {
    const lookups = table.columns.filter((column) => isLookupColumn(column) && column.targets.includes('organization'))
    for (const { logicalName } of lookups) {
      for (const row of [...store.rows(table.logicalName).holding(logicalName, from)]) {
        const target: StoredValue | undefined = row.values[targetKey(logicalName)]
        if (target !== undefined && target !== null && target !== 'organization') continue
        store.update(table.logicalName, row, { ...row.values, [logicalName]: to })
      }
    }
  }
}

/** Puts another organisation of the same tables into this one's place. */
export function renewOrganization(org: Org, rows: 'same' | 'none'): void {
  const { schema, store } = org
  const from = org.organization.id
  const to = store.newId()
  store.atomically(() => {
    if (rows === 'none') {
      for (const { logicalName } of schema.tables()) {
        if (KEPT.has(logicalName)) continue
        for (const row of [...store.rows(logicalName).all()]) store.delete(logicalName, row)
      }
    }
    renameOrganizationRow(org, from, to)
  })
  if (rows === 'none') for (const { logicalName } of schema.tables()) store.rows(logicalName).tombstones.length = 0
  org.organization = { ...org.organization, id: to }
  org.expiredVersion = store.version
  store.skipVersion()
  schema.renewIds(to)
}
