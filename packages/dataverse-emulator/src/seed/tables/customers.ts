import {
  choice,
  customer,
  dateTime,
  decimal,
  double,
  entityName,
  image,
  integer,
  lookup,
  memo,
  money,
  noCascade,
  parental,
  readOnly,
  removeLink,
  standardColumns,
  stateAndStatus,
  targetKey,
  text,
  yesNo,
} from '../../schema.ts'
import type { StoredValue, StoredValues, TableDraft } from '../../schema.ts'
import { fullName } from './system.ts'

function placeOf(row: StoredValues): string {
  const [code, city, state] = ['address1_postalcode', 'address1_city', 'address1_stateorprovince'].map((name) => {
    const part = row[name]
    return typeof part === 'string' ? part : ''
  })
  const parts = state === '' ? [code, city] : [city === '' ? '' : `${city},`, state, code]
  return parts.filter((part) => part !== '').join(' ')
}

function addressOf(row: StoredValues): StoredValue {
  const streets = [1, 2, 3].map((line) => row[`address1_line${line}`])
  const lines = [...streets, placeOf(row), row['address1_country']]
  const written = lines.filter((part) => typeof part === 'string' && part !== '')
  return written.length === 0 ? null : written.join('\r\n')
}

const address = [
  choice(
    'Address1_AddressTypeCode',
    { 1: 'Bill To', 2: 'Ship To', 3: 'Primary', 4: 'Other' },
    { isLogical: true, displayName: 'Address 1: Address Type' },
  ),
  text('Address1_Name', { maxLength: 200, isLogical: true, displayName: 'Address 1: Name' }),
  text('Address1_Line1', { maxLength: 250, isLogical: true, displayName: 'Address 1: Street 1' }),
  text('Address1_Line2', { maxLength: 250, isLogical: true, displayName: 'Address 1: Street 2' }),
  text('Address1_Line3', { maxLength: 250, isLogical: true, displayName: 'Address 1: Street 3' }),
  text('Address1_City', { maxLength: 80, isLogical: true, displayName: 'Address 1: City' }),
  text('Address1_PostalCode', { maxLength: 20, isLogical: true, displayName: 'Address 1: ZIP/Postal Code' }),
  text('Address1_StateOrProvince', { maxLength: 50, isLogical: true, displayName: 'Address 1: State/Province' }),
  text('Address1_Country', { maxLength: 80, isLogical: true, displayName: 'Address 1: Country/Region' }),
  text('Address1_Telephone1', { maxLength: 50, isLogical: true, format: 'Phone', displayName: 'Address Phone' }),
  choice(
    'Address1_ShippingMethodCode',
    { 1: 'Airborne', 2: 'DHL', 3: 'FedEx', 4: 'UPS', 5: 'Postal Mail', 6: 'Full Load', 7: 'Will Call' },
    { isLogical: true, displayName: 'Address 1: Shipping Method' },
  ),
  double('Address1_Latitude', { min: -90, max: 90, isLogical: true, displayName: 'Address 1: Latitude' }),
  double('Address1_Longitude', { min: -180, max: 180, isLogical: true, displayName: 'Address 1: Longitude' }),
  memo('Address1_Composite', { maxLength: 1000, isLogical: true, displayName: 'Address 1', formula: addressOf }),
]

