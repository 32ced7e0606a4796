import { guidFrom } from '../../schema.ts'
import type { SeedOrganization, SeedRow, SeedUser } from '../../schema.ts'
import { privilegesOf } from '../../security/rights.ts'
import { Draw } from '../draw.ts'
import { ADMINISTRATOR, businessUnitOf, DISPATCHER, FIRST_TECHNICIAN, rowId, SERVICE_ACCOUNT } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { firstNames, lastNames } from '../words.ts'
import { authorship, ownedByOrganization } from './ownership.ts'

interface Person {
  readonly first: string
  readonly last: string
  readonly title: string
}

const staff: readonly Person[] = [
  { first: 'Sunniva', last: 'Admin', title: 'System Administrator' },
  { first: 'Dorian', last: 'Vestergaard', title: 'Dispatcher' },
  { first: 'Sync', last: 'Service', title: 'Application user' },
  { first: 'Amara', last: 'Okafor', title: 'Field Technician' },
  { first: 'Bram', last: 'Bakker', title: 'Field Technician' },
  { first: 'Lowri', last: 'Kettering', title: 'Field Technician' },
  { first: 'Jiří', last: 'Dvořák', title: 'Field Technician' },
]

function personAt(index: number): Person {
  const known = staff[index]
  if (known !== undefined) return known
  const draw = new Draw(`systemuser|${index}`)
  return { first: draw.pick(firstNames), last: draw.pick(lastNames), title: 'Field Technician' }
}

/** Display name of the user at an index. */
export function userName(index: number): string {
  const { first, last } = personAt(index)
  return `${first} ${last}`
}

function loginOf(index: number): string {
  const { first, last } = personAt(index)
  const plain = `${first}.${last}`
    .normalize('NFD')
    .replace(/[^A-Za-z.]/g, '')
    .toLowerCase()
  return staff[index] === undefined ? `${plain}${index}@tervo.example` : `${plain}@tervo.example`
}

export const organization: SeedOrganization = {
  id: rowId('organization', 0),
  uniqueName: 'tervoservice',
  friendlyName: 'Tervo Service',
  urlName: 'tervo',
  currencyId: rowId('transactioncurrency', 0),
  environmentId: guidFrom('field-service|environment'),
  tenantId: guidFrom('field-service|tenant'),
}

// What everybody may read wherever it belongs: without it no lookup could be shown.
const readable = [
  'organization',
  'businessunit',
  'role',
  'savedquery',
  'systemuser',
  'team',
  'teammembership',
  'transactioncurrency',
  'bookingstatus',
  'bookableresource',
  'msdyn_shiftactivitytype',
  'msdyn_workordertype',
  'msdyn_servicetasktype',
  'new_skill',
  'new_x',
  'new_skill_bookableresource',
  'resco_mobiletracking',
]
const readOnlyEverywhere = Object.fromEntries(
  readable.map(
    (table) =>
      [
        table,
        { create: 'none', read: 'organization', write: 'none', delete: 'none', appendTo: 'organization' },
      ] as const,
  ),
)

// Only administrators and the like meet these.
const closed = Object.fromEntries(
  ['principalobjectaccess', 'fieldsecurityprofile', 'fieldpermission'].map(
    (table) => [table, privilegesOf('none')] as const,
  ),
)

/** What the user at an index may do. A technician reads the business unit's rows and changes only their own. */
export function privilegesOfUser(index: number): Pick<SeedUser, 'privileges' | 'tablePrivileges'> {
  if (index >= FIRST_TECHNICIAN) {
    return {
      privileges: privilegesOf('user', { read: 'businessUnit', appendTo: 'businessUnit' }),
      tablePrivileges: { ...readOnlyEverywhere, ...closed, account: { delete: 'none' } },
    }
  }
  const dispatcher = {
    systemuser: { create: 'none', write: 'none', delete: 'none' },
    account: { delete: 'none' },
  } as const
  return { privileges: privilegesOf('organization'), tablePrivileges: index === DISPATCHER ? dispatcher : {} }
}

