import {
  bigInt,
  choice,
  choices,
  customer,
  dateTime,
  decimal,
  double,
  integer,
  lookup,
  memo,
  money,
  noCascade,
  parental,
  readOnly,
  removeLink,
  restrict,
  Schema,
  stateAndStatus,
  text,
  yesNo,
} from '@outpost/dataverse-emulator'
import type { ColumnDraft, ManyToManyDraft, TableDraft } from '@outpost/dataverse-emulator'
import { fullName, systemLinks, systemTables } from './system-tables.ts'

/** What every row has. Tables of users have an owner as well. */
function standard(table: string, owned: 'by users' | 'by the organisation'): readonly ColumnDraft[] {
  return [
    dateTime('CreatedOn', readOnly),
    dateTime('ModifiedOn', readOnly),
    bigInt('VersionNumber', readOnly),
    ...(owned === 'by users'
      ? [
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
        ]
      : []),
  ]
}

const active = stateAndStatus({
  0: { label: 'Active', statuses: { 1: 'Active' } },
  1: { label: 'Inactive', statuses: { 2: 'Inactive' } },
})

// Looks up itself and, in a circle, contacts.
const account: TableDraft = {
  schemaName: 'Account',
  objectTypeCode: 1,
  displayName: 'Account',
  primaryName: 'name',
  columns: [
    text('Name', { maxLength: 160, required: 'ApplicationRequired' }),
    text('Telephone1', { maxLength: 50, format: 'Phone' }),
    text('Fax', { maxLength: 50, format: 'Phone' }),
    integer('NumberOfEmployees', { min: 0, max: 1_000_000 }),
    money('Revenue', { min: 0, max: 1_000_000_000 }),
    yesNo('CreditOnHold'),
    choice('IndustryCode', { 1: 'Accounting', 2: 'Agriculture', 5: 'Building Supplies' }),
    lookup('PrimaryContactId', { table: 'contact', relationship: 'account_primary_contact', cascade: removeLink }),
    lookup('ParentAccountId', {
      table: 'account',
      relationship: 'account_parent_account',
      cascade: { ...removeLink, assign: 'Cascade', share: 'Cascade', unshare: 'Cascade' },
      isHierarchical: true,
    }),
    ...standard('account', 'by users'),
    ...active,
  ],
}

// A polymorphic lookup, and a name that the server computes. Goes with its account.
const contact: TableDraft = {
  schemaName: 'Contact',
  objectTypeCode: 2,
  displayName: 'Contact',
  primaryName: 'fullname',
  columns: [
    text('FullName', { maxLength: 160, formula: fullName }),
    text('FirstName', { maxLength: 50 }),
    text('LastName', { maxLength: 50, required: 'ApplicationRequired' }),
    dateTime('BirthDate', { behavior: 'DateOnly' }),
    customer('ParentCustomerId', [
      { table: 'account', relationship: 'contact_customer_accounts', cascade: parental },
      { table: 'contact', relationship: 'contact_customer_contacts', cascade: removeLink },
    ]),
    ...standard('contact', 'by users'),
    ...active,
  ],
}

// Keeps its account from being deleted; has states with several reasons.
const job: TableDraft = {
  schemaName: 'new_Job',
  objectTypeCode: 10001,
  displayName: 'Job',
  primaryName: 'new_name',
  columns: [
    text('new_Name', { required: 'ApplicationRequired' }),
    memo('new_Notes', { maxLength: 2000 }),
    dateTime('new_Due'),
    integer('new_Duration', { min: 0, max: 10_000, format: 'Duration' }),
    decimal('new_Hours', { min: 0, max: 1000, precision: 2 }),
    lookup('new_AccountId', { table: 'account', relationship: 'new_account_new_job', cascade: restrict }),
    ...standard('new_job', 'by users'),
    ...stateAndStatus({
      0: { label: 'Open', statuses: { 1: 'New', 2: 'Under Way' } },
      1: { label: 'Closed', statuses: { 3: 'Done', 4: 'Cancelled' } },
    }),
  ],
}

