import {
  bigInt,
  choice,
  dateTime,
  decimal,
  entityName,
  integer,
  lookup,
  noCascade,
  readOnly,
  restrict,
  text,
  uniqueidentifier,
  yesNo,
} from '@outpost/dataverse-emulator'
import type { ManyToManyDraft, StoredValue, StoredValues, TableDraft } from '@outpost/dataverse-emulator'

// What the emulator and an adapter ask for, and nothing else: each column costs time in each request.

/** First and last name, as the platform joins them. */
export function fullName(row: StoredValues): StoredValue {
  const parts = [row['firstname'], row['lastname']].filter((part) => typeof part === 'string' && part !== '')
  return parts.length === 0 ? null : parts.join(' ')
}

const version = bigInt('VersionNumber', readOnly)

const organization: TableDraft = {
  schemaName: 'Organization',
  objectTypeCode: 1019,
  displayName: 'Organization',
  primaryName: 'name',
  ownership: 'None',
  changeTracking: false,
  canEnableChangeTracking: false,
  columns: [
    text('Name', { maxLength: 160, validForUpdate: false }),
    integer('ExpireChangeTrackingInDays', { min: 0, max: 365 }),
    integer('MaxUploadFileSize', { min: 1, max: 131072000 }),
    version,
  ],
}

const businessUnit: TableDraft = {
  schemaName: 'BusinessUnit',
  objectTypeCode: 10,
  displayName: 'Business Unit',
  primaryName: 'name',
  ownership: 'BusinessOwned',
  columns: [
    text('Name', { maxLength: 160, required: 'SystemRequired' }),
    yesNo('IsDisabled', { validForCreate: false }),
    lookup('ParentBusinessUnitId', {
      table: 'businessunit',
      relationship: 'business_unit_parent_business_unit',
      cascade: restrict,
      isHierarchical: true,
    }),
    version,
  ],
}

const unit = (relationship: string): TableDraft['columns'][number] =>
  lookup('BusinessUnitId', { table: 'businessunit', relationship, cascade: restrict }, { required: 'SystemRequired' })

const systemUser: TableDraft = {
  schemaName: 'SystemUser',
  objectTypeCode: 8,
  displayName: 'User',
  primaryName: 'fullname',
  ownership: 'BusinessOwned',
  columns: [
    text('FullName', { maxLength: 200, formula: fullName }),
    text('FirstName', { maxLength: 256 }),
    text('LastName', { maxLength: 256 }),
    text('DomainName', { maxLength: 1024, required: 'SystemRequired' }),
    yesNo('IsDisabled', { validForCreate: false }),
    uniqueidentifier('AzureActiveDirectoryObjectId', { displayName: 'Azure AD Object ID' }),
    unit('business_unit_system_users'),
    dateTime('ModifiedOn', readOnly),
    version,
  ],
}

const userSettings: TableDraft = {
  schemaName: 'UserSettings',
  objectTypeCode: 150,
  displayName: 'User Settings',
  entitySetName: 'usersettingscollection',
  primaryId: 'systemuserid',
  ownership: 'BusinessOwned',
  columns: [integer('TimeZoneCode', { format: 'TimeZone' }), version],
}

const team: TableDraft = {
  schemaName: 'Team',
  objectTypeCode: 9,
  displayName: 'Team',
  primaryName: 'name',
  ownership: 'BusinessOwned',
  columns: [
    text('Name', { maxLength: 160, required: 'SystemRequired' }),
    choice('TeamType', { 0: 'Owner', 1: 'Access' }, { validForUpdate: false }),
    yesNo('IsDefault', { validForCreate: false, validForUpdate: false }),
    unit('business_unit_teams'),
    version,
  ],
}

