import { guidFrom } from '../../schema.ts'
import type { SeedRole, SeedRow } from '../../schema.ts'
import { privilegesOf } from '../../security/rights.ts'
import { Draw } from '../draw.ts'
import { ADMINISTRATOR, DISPATCHER, FIRST_TECHNICIAN, rowId, SERVICE_ACCOUNT } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { authorship } from './ownership.ts'
import { organization, privilegesOfUser } from './people.ts'

/** Every organisation has this profile; it holds all secured columns for its administrators. */
const ADMINISTRATOR_PROFILE = '572329c1-a042-4e22-be47-367c6374ea45'

const names = ['System Administrator', 'Dispatcher', 'Synchronization', 'Field Technician', 'Delegate', 'Team Owner']

const DELEGATE = 4
const TEAM_OWNER = 5

/** What the roles allow. A user's own privileges are those of the first role they have. */
export const roles: readonly SeedRole[] = [
  ...[ADMINISTRATOR, DISPATCHER, SERVICE_ACCOUNT, FIRST_TECHNICIAN].map((user, index) => ({
    id: rowId('role', index),
    ...privilegesOfUser(user),
    ...(user === ADMINISTRATOR ? { administrator: true } : {}),
  })),
  {
    id: rowId('role', DELEGATE),
    privileges: privilegesOf('none'),
    tablePrivileges: {},
    special: ['prvActOnBehalfOfAnotherUser'],
  },
  // What a team needs to own rows; it gives its members nothing that they do not have anyway.
  { id: rowId('role', TEAM_OWNER), privileges: privilegesOf('none', { read: 'user' }), tablePrivileges: {} },
]

/** Roles and who has them, and the administrators' column security profile. */
export function* securityRows(plan: Plan): Generator<SeedRow> {
  const draw = new Draw('security')
  for (const [index, name] of names.entries()) {
    yield {
      table: 'role',
      values: {
        roleid: rowId('role', index),
        name,
        businessunitid: rowId('businessunit', 0),
        parentrootroleid: rowId('role', index),
        isinherited: index === TEAM_OWNER ? 0 : 1,
        organizationid: organization.id,
        ...authorship(draw),
      },
    }
  }
  const given = Array.from({ length: FIRST_TECHNICIAN + plan.technicians }, (_, user) => ({
    user,
    role: Math.min(user, FIRST_TECHNICIAN),
  }))
  for (const { user, role } of [...given, { user: SERVICE_ACCOUNT, role: DELEGATE }]) {
    yield {
      table: 'systemuserroles',
      values: {
        systemuserroleid: guidFrom(`field-service|systemuserroles|${user}|${role}`),
        systemuserid: rowId('systemuser', user),
        roleid: rowId('role', role),
      },
    }
  }
  for (const team of [0, 1]) {
    yield {
      table: 'teamroles',
      values: {
        teamroleid: guidFrom(`field-service|teamroles|${team}`),
        teamid: rowId('team', team),
        roleid: rowId('role', TEAM_OWNER),
      },
    }
  }
  yield {
    table: 'fieldsecurityprofile',
    values: {
      fieldsecurityprofileid: ADMINISTRATOR_PROFILE,
      name: 'System Administrator',
      description: 'Provides users with administrator rights access to all secured columns.',
      organizationid: organization.id,
      ...authorship(draw),
    },
  }
}