/** Everybody who can sign in. */
export function users(plan: Plan): readonly SeedUser[] {
  const people: SeedUser[] = []
  for (let index = 0; index < FIRST_TECHNICIAN + plan.technicians; index++) {
    const technician = index >= FIRST_TECHNICIAN
    people.push({
      id: rowId('systemuser', index),
      name: userName(index),
      objectId: guidFrom(`field-service|entra|${index}`),
      businessUnitId: businessUnitOf(index),
      teamIds: technician ? [rowId('team', (index - FIRST_TECHNICIAN) % 2)] : [],
      ...privilegesOfUser(index),
      roleId: rowId('role', Math.min(index, FIRST_TECHNICIAN)),
    })
  }
  return people
}

/** Organisation, currencies, business units, users, teams and who is in which. */
export function* peopleRows(plan: Plan): Generator<SeedRow> {
  const draw = new Draw('people')
  const users = FIRST_TECHNICIAN + plan.technicians
  yield row('organization', {
    organizationid: organization.id,
    name: organization.friendlyName,
    expirechangetrackingindays: 7,
    expiresubscriptionsindays: 90,
    maxuploadfilesize: 5242880,
    languagecode: 1033,
    sharetopreviousowneronassign: false,
    basecurrencyid: organization.currencyId,
    ...authorship(draw),
  })
  const currencies = [
    { currencyname: 'Euro', isocurrencycode: 'EUR', currencysymbol: '€', currencyprecision: 2, exchangerate: 1 },
    {
      currencyname: 'Swedish Krona',
      isocurrencycode: 'SEK',
      currencysymbol: 'kr',
      currencyprecision: 2,
      exchangerate: 11.25,
    },
  ]
  for (const [index, currency] of currencies.entries()) {
    yield row('transactioncurrency', {
      transactioncurrencyid: rowId('transactioncurrency', index),
      ...currency,
      ...ownedByOrganization(draw),
    })
  }
  for (const [index, name] of ['Tervo Service', 'Tervo North', 'Tervo South'].entries()) {
    yield row('businessunit', {
      businessunitid: rowId('businessunit', index),
      name,
      isdisabled: false,
      parentbusinessunitid: index === 0 ? null : rowId('businessunit', 0),
      ...authorship(draw),
      organizationid: organization.id,
    })
  }
  for (let index = 0; index < users; index++) {
    const { first, last, title } = personAt(index)
    yield row('systemuser', {
      systemuserid: rowId('systemuser', index),
      firstname: first,
      lastname: last,
      title,
      domainname: loginOf(index),
      internalemailaddress: loginOf(index),
      mobilephone: index === SERVICE_ACCOUNT ? null : `+45 70 ${String(100000 + index)}`,
      azureactivedirectoryobjectid: guidFrom(`field-service|entra|${index}`),
      accessmode: index === SERVICE_ACCOUNT ? 4 : 0,
      isdisabled: false,
      businessunitid: businessUnitOf(index),
      queueid: rowId('queue', index),
      parentsystemuserid: index >= FIRST_TECHNICIAN ? rowId('systemuser', DISPATCHER) : null,
      ...authorship(draw),
    })
  }
  for (const [index, name] of ['North Technicians', 'South Technicians'].entries()) {
    yield row('team', {
      teamid: rowId('team', index),
      name,
      teamtype: 0,
      isdefault: false,
      administratorid: rowId('systemuser', ADMINISTRATOR),
      businessunitid: rowId('businessunit', 1 + index),
      ...authorship(draw),
    })
  }
  for (let index = FIRST_TECHNICIAN; index < users; index++) {
    yield row('teammembership', {
      teammembershipid: rowId('teammembership', index),
      systemuserid: rowId('systemuser', index),
      teamid: rowId('team', (index - FIRST_TECHNICIAN) % 2),
    })
  }
}

function row(table: string, values: SeedRow['values']): SeedRow {
  return { table, values }
}
