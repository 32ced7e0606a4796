import { guidFrom } from '../schema.ts'
import type { SeedUser } from '../schema.ts'
import { privilegesOf } from '../security/rights.ts'

/** An administrator, a service account with everything, and a technician who reads the business unit's rows. */
export function usualUsers(name: string, businessUnitId: string): readonly SeedUser[] {
  const user = (of: string, privileges: SeedUser['privileges']): SeedUser => ({
    id: guidFrom(`${name}|systemuser|${of}`),
    name: of,
    objectId: guidFrom(`${name}|entra|${of}`),
    businessUnitId,
    teamIds: [],
    privileges,
    tablePrivileges: {},
  })
  return [
    user('System Administrator', privilegesOf('organization')),
    user('Sync Service', privilegesOf('organization')),
    user('Field Technician', privilegesOf('user', { read: 'businessUnit', appendTo: 'businessUnit' })),
  ]
}
