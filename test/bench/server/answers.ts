import { COLUMNS } from '../data/account-rows.ts'
import type { Column } from '../data/account-rows.ts'

/** What an organisation says of itself, its user and its two tables. */

type Definition = Pick<Column, 'name' | 'type' | 'targets'>

const ORGANIZATION = '0b9e5c1a-0000-4000-8000-000000000001'
const USER = '0b9e5c1a-0000-4000-8000-000000000002'
const UNIT = '0b9e5c1a-0000-4000-8000-000000000003'
const ROLE = '0b9e5c1a-0000-4000-8000-000000000004'

const TRACKING_COLUMNS: readonly Definition[] = [
  { name: 'resco_mobiletrackingid', type: 'Uniqueidentifier' },
  { name: 'resco_name', type: 'String' },
  { name: 'resco_kind', type: 'Picklist' },
  { name: 'resco_tablename', type: 'String' },
  { name: 'resco_rowid', type: 'String' },
  { name: 'resco_relatedtablename', type: 'String' },
  { name: 'resco_relatedrowid', type: 'String' },
  { name: 'resco_relationship', type: 'String' },
  { name: 'createdon', type: 'DateTime' },
  { name: 'modifiedon', type: 'DateTime' },
  { name: 'versionnumber', type: 'BigInt' },
]

const TABLES = [
  tableOf('account', 'UserOwned', 'name', COLUMNS),
  tableOf('resco_mobiletracking', 'OrganizationOwned', 'resco_name', TRACKING_COLUMNS),
]

function tableOf(name: string, ownership: string, primaryName: string, columns: readonly Definition[]): object {
  return {
    LogicalName: name,
    EntitySetName: `${name}s`,
    PrimaryIdAttribute: `${name}id`,
    PrimaryNameAttribute: primaryName,
    OwnershipType: ownership,
    IsIntersect: false,
    IsOptimisticConcurrencyEnabled: true,
    ChangeTrackingEnabled: true,
    Attributes: columns.map(({ name: column, type, targets }) => ({
      LogicalName: column,
      AttributeTypeName: { Value: `${type}Type` },
      IsValidForCreate: true,
      IsValidForRead: true,
      IsValidForUpdate: true,
      ...(targets ? { Targets: targets } : {}),
    })),
  }
}

/** Fixed answers, by the path in front of the query. */
export const ANSWERS: ReadonlyMap<string, object> = new Map<string, object>([
  ['WhoAmI()', { OrganizationId: ORGANIZATION, UserId: USER, BusinessUnitId: UNIT }],
  [
    'organizations',
    { '@Microsoft.Dynamics.CRM.globalmetadataversion': '1', value: [{ organizationid: ORGANIZATION }] },
  ],
  [`systemusers(${USER})`, { systemuserid: USER, _businessunitid_value: UNIT, isdisabled: false }],
  [`systemusers(${USER})/teammembership_association`, { value: [] }],
  [`systemusers(${USER})/systemuserroles_association`, { value: [{ roleid: ROLE }] }],
  [`usersettingscollection(${USER})`, { timezonecode: 85, systemuserid: USER }],
])

export const METADATA: object = { EntityMetadata: TABLES, ServerVersionStamp: '1!1' }

/** All privileges that are asked for by name are held. */
export function privilegesOf(names: readonly string[]): object {
  return {
    RolePrivileges: names.map((PrivilegeName) => ({ PrivilegeName, Depth: 'Global', BusinessUnitId: UNIT })),
  }
}
