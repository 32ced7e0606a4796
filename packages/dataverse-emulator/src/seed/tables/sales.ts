import {
  choice,
  customer,
  dateTime,
  integer,
  lookup,
  memo,
  money,
  parental,
  readOnly,
  standardColumns,
  stateAndStatus,
  text,
  yesNo,
} from '../../schema.ts'
import type { TableDraft } from '../../schema.ts'
import { activityColumns } from './activities.ts'
import { fullName } from './system.ts'

const lead: TableDraft = {
  schemaName: 'Lead',
  objectTypeCode: 4,
  displayName: 'Lead',
  primaryName: 'fullname',
  description: 'Somebody who may become a customer.',
  columns: [
    text('Subject', { maxLength: 300, required: 'ApplicationRequired', displayName: 'Topic' }),
    text('FullName', { maxLength: 160, formula: fullName, displayName: 'Name' }),
    text('FirstName', { maxLength: 50 }),
    text('LastName', { maxLength: 50, required: 'ApplicationRequired' }),
    text('CompanyName', { maxLength: 100 }),
    text('JobTitle', { maxLength: 100 }),
    text('EMailAddress1', { maxLength: 100, format: 'Email', displayName: 'Email' }),
    text('Telephone1', { maxLength: 50, format: 'Phone', displayName: 'Business Phone' }),
    text('MobilePhone', { maxLength: 20, format: 'Phone' }),
    text('WebSiteUrl', { maxLength: 200, format: 'Url', displayName: 'Website' }),
    memo('Description', { maxLength: 2000 }),
    choice('LeadSourceCode', { 1: 'Advertisement', 8: 'Web', 9: 'Word of Mouth', 10: 'Other' }),
    choice('LeadQualityCode', { 1: 'Hot', 2: 'Warm', 3: 'Cold' }, { defaultValue: 2, displayName: 'Rating' }),
    integer('NumberOfEmployees', { min: 0, max: 1000000 }),
    money('Revenue', { min: 0, max: 100000000000000, displayName: 'Annual Revenue' }),
    money('EstimatedAmount', { min: 0, max: 1000000000000, displayName: 'Est. Value' }),
    dateTime('EstimatedCloseDate', { behavior: 'DateOnly', displayName: 'Est. Close Date' }),
    text('Address1_Line1', { maxLength: 250, isLogical: true, displayName: 'Street 1' }),
    text('Address1_City', { maxLength: 80, isLogical: true, displayName: 'City' }),
    text('Address1_PostalCode', { maxLength: 20, isLogical: true, displayName: 'ZIP/Postal Code' }),
    yesNo('DoNotPhone', { trueLabel: 'Do Not Allow', falseLabel: 'Allow', displayName: 'Do not allow Phone Calls' }),
    yesNo('Merged', { ...readOnly }),
    lookup('MasterId', { table: 'lead', relationship: 'lead_master_lead' }, readOnly),
    customer('CustomerId', [
      { table: 'account', relationship: 'lead_customer_accounts', cascade: parental },
      { table: 'contact', relationship: 'lead_customer_contacts', cascade: parental },
    ]),
    lookup('ParentAccountId', { table: 'account', relationship: 'lead_parent_account' }),
    lookup('ParentContactId', { table: 'contact', relationship: 'lead_parent_contact' }),
    lookup('QualifyingOpportunityId', { table: 'opportunity', relationship: 'lead_qualifying_opportunity' }),
    lookup('OriginatingCaseId', { table: 'incident', relationship: 'OriginatingCase_Lead' }),
    ...stateAndStatus({
      0: { label: 'Open', statuses: { 1: 'New', 2: 'Contacted' } },
      1: { label: 'Qualified', statuses: { 3: 'Qualified' } },
      2: {
        label: 'Disqualified',
        statuses: { 4: 'Lost', 5: 'Cannot Contact', 6: 'No Longer Interested', 7: 'Canceled' },
      },
    }),
    ...standardColumns('lead', {
      ownership: 'UserOwned',
      state: 'own',
      relationships: {
        createdby: 'lk_leadbase_createdby',
        modifiedby: 'lk_leadbase_modifiedby',
        ownerid: 'owner_leads',
        owninguser: 'lead_owning_user',
        owningteam: 'lead_owning_team',
        owningbusinessunit: 'business_unit_leads',
      },
    }),
  ],
}

const closed = stateAndStatus({
  0: { label: 'Open', statuses: { 1: 'Open' } },
  1: { label: 'Completed', statuses: { 2: 'Completed' } },
  2: { label: 'Canceled', statuses: { 3: 'Canceled' } },
})

const opportunityClose: TableDraft = {
  schemaName: 'OpportunityClose',
  objectTypeCode: 4208,
  displayName: 'Opportunity Close',
  entitySetName: 'opportunitycloses',
  primaryId: 'activityid',
  primaryName: 'subject',
  isActivity: true,
  columns: [
    ...activityColumns,
    text('Category', { maxLength: 250 }),
    text('Subcategory', { maxLength: 250 }),
    money('ActualRevenue', { min: 0, max: 100000000000, displayName: 'Actual Revenue' }),
    integer('OpportunityStateCode', { ...readOnly }),
    integer('OpportunityStatusCode', { ...readOnly }),
    lookup('OpportunityId', {
      table: 'opportunity',
      relationship: 'Opportunity_OpportunityClose',
      cascade: parental,
    }),
    ...closed,
    ...standardColumns('opportunityclose', {
      ownership: 'UserOwned',
      state: 'own',
      navigation: (column) => `${column}_opportunityclose`,
      relationships: {
        ownerid: 'opportunityclose_owner_ownerid',
        owningbusinessunit: 'business_unit_opportunity_close_activities',
      },
    }),
  ],
}

const incidentResolution: TableDraft = {
  schemaName: 'IncidentResolution',
  objectTypeCode: 4206,
  displayName: 'Case Resolution',
  primaryId: 'activityid',
  primaryName: 'subject',
  isActivity: true,
  columns: [
    ...activityColumns,
    text('Category', { maxLength: 250 }),
    text('Subcategory', { maxLength: 250 }),
    integer('TimeSpent', { min: 0, max: 2147483647, format: 'Duration', displayName: 'Billable Time' }),
    integer('TotalTimeSpent', { ...readOnly, min: 0, max: 2147483647, format: 'Duration' }),
    choice('ResolutionTypeCode', { 5: 'Problem Solved', 1000: 'Information Provided' }),
    lookup('IncidentId', { table: 'incident', relationship: 'Incident_IncidentResolutions', cascade: parental }),
    ...closed,
    ...standardColumns('incidentresolution', {
      ownership: 'UserOwned',
      state: 'own',
      navigation: (column) => `${column}_incidentresolution`,
      relationships: {
        ownerid: 'incidentresolution_owner_ownerid',
        owningbusinessunit: 'business_unit_incident_resolution_activities',
      },
    }),
  ],
}

/** Leads, and the activities that closing a case or an opportunity leaves behind. */
export const salesTables: readonly TableDraft[] = [lead, opportunityClose, incidentResolution]