const account: TableDraft = {
  schemaName: 'Account',
  objectTypeCode: 1,
  displayName: 'Account',
  primaryName: 'name',
  primaryImage: 'entityimage',
  description: 'Company that is served, billed or visited.',
  columns: [
    text('Name', { maxLength: 160, required: 'ApplicationRequired', displayName: 'Account Name' }),
    text('AccountNumber', { maxLength: 20 }),
    text('Telephone1', { maxLength: 50, format: 'Phone', displayName: 'Main Phone' }),
    text('Telephone2', { maxLength: 50, format: 'Phone', displayName: 'Other Phone' }),
    text('Fax', { maxLength: 50, format: 'Phone' }),
    text('EMailAddress1', { maxLength: 100, format: 'Email', displayName: 'Email' }),
    text('WebSiteURL', { maxLength: 200, format: 'Url', displayName: 'Website' }),
    memo('Description', { maxLength: 2000 }),
    integer('NumberOfEmployees', { min: 0, max: 1000000000 }),
    image('EntityImage', { displayName: 'Default Image', isLogical: true }),
    money('Revenue', { min: 0, max: 100000000000000, displayName: 'Annual Revenue' }),
    yesNo('CreditOnHold', { displayName: 'Credit Hold' }),
    money('CreditLimit', { min: 0, max: 100000000000000 }),
    yesNo('DoNotEMail', { trueLabel: 'Do Not Allow', falseLabel: 'Allow', displayName: 'Do not allow Emails' }),
    yesNo('DoNotPhone', { trueLabel: 'Do Not Allow', falseLabel: 'Allow', displayName: 'Do not allow Phone Calls' }),
    yesNo('DoNotPostalMail', { trueLabel: 'Do Not Allow', falseLabel: 'Allow', displayName: 'Do not allow Mails' }),
    choice('AccountCategoryCode', { 1: 'Preferred Customer', 2: 'Standard' }, { displayName: 'Category' }),
    choice('AccountRatingCode', { 1: 'Default Value' }, { defaultValue: 1, displayName: 'Account Rating' }),
    choice('IndustryCode', {
      1: 'Accounting',
      2: 'Agriculture and Non-petrol Natural Resource Extraction',
      5: 'Building Supplies',
      7: 'Consulting',
      8: 'Consumer Services',
      12: 'Food and Tobacco Processing',
      18: 'Hospitals',
      29: 'Utility Creation and Distribution',
    }),
    choice(
      'CustomerTypeCode',
      {
        1: 'Competitor',
        2: 'Consultant',
        3: 'Customer',
        4: 'Investor',
        5: 'Partner',
        6: 'Influencer',
        7: 'Press',
        8: 'Prospect',
        9: 'Reseller',
        10: 'Supplier',
        11: 'Vendor',
        12: 'Other',
      },
      { displayName: 'Relationship Type' },
    ),
    choice('OwnershipCode', { 1: 'Public', 2: 'Private', 3: 'Subsidiary', 4: 'Other' }, { displayName: 'Ownership' }),
    choice(
      'PreferredContactMethodCode',
      { 1: 'Any', 2: 'Email', 3: 'Phone', 4: 'Fax', 5: 'Mail' },
      { defaultValue: 1 },
    ),
    ...address,
    lookup('PrimaryContactId', { table: 'contact', relationship: 'account_primary_contact' }),
    lookup('ParentAccountId', {
      table: 'account',
      relationship: 'account_parent_account',
      cascade: {
        ...removeLink,
        assign: 'Cascade',
        merge: 'Cascade',
        reparent: 'Cascade',
        share: 'Cascade',
        unshare: 'Cascade',
      },
      isHierarchical: true,
    }),
    yesNo('Merged', readOnly),
    lookup('MasterId', { table: 'account', relationship: 'account_master_account' }, readOnly),
    lookup('OriginatingLeadId', { table: 'lead', relationship: 'account_originating_lead' }),
    lookup('PreferredSystemUserId', { table: 'systemuser', relationship: 'system_user_accounts', cascade: noCascade }),
    ...standardColumns('account', {
      ownership: 'UserOwned',
      relationships: {
        createdby: 'lk_accountbase_createdby',
        modifiedby: 'lk_accountbase_modifiedby',
        createdonbehalfby: 'lk_accountbase_createdonbehalfby',
        modifiedonbehalfby: 'lk_accountbase_modifiedonbehalfby',
        ownerid: 'owner_accounts',
        owninguser: 'user_accounts',
        owningteam: 'team_accounts',
        owningbusinessunit: 'business_unit_accounts',
      },
    }),
  ],
  keys: [{ schemaName: 'new_AccountNumberKey', displayName: 'Account Number', columns: ['accountnumber'] }],
}

