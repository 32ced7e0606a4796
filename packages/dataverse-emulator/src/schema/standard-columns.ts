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
import type { TargetOptions } from './columns.ts'
import type { ColumnDraft } from './drafts.ts'
import type { Ownership } from './definitions.ts'

/** Which standard columns a table gets, and how their relationships are called. */
export interface StandardOptions {
  readonly ownership: Ownership
  /** `statecode` and `statuscode` with Active and Inactive unless `own`: the table gives others from `stateAndStatus`, or has none. */
  readonly state?: 'active-inactive' | 'own'
  /** Relationship names that differ from the usual `lk_<table>_<column>`, `owner_<table>` and so on, by column. */
  readonly relationships?: Readonly<Record<string, string>>
  /** Navigation property for a column, where it is not the column's own name (`createdby_task`). */
  readonly navigation?: (column: string) => string
}

type Target = (name: string, table: string, prefix: string) => TargetOptions

/** The columns nearly every table has: created, modified, owner, state, version and import columns. */
export function standardColumns(table: string, options: StandardOptions): readonly ColumnDraft[] {
  const target: Target = (name, to, prefix) => {
    const column = name.toLowerCase()
    const usual = prefix === 'lk' ? `lk_${table}_${column}` : `${prefix}_${table}`
    return {
      table: to,
      relationship: options.relationships?.[column] ?? usual,
      navigation: options.navigation?.(column) ?? column,
      cascade: noCascade,
    }
  }
  const byUser = (name: string, displayName?: string): ColumnDraft =>
    lookup(name, target(name, 'systemuser', 'lk'), {
      ...readOnly,
      ...(displayName === undefined ? {} : { displayName }),
    })
  return [
    dateTime('CreatedOn', readOnly),
    byUser('CreatedBy'),
    byUser('CreatedOnBehalfBy', 'Created By (Delegate)'),
    dateTime('ModifiedOn', readOnly),
    byUser('ModifiedBy'),
    byUser('ModifiedOnBehalfBy', 'Modified By (Delegate)'),
    bigInt('VersionNumber', readOnly),
    dateTime('OverriddenCreatedOn', { validForUpdate: false, format: 'DateOnly', displayName: 'Record Created On' }),
    integer('ImportSequenceNumber', { validForUpdate: false }),
    integer('TimeZoneRuleVersionNumber', { min: -1 }),
    integer('UTCConversionTimeZoneCode', { min: -1 }),
    ...(options.ownership === 'UserOwned' ? ownerColumns(target) : []),
    ...(options.ownership === 'OrganizationOwned' ? [organizationLookup(table)] : []),
    ...(options.state === 'own' ? [] : activeInactive),
  ]
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

function ownerColumns(target: Target): readonly ColumnDraft[] {
  const owner = { type: 'Owner', displayName: 'Owner', required: 'SystemRequired' } as const
  const logical = { ...readOnly, isLogical: true }
  return [
    lookup('OwnerId', target('OwnerId', 'owner', 'owner'), owner),
    lookup('OwningBusinessUnit', target('OwningBusinessUnit', 'businessunit', 'business_unit'), readOnly),
    lookup('OwningUser', target('OwningUser', 'systemuser', 'user'), logical),
    lookup('OwningTeam', target('OwningTeam', 'team', 'team'), logical),
  ]
}

function organizationLookup(table: string): ColumnDraft {
  const target = { table: 'organization', relationship: `organization_${table}`, cascade: removeLink }
  return lookup('OrganizationId', target, readOnly)
}