// Goes with its job: is deleted, assigned and shared with it.
const task: TableDraft = {
  schemaName: 'new_Task',
  objectTypeCode: 10002,
  displayName: 'Task',
  primaryName: 'new_name',
  columns: [
    text('new_Name', { required: 'ApplicationRequired' }),
    yesNo('new_Done'),
    lookup('new_JobId', { table: 'new_job', relationship: 'new_job_new_task', cascade: parental }),
    ...standard('new_task', 'by users'),
    ...active,
  ],
}

// Its bodies come after everything else.
const note: TableDraft = {
  schemaName: 'Annotation',
  objectTypeCode: 5,
  displayName: 'Note',
  primaryName: 'subject',
  columns: [
    text('Subject', { maxLength: 500 }),
    memo('NoteText', { maxLength: 100_000 }),
    text('FileName', { maxLength: 255 }),
    memo('DocumentBody', { maxLength: 1_073_741_823 }),
    yesNo('IsDocument'),
    lookup('ObjectId', [
      { table: 'account', relationship: 'Account_Annotation', navigation: 'objectid_account', cascade: parental },
      { table: 'new_job', relationship: 'new_job_Annotations', navigation: 'objectid_new_job', cascade: parental },
    ]),
    ...standard('annotation', 'by users'),
  ],
}

// Without optimistic concurrency.
const reading: TableDraft = {
  schemaName: 'new_Reading',
  objectTypeCode: 10003,
  displayName: 'Reading',
  primaryName: 'new_name',
  optimisticConcurrency: false,
  columns: [
    text('new_Name', { required: 'ApplicationRequired' }),
    double('new_Value', { min: -100_000, max: 100_000, precision: 4 }),
    dateTime('new_ReadOn', { behavior: 'TimeZoneIndependent' }),
    lookup('new_JobId', { table: 'new_job', relationship: 'new_job_new_reading', cascade: removeLink }),
    ...standard('new_reading', 'by users'),
    ...active,
  ],
}

// The organisation's, with an alternate key and change tracking that everybody may use.
const skill: TableDraft = {
  schemaName: 'new_Skill',
  objectTypeCode: 10004,
  displayName: 'Skill',
  primaryName: 'new_name',
  ownership: 'OrganizationOwned',
  columns: [
    text('new_Name', { required: 'ApplicationRequired' }),
    integer('new_Level', { min: 1, max: 5 }),
    integer('new_Code', { min: 0, max: 100_000 }),
    ...standard('new_skill', 'by the organisation'),
    ...active,
  ],
  keys: [{ schemaName: 'new_CodeKey', displayName: 'Code', columns: ['new_code'] }],
}

// Without change tracking. Its amounts are counted, not set.
const part: TableDraft = {
  schemaName: 'new_Part',
  objectTypeCode: 10005,
  displayName: 'Part',
  primaryName: 'new_name',
  ownership: 'OrganizationOwned',
  changeTracking: false,
  canEnableChangeTracking: false,
  columns: [
    text('new_Name', { required: 'ApplicationRequired' }),
    integer('new_Stock', { min: -100_000, max: 1_000_000 }),
    choices('new_Tags', { 1: 'Heavy', 2: 'Fragile', 3: 'Rare' }),
    ...standard('new_part', 'by the organisation'),
    ...active,
  ],
}

const skillsOfContacts: ManyToManyDraft = {
  schemaName: 'new_Skill_Contact',
  intersectTable: 'new_skill_contact',
  intersectSet: 'new_skill_contactset',
  objectTypeCode: 10006,
  table1: 'new_skill',
  navigation1: 'new_Skill_Contact',
  table2: 'contact',
  navigation2: 'new_Skill_Contact',
  changeTracking: true,
}

/** The tables of a small field-service company: few columns, and one of everything that makes a difference. */
export function makeSchema(): Schema {
  return new Schema({
    tables: [...systemTables, account, contact, job, task, note, reading, skill, part],
    manyToMany: [...systemLinks, skillsOfContacts],
  })
}