const contact: TableDraft = {
  schemaName: 'Contact',
  objectTypeCode: 2,
  displayName: 'Contact',
  primaryName: 'fullname',
  primaryImage: 'entityimage',
  description: 'Person at a customer.',
  columns: [
    image('EntityImage', { displayName: 'Entity Image', isLogical: true }),
    text('FullName', { maxLength: 160, formula: fullName }),
    text('FirstName', { maxLength: 50 }),
    text('MiddleName', { maxLength: 50 }),
    text('LastName', { maxLength: 50, required: 'ApplicationRequired' }),
    text('Salutation', { maxLength: 100 }),
    text('JobTitle', { maxLength: 100 }),
    text('Department', { maxLength: 100 }),
    text('EMailAddress1', { maxLength: 100, format: 'Email', displayName: 'Email' }),
    text('Telephone1', { maxLength: 50, format: 'Phone', displayName: 'Business Phone' }),
    text('Telephone2', { maxLength: 50, format: 'Phone', displayName: 'Home Phone' }),
    text('MobilePhone', { maxLength: 50, format: 'Phone' }),
    memo('Description', { maxLength: 2000 }),
    dateTime('BirthDate', { behavior: 'DateOnly', displayName: 'Birthday' }),
    choice('GenderCode', { 1: 'Male', 2: 'Female' }, { displayName: 'Gender' }),
    choice(
      'PreferredContactMethodCode',
      { 1: 'Any', 2: 'Email', 3: 'Phone', 4: 'Fax', 5: 'Mail' },
      { defaultValue: 1 },
    ),
    yesNo('DoNotEMail', { trueLabel: 'Do Not Allow', falseLabel: 'Allow', displayName: 'Do not allow Emails' }),
    yesNo('DoNotPhone', { trueLabel: 'Do Not Allow', falseLabel: 'Allow', displayName: 'Do not allow Phone Calls' }),
    yesNo('DoNotPostalMail', { trueLabel: 'Do Not Allow', falseLabel: 'Allow', displayName: 'Do not allow Mails' }),
    choice(
      'FamilyStatusCode',
      { 1: 'Single', 2: 'Married', 3: 'Divorced', 4: 'Widowed' },
      { displayName: 'Marital Status' },
    ),
    yesNo('CreditOnHold', { displayName: 'Credit Hold' }),
    money('CreditLimit', { min: 0, max: 100000000000000 }),
    yesNo('Merged', readOnly),
    lookup('MasterId', { table: 'contact', relationship: 'contact_master_contact' }, readOnly),
    lookup('OriginatingLeadId', { table: 'lead', relationship: 'contact_originating_lead' }),
    money('AnnualIncome', { min: 0, max: 100000000000000 }),
    ...address,
    customer('ParentCustomerId', [
      { table: 'account', relationship: 'contact_customer_accounts', cascade: parental },
      {
        table: 'contact',
        relationship: 'contact_customer_contacts',
        cascade: {
          ...removeLink,
          assign: 'Cascade',
          merge: 'Cascade',
          reparent: 'Cascade',
          share: 'Cascade',
          unshare: 'Cascade',
        },
      },
    ]),
    ...standardColumns('contact', {
      ownership: 'UserOwned',
      relationships: {
        createdby: 'lk_contactbase_createdby',
        modifiedby: 'lk_contactbase_modifiedby',
        ownerid: 'owner_contacts',
        owninguser: 'contact_owning_user',
        owningteam: 'team_contacts',
        owningbusinessunit: 'business_unit_contacts',
      },
    }),
  ],
}

const incident: TableDraft = {
  schemaName: 'Incident',
  objectTypeCode: 112,
  displayName: 'Case',
  primaryName: 'title',
  description: 'Request for service.',
  columns: [
    text('Title', { maxLength: 200, required: 'ApplicationRequired', displayName: 'Case Title' }),
    text('TicketNumber', { maxLength: 100, displayName: 'Case Number' }),
    memo('Description', { maxLength: 2000 }),
    choice('PriorityCode', { 1: 'High', 2: 'Normal', 3: 'Low' }, { defaultValue: 2, displayName: 'Priority' }),
    choice('CaseOriginCode', { 1: 'Phone', 2: 'Email', 3: 'Web' }, { displayName: 'Origin' }),
    choice('CaseTypeCode', { 1: 'Question', 2: 'Problem', 3: 'Request' }, { displayName: 'Case Type' }),
    yesNo('IsEscalated'),
    dateTime('FollowupBy', { format: 'DateOnly', displayName: 'Follow Up By' }),
    dateTime('EscalatedOn', { validForCreate: false, validForUpdate: false }),
    customer(
      'CustomerId',
      [
        { table: 'account', relationship: 'incident_customer_accounts', cascade: parental },
        { table: 'contact', relationship: 'incident_customer_contacts', cascade: parental },
      ],
      { required: 'SystemRequired' },
    ),
    lookup('PrimaryContactId', { table: 'contact', relationship: 'contact_as_primary_contact' }),
    yesNo('Merged', readOnly),
    lookup('MasterId', { table: 'incident', relationship: 'incident_master_incident' }, readOnly),
    lookup('ParentCaseId', { table: 'incident', relationship: 'incident_parent_incident', isHierarchical: true }),
    ...stateAndStatus({
      0: { label: 'Active', statuses: { 1: 'In Progress', 2: 'On Hold', 3: 'Waiting for Details', 4: 'Researching' } },
      1: { label: 'Resolved', statuses: { 5: 'Problem Solved', 1000: 'Information Provided' } },
      2: { label: 'Canceled', statuses: { 6: 'Canceled', 2000: 'Merged' } },
    }),
    ...standardColumns('incident', {
      ownership: 'UserOwned',
      state: 'own',
      relationships: {
        createdby: 'lk_incidentbase_createdby',
        modifiedby: 'lk_incidentbase_modifiedby',
        ownerid: 'owner_incidents',
        owninguser: 'system_user_incidents',
        owningteam: 'team_incidents',
        owningbusinessunit: 'business_unit_incidents',
      },
    }),
  ],
}

