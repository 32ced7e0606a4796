import {
  bigInt,
  choice,
  decimal,
  integer,
  lookup,
  memo,
  noCascade,
  readOnly,
  restrict,
  standardColumns,
  text,
  uniqueidentifier,
  yesNo,
} from '../../schema.ts'
import type { ManyToManyDraft, StoredValue, StoredValues, TableDraft } from '../../schema.ts'

/** First and last name as the platform joins them for a `fullname`. */
export function fullName(row: StoredValues): StoredValue {
  const parts = [row['firstname'], row['lastname']].filter((part) => typeof part === 'string' && part !== '')
  return parts.length === 0 ? null : parts.join(' ')
}

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
    integer('ExpireSubscriptionsInDays', { min: 1, max: 365 }),
    integer('MaxUploadFileSize', { min: 1, max: 131072000 }),
    integer('LanguageCode', { validForUpdate: false }),
    yesNo('ShareToPreviousOwnerOnAssign'),
    lookup('BaseCurrencyId', {
      table: 'transactioncurrency',
      relationship: 'basecurrency_organization',
      cascade: noCascade,
    }),
    ...standardColumns('organization', { ownership: 'None', state: 'own' }),
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
    text('DivisionName'),
    yesNo('IsDisabled', { validForCreate: false }),
    lookup('ParentBusinessUnitId', {
      table: 'businessunit',
      relationship: 'business_unit_parent_business_unit',
      cascade: restrict,
      isHierarchical: true,
    }),
    ...standardColumns('businessunit', { ownership: 'OrganizationOwned', state: 'own' }),
  ],
}

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
    text('InternalEMailAddress', { maxLength: 100, format: 'Email' }),
    text('MobilePhone', { maxLength: 64, format: 'Phone' }),
    text('Title', { maxLength: 128 }),
    yesNo('IsDisabled', { validForCreate: false }),
    uniqueidentifier('AzureActiveDirectoryObjectId', { displayName: 'Azure AD Object ID' }),
    choice(
      'AccessMode',
      { 0: 'Read-Write', 1: 'Administrative', 2: 'Read', 4: 'Non-interactive' },
      { defaultValue: 0 },
    ),
    lookup(
      'BusinessUnitId',
      { table: 'businessunit', relationship: 'business_unit_system_users', cascade: restrict },
      { required: 'SystemRequired' },
    ),
    lookup('QueueId', { table: 'queue', relationship: 'queue_system_user', cascade: noCascade }, readOnly),
    lookup('ParentSystemUserId', { table: 'systemuser', relationship: 'user_parent_user', cascade: noCascade }),
    ...standardColumns('systemuser', { ownership: 'BusinessOwned', state: 'own' }),
  ],
}

const team: TableDraft = {
  schemaName: 'Team',
  objectTypeCode: 9,
  displayName: 'Team',
  primaryName: 'name',
  ownership: 'BusinessOwned',
  columns: [
    text('Name', { maxLength: 160, required: 'SystemRequired' }),
    memo('Description', { maxLength: 2000 }),
    choice('TeamType', { 0: 'Owner', 1: 'Access', 2: 'Security Group', 3: 'Office Group' }, { validForUpdate: false }),
    yesNo('IsDefault', { validForCreate: false, validForUpdate: false }),
    lookup(
      'AdministratorId',
      { table: 'systemuser', relationship: 'lk_teambase_administratorid', cascade: noCascade },
      { required: 'SystemRequired' },
    ),
    lookup(
      'BusinessUnitId',
      { table: 'businessunit', relationship: 'business_unit_teams', cascade: restrict },
      { required: 'SystemRequired' },
    ),
    ...standardColumns('team', { ownership: 'BusinessOwned', state: 'own' }),
  ],
}

const transactionCurrency: TableDraft = {
  schemaName: 'TransactionCurrency',
  objectTypeCode: 9105,
  displayName: 'Currency',
  displayCollectionName: 'Currencies',
  entitySetName: 'transactioncurrencies',
  primaryName: 'currencyname',
  ownership: 'OrganizationOwned',
  columns: [
    text('CurrencyName', { maxLength: 100, required: 'SystemRequired' }),
    text('ISOCurrencyCode', { maxLength: 5, validForUpdate: false, required: 'SystemRequired' }),
    text('CurrencySymbol', { maxLength: 13, required: 'SystemRequired' }),
    integer('CurrencyPrecision', { min: 0, max: 4, required: 'SystemRequired' }),
    decimal('ExchangeRate', { min: 0.000000000001, precision: 12, required: 'SystemRequired' }),
    ...standardColumns('transactioncurrency', { ownership: 'OrganizationOwned' }),
  ],
}

const teamMembershipTable: TableDraft = {
  schemaName: 'TeamMembership',
  objectTypeCode: 23,
  displayName: 'Team Membership',
  ownership: 'None',
  isIntersect: true,
  optimisticConcurrency: false,
  columns: [
    uniqueidentifier('SystemUserId', { validForCreate: false, validForUpdate: false }),
    uniqueidentifier('TeamId', { validForCreate: false, validForUpdate: false }),
    bigInt('VersionNumber', { validForCreate: false, validForUpdate: false }),
  ],
}

/** Organisation, business units, users, teams and currencies. */
export const systemTables: readonly TableDraft[] = [
  organization,
  businessUnit,
  systemUser,
  team,
  transactionCurrency,
  teamMembershipTable,
]

export const teamMembership: ManyToManyDraft = {
  schemaName: 'teammembership_association',
  intersectTable: 'teammembership',
  intersectSet: 'teammemberships',
  objectTypeCode: 23,
  table1: 'systemuser',
  navigation1: 'teammembership_association',
  table2: 'team',
  navigation2: 'teammembership_association',
  isCustom: false,
}
