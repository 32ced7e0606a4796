import {
  bigInt,
  dateTime,
  decimal,
  integer,
  lookup,
  noCascade,
  readOnly,
  removeLink,
  stateAndStatus,
} from './columns.ts'
import type { ColumnDraft } from './drafts.ts'
import type { Ownership } from './definitions.ts'

/** Which standard columns a table gets. */
export interface StandardOptions {
  readonly ownership: Ownership
  /** `statecode` and `statuscode` with Active and Inactive; give your own from `stateAndStatus` instead, or none. */
  readonly state?: 'active-inactive' | 'own'
}

/** The columns nearly every table has: created, modified, owner, state, version and import columns. */
export function standardColumns(table: string, options: StandardOptions): readonly ColumnDraft[] {
  const columns: ColumnDraft[] = [
    dateTime('CreatedOn', readOnly),
    userLookup(table, 'CreatedBy'),
    userLookup(table, 'CreatedOnBehalfBy', 'Created By (Delegate)'),
    dateTime('ModifiedOn', readOnly),
    userLookup(table, 'ModifiedBy'),
    userLookup(table, 'ModifiedOnBehalfBy', 'Modified By (Delegate)'),
    bigInt('VersionNumber', { ...readOnly, displayName: 'Version Number' }),
    dateTime('OverriddenCreatedOn', { validForUpdate: false, format: 'DateOnly', displayName: 'Record Created On' }),
    integer('ImportSequenceNumber', { validForUpdate: false }),
    integer('TimeZoneRuleVersionNumber', { min: -1 }),
    integer('UTCConversionTimeZoneCode', { min: -1 }),
  ]
  if (options.ownership === 'UserOwned') columns.push(...ownerColumns(table))
  if (options.ownership === 'OrganizationOwned') columns.push(organizationLookup(table))
  if (options.state !== 'own') columns.push(...activeInactive)
  return columns
}

/** The `statecode` and `statuscode` a new table is created with. */
export const activeInactive: readonly ColumnDraft[] = stateAndStatus({
  0: { label: 'Active', statuses: { 1: 'Active' } },
  1: { label: 'Inactive', statuses: { 2: 'Inactive' } },
})

/** Columns that a table with a Money column has besides. */
export function currencyColumns(table: string): readonly ColumnDraft[] {
  return [
    lookup(
      'TransactionCurrencyId',
      {
        table: 'transactioncurrency',
        relationship: `transactioncurrency_${table}`,
        cascade: { ...noCascade, delete: 'Restrict' },
      },
      { displayName: 'Currency' },
    ),
    decimal('ExchangeRate', { ...readOnly, min: 0.000000000001, precision: 12 }),
  ]
}

function userLookup(table: string, name: string, displayName?: string): ColumnDraft {
  return lookup(
    name,
    { table: 'systemuser', relationship: `lk_${table}_${name.toLowerCase()}`, cascade: noCascade },
    { ...readOnly, ...(displayName === undefined ? {} : { displayName }) },
  )
}

function ownerColumns(table: string): readonly ColumnDraft[] {
  return [
    lookup(
      'OwnerId',
      { table: 'owner', relationship: `owner_${table}`, navigation: 'ownerid', cascade: noCascade },
      { type: 'Owner', displayName: 'Owner', required: 'SystemRequired' },
    ),
    lookup(
      'OwningBusinessUnit',
      { table: 'businessunit', relationship: `business_unit_${table}`, cascade: noCascade },
      readOnly,
    ),
    lookup('OwningUser', { table: 'systemuser', relationship: `user_${table}`, cascade: noCascade }, readOnly),
    lookup('OwningTeam', { table: 'team', relationship: `team_${table}`, cascade: noCascade }, readOnly),
  ]
}

function organizationLookup(table: string): ColumnDraft {
  return lookup(
    'OrganizationId',
    { table: 'organization', relationship: `organization_${table}`, cascade: removeLink },
    readOnly,
  )
}