const opportunity: TableDraft = {
  schemaName: 'Opportunity',
  objectTypeCode: 3,
  displayName: 'Opportunity',
  displayCollectionName: 'Opportunities',
  entitySetName: 'opportunities',
  primaryName: 'name',
  columns: [
    text('Name', { maxLength: 300, required: 'ApplicationRequired', displayName: 'Topic' }),
    memo('Description', { maxLength: 2000 }),
    money('EstimatedValue', { min: 0, max: 1000000000000, displayName: 'Est. Revenue' }),
    money('BudgetAmount', { min: 0, max: 1000000000000, displayName: 'Budget Amount' }),
    dateTime('EstimatedCloseDate', { behavior: 'DateOnly', displayName: 'Est. Close Date' }),
    integer('CloseProbability', { min: 0, max: 100, displayName: 'Probability' }),
    choice('OpportunityRatingCode', { 1: 'Hot', 2: 'Warm', 3: 'Cold' }, { defaultValue: 2, displayName: 'Rating' }),
    decimal('Discount', { min: 0, max: 100, precision: 2 }),
    money('ActualValue', { min: 0, max: 1000000000000, displayName: 'Actual Revenue' }),
    dateTime('ActualCloseDate', { behavior: 'DateOnly', displayName: 'Actual Close Date' }),
    lookup('ParentAccountId', { table: 'account', relationship: 'opportunity_parent_account' }),
    lookup('ParentContactId', { table: 'contact', relationship: 'opportunity_parent_contact' }),
    lookup('OriginatingLeadId', { table: 'lead', relationship: 'opportunity_originating_lead' }),
    customer('CustomerId', [
      { table: 'account', relationship: 'opportunity_customer_accounts', cascade: parental },
      { table: 'contact', relationship: 'opportunity_customer_contacts', cascade: parental },
    ]),
    ...stateAndStatus({
      0: { label: 'Open', statuses: { 1: 'In Progress', 2: 'On Hold' } },
      1: { label: 'Won', statuses: { 3: 'Won' } },
      2: { label: 'Lost', statuses: { 4: 'Canceled', 5: 'Out-Sold' } },
    }),
    ...standardColumns('opportunity', {
      ownership: 'UserOwned',
      state: 'own',
      relationships: {
        createdby: 'lk_opportunitybase_createdby',
        modifiedby: 'lk_opportunitybase_modifiedby',
        ownerid: 'owner_opportunitys',
        owninguser: 'opportunity_owning_user',
        owningteam: 'team_opportunities',
        owningbusinessunit: 'business_unit_opportunities',
      },
    }),
  ],
}

const annotation: TableDraft = {
  schemaName: 'Annotation',
  objectTypeCode: 5,
  displayName: 'Note',
  primaryName: 'subject',
  columns: [
    text('Subject', { maxLength: 500, displayName: 'Title' }),
    memo('NoteText', { maxLength: 100000, displayName: 'Description' }),
    yesNo('IsDocument'),
    text('FileName', { maxLength: 255 }),
    text('MimeType', { maxLength: 256 }),
    text('DocumentBody', { maxLength: 1073741823, format: 'TextArea', displayName: 'Document' }),
    integer('FileSize', { min: 0, max: 1000000000, validForCreate: false, validForUpdate: false }),
    entityName('ObjectTypeCode', { displayName: 'Object Type', formula: (row) => row[targetKey('objectid')] ?? null }),
    lookup(
      'ObjectId',
      [
        { table: 'account', relationship: 'Account_Annotation', cascade: parental },
        { table: 'contact', relationship: 'Contact_Annotation', cascade: parental },
        { table: 'incident', relationship: 'Incident_Annotation', cascade: parental },
        { table: 'task', relationship: 'Task_Annotation', cascade: parental },
        { table: 'phonecall', relationship: 'PhoneCall_Annotation', cascade: parental },
        { table: 'msdyn_workorder', relationship: 'msdyn_workorder_Annotations', cascade: parental },
        {
          table: 'msdyn_workorderservicetask',
          relationship: 'msdyn_workorderservicetask_Annotations',
          cascade: parental,
        },
      ],
      { displayName: 'Regarding' },
    ),
    ...standardColumns('annotation', {
      ownership: 'UserOwned',
      state: 'own',
      relationships: {
        createdby: 'lk_annotationbase_createdby',
        modifiedby: 'lk_annotationbase_modifiedby',
        ownerid: 'owner_annotations',
        owninguser: 'annotation_owning_user',
        owningteam: 'team_annotations',
        owningbusinessunit: 'business_unit_annotations',
      },
    }),
  ],
}

/** Accounts, contacts, cases, opportunities and notes. */
export const customerTables: readonly TableDraft[] = [account, contact, incident, opportunity, annotation]