const currency: TableDraft = {
  schemaName: 'TransactionCurrency',
  objectTypeCode: 9105,
  displayName: 'Currency',
  entitySetName: 'transactioncurrencies',
  primaryName: 'currencyname',
  ownership: 'OrganizationOwned',
  columns: [
    text('CurrencyName', { required: 'SystemRequired' }),
    integer('CurrencyPrecision', { min: 0, max: 4, required: 'SystemRequired' }),
    decimal('ExchangeRate', { min: 0.000000000001, precision: 12, required: 'SystemRequired' }),
    version,
  ],
}

const role: TableDraft = {
  schemaName: 'Role',
  objectTypeCode: 1036,
  displayName: 'Security Role',
  primaryName: 'name',
  ownership: 'BusinessOwned',
  columns: [
    text('Name', { required: 'SystemRequired' }),
    unit('business_unit_roles'),
    choice('IsInherited', { 0: 'Team privileges only', 1: 'User and team privileges' }, { defaultValue: 1 }),
    lookup('ParentRootRoleId', { table: 'role', relationship: 'role_parent_root_role', cascade: noCascade }, readOnly),
    version,
  ],
}

const sharing: TableDraft = {
  schemaName: 'PrincipalObjectAccess',
  objectTypeCode: 11,
  displayName: 'Principal Object Access',
  entitySetName: 'principalobjectaccessset',
  ownership: 'None',
  changeTracking: false,
  canEnableChangeTracking: false,
  columns: [
    integer('AccessRightsMask', readOnly),
    integer('InheritedAccessRightsMask', readOnly),
    uniqueidentifier('ObjectId', readOnly),
    entityName('ObjectTypeCode', readOnly),
    uniqueidentifier('PrincipalId', readOnly),
    entityName('PrincipalTypeCode', readOnly),
    version,
  ],
}

/** Where deletes, new owners and removed links are written down for devices. */
const mobileTracking: TableDraft = {
  schemaName: 'resco_mobiletracking',
  objectTypeCode: 10704,
  displayName: 'Mobile Tracking',
  primaryName: 'resco_name',
  ownership: 'OrganizationOwned',
  columns: [
    text('resco_name', { maxLength: 200 }),
    choice('resco_Kind', { 1: 'N:N relationship removed', 2: 'Delete', 3: 'Owner' }),
    text('resco_TableName'),
    text('resco_RowId', { maxLength: 36 }),
    text('resco_RelatedTableName'),
    text('resco_RelatedRowId', { maxLength: 36 }),
    text('resco_Relationship'),
    dateTime('CreatedOn', readOnly),
    dateTime('ModifiedOn', readOnly),
    version,
  ],
}

interface Links {
  readonly schemaName: string
  readonly objectTypeCode: number
  readonly relationship: string
  readonly holder: string
  readonly held: string
}

const links: readonly Links[] = [
  {
    schemaName: 'SystemUserRoles',
    objectTypeCode: 15,
    relationship: 'systemuserroles_association',
    holder: 'systemuser',
    held: 'role',
  },
  {
    schemaName: 'TeamRoles',
    objectTypeCode: 40,
    relationship: 'teamroles_association',
    holder: 'team',
    held: 'role',
  },
  {
    schemaName: 'TeamMembership',
    objectTypeCode: 23,
    relationship: 'teammembership_association',
    holder: 'systemuser',
    held: 'team',
  },
]

/** Organisation, units, people, their settings, roles and shares, and the table of mobile tracking. */
export const systemTables: readonly TableDraft[] = [
  organization,
  businessUnit,
  systemUser,
  userSettings,
  team,
  currency,
  role,
  sharing,
  mobileTracking,
]

export const systemLinks: readonly ManyToManyDraft[] = links.map(
  ({ schemaName, objectTypeCode, relationship, holder, held }) => ({
    schemaName: relationship,
    intersectTable: schemaName.toLowerCase(),
    intersectSet: `${schemaName.toLowerCase()}collection`,
    objectTypeCode,
    table1: holder,
    navigation1: relationship,
    table2: held,
    navigation2: relationship,
    isCustom: false,
  }),
)
