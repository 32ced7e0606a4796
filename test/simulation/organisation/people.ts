import { guidFrom, privilegesOf } from '@outpost/dataverse-emulator'
import type { Privileges, Rights, SeedRole, SeedRow, SeedUser } from '@outpost/dataverse-emulator'

/** The id of a row by what it is called here. */
export function idOf(table: string, name: string): string {
  return guidFrom(`simulation|${table}|${name}`)
}

const UNITS = ['root', 'north', 'south'] as const

const READ: Partial<Privileges> = {
  create: 'none',
  read: 'organization',
  write: 'none',
  delete: 'none',
  append: 'none',
  appendTo: 'organization',
  assign: 'none',
  share: 'none',
}

const everywhere = Object.fromEntries(
  [
    'organization',
    'businessunit',
    'role',
    'systemuser',
    'systemuserroles',
    'team',
    'teamroles',
    'teammembership',
    'transactioncurrency',
    'usersettings',
    'resco_mobiletracking',
  ].map((table) => [table, READ]),
)

// What has no owner is everybody's or nobody's.
const theOrganisations = { new_skill: privilegesOf('organization'), new_part: privilegesOf('organization') }

const links = { new_skill_contact: privilegesOf('organization') }

const RIGHTS: Readonly<Record<string, Rights>> = {
  Administrator: { privileges: privilegesOf('organization'), tablePrivileges: {}, administrator: true },
  Dispatcher: {
    privileges: privilegesOf('organization'),
    tablePrivileges: { ...everywhere, account: { delete: 'none' } },
  },
  Technician: {
    privileges: privilegesOf('user', { read: 'businessUnit', append: 'businessUnit', appendTo: 'businessUnit' }),
    tablePrivileges: { ...everywhere, ...theOrganisations, ...links },
  },
  Contractor: {
    privileges: privilegesOf('user'),
    tablePrivileges: { ...everywhere, ...theOrganisations, ...links, new_part: READ },
  },
  Overseer: {
    privileges: privilegesOf('none'),
    tablePrivileges: Object.fromEntries(
      ['account', 'contact', 'new_job', 'new_task'].map((table) => [table, { read: 'organization' } as const]),
    ),
  },
  'Team Owner': { privileges: privilegesOf('none', { read: 'user' }), tablePrivileges: {} },
}

/** What each role allows. */
export const roles: readonly SeedRole[] = Object.entries(RIGHTS).map(([name, rights]) => ({
  id: idOf('role', name),
  ...rights,
}))

interface Person {
  readonly name: string
  readonly unit: (typeof UNITS)[number]
  readonly role: string
  readonly team?: string
  /** Where the days begin earlier or later than in UTC. */
  readonly timeZone?: number
}

const people: readonly Person[] = [
  { name: 'Sunniva Admin', unit: 'root', role: 'Administrator' },
  { name: 'Dorian Vestergaard', unit: 'root', role: 'Dispatcher' },
  { name: 'Amara Okafor', unit: 'north', role: 'Technician', team: 'North Crew' },
  { name: 'Bram Bakker', unit: 'north', role: 'Contractor', team: 'North Crew', timeZone: 190 },
  { name: 'Lowri Kettering', unit: 'south', role: 'Technician', timeZone: 4 },
]

/** Everybody, the administrator first. */
export const users: readonly SeedUser[] = people.map(({ name, unit, role, team }) => ({
  id: idOf('systemuser', name),
  name,
  objectId: idOf('entra', name),
  businessUnitId: idOf('businessunit', unit),
  teamIds: team === undefined ? [] : [idOf('team', team)],
  privileges: RIGHTS[role]?.privileges ?? privilegesOf('none'),
  tablePrivileges: RIGHTS[role]?.tablePrivileges ?? {},
  roleId: idOf('role', role),
}))

/** Units, teams, roles, who has which, and whose days begin when. */
export const peopleRows: readonly SeedRow[] = [
  ...UNITS.map((name) => ({
    table: 'businessunit',
    values: {
      businessunitid: idOf('businessunit', name),
      name,
      isdisabled: false,
      parentbusinessunitid: name === 'root' ? null : idOf('businessunit', 'root'),
    },
  })),
  ...[['North Crew', 'north'] as const, ['South Crew', 'south'] as const].flatMap(([name, unit]) => [
    {
      table: 'team',
      values: {
        teamid: idOf('team', name),
        name,
        teamtype: 0,
        isdefault: false,
        businessunitid: idOf('businessunit', unit),
      },
    },
    {
      table: 'teamroles',
      values: {
        teamrolesid: idOf('teamroles', name),
        teamid: idOf('team', name),
        roleid: idOf('role', 'Team Owner'),
      },
    },
  ]),
  ...Object.keys(RIGHTS).map((name) => ({
    table: 'role',
    values: {
      roleid: idOf('role', name),
      name,
      businessunitid: idOf('businessunit', 'root'),
      isinherited: name === 'Team Owner' ? 0 : 1,
    },
  })),
  ...people.flatMap(({ name, role, team, timeZone }) => {
    const systemuserid = idOf('systemuser', name)
    const held = (table: string, column: string, id: string): SeedRow => ({
      table,
      values: { [`${table}id`]: idOf(table, name), systemuserid, [column]: id },
    })
    return [
      held('systemuserroles', 'roleid', idOf('role', role)),
      ...(team === undefined ? [] : [held('teammembership', 'teamid', idOf('team', team))]),
      ...(timeZone === undefined ? [] : [{ table: 'usersettings', values: { systemuserid, timezonecode: timeZone } }]),
    ]
  }),
]
