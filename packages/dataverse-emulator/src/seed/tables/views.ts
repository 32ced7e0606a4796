import {
  entityName,
  integer,
  memo,
  readOnly,
  standardColumns,
  stateAndStatus,
  text,
  uniqueidentifier,
  yesNo,
} from '../../schema.ts'
import type { ColumnDraft, TableDraft } from '../../schema.ts'

const XML = { maxLength: 1_073_741_823 } as const

// What the views of everybody and those of one person have in common.
const definition: readonly ColumnDraft[] = [
  text('Name', { maxLength: 200, required: 'SystemRequired' }),
  memo('Description', { maxLength: 2000 }),
  entityName('ReturnedTypeCode', { required: 'SystemRequired', validForUpdate: false }),
  integer('QueryType', { min: 0, max: 1_000_000_000, required: 'SystemRequired' }),
  memo('FetchXml', { ...XML, displayName: 'Fetch XML' }),
  memo('LayoutXml', { ...XML, displayName: 'Layout XML' }),
  memo('LayoutJson', { ...XML, displayName: 'Layout JSON' }),
  memo('ColumnSetXml', { ...XML, displayName: 'Column Set XML' }),
  memo('OfflineSqlQuery', { ...XML, displayName: 'Offline SQL Query' }),
  memo('AdvancedGroupBy', XML),
  memo('ConditionalFormatting', XML),
  ...stateAndStatus({
    0: { label: 'Active', statuses: { 1: 'Active', 3: 'All' } },
    1: { label: 'Inactive', statuses: { 2: 'Inactive', 4: 'All' } },
  }),
]

// Both tables go without the columns that imports and time zones need elsewhere.
function standard(table: string, ownership: 'OrganizationOwned' | 'UserOwned'): readonly ColumnDraft[] {
  const left: ReadonlySet<string> = new Set([
    'overriddencreatedon',
    'importsequencenumber',
    'timezoneruleversionnumber',
    'utcconversiontimezonecode',
  ])
  return standardColumns(table, {
    ownership,
    state: 'own',
    relationships: {
      createdby: table === 'savedquery' ? 'lk_savedquerybase_createdby' : 'lk_userquery_createdby',
      modifiedby: table === 'savedquery' ? 'lk_savedquerybase_modifiedby' : 'lk_userquery_modifiedby',
      ownerid: 'owner_userquerys',
      organizationid: 'organization_saved_queries',
    },
  }).filter(({ logicalName }) => !left.has(logicalName))
}

/** Views: saved ones, which belong to the organisation, and personal ones. */
export const viewTables: readonly TableDraft[] = [
  {
    schemaName: 'SavedQuery',
    objectTypeCode: 1039,
    displayName: 'View',
    displayCollectionName: 'Views',
    entitySetName: 'savedqueries',
    primaryName: 'name',
    ownership: 'OrganizationOwned',
    changeTracking: false,
    optimisticConcurrency: false,
    columns: [
      ...definition,
      yesNo('IsDefault'),
      yesNo('IsQuickFindQuery'),
      yesNo('IsUserDefined', { validForUpdate: false }),
      yesNo('IsCustom', readOnly),
      yesNo('IsManaged', readOnly),
      text('QueryAPI', { maxLength: 2000 }),
      integer('QueryAppUsage', { min: 0 }),
      integer('OrganizationTabOrder', { min: 0, ...readOnly }),
      text('IntroducedVersion', { maxLength: 48 }),
      uniqueidentifier('SavedQueryIdUnique', readOnly),
      ...standard('savedquery', 'OrganizationOwned'),
    ],
  },
  {
    schemaName: 'UserQuery',
    objectTypeCode: 4230,
    displayName: 'Saved View',
    displayCollectionName: 'Saved Views',
    entitySetName: 'userqueries',
    primaryName: 'name',
    ownership: 'UserOwned',
    changeTracking: false,
    optimisticConcurrency: false,
    columns: [...definition, ...standard('userquery', 'UserOwned')],
  },
]
