import {
  choice,
  dateTime,
  integer,
  lookup,
  memo,
  noCascade,
  parental,
  readOnly,
  standardColumns,
  stateAndStatus,
  text,
  yesNo,
} from '../../schema.ts'
import type { TableDraft } from '../../schema.ts'
import { activityColumns } from './activities.ts'

const letter: TableDraft = {
  schemaName: 'Letter',
  objectTypeCode: 4207,
  displayName: 'Letter',
  primaryId: 'activityid',
  primaryName: 'subject',
  isActivity: true,
  columns: [
    ...activityColumns,
    text('Address', { maxLength: 200 }),
    yesNo('DirectionCode', { defaultValue: true, trueLabel: 'Outgoing', falseLabel: 'Incoming' }),
    lookup('RegardingObjectId', [
      {
        table: 'account',
        relationship: 'Account_Letters',
        navigation: 'regardingobjectid_account_letter',
        cascade: parental,
      },
      {
        table: 'contact',
        relationship: 'Contact_Letters',
        navigation: 'regardingobjectid_contact_letter',
        cascade: parental,
      },
    ]),
    ...stateAndStatus({
      0: { label: 'Open', statuses: { 1: 'Open', 2: 'Draft' } },
      1: { label: 'Completed', statuses: { 3: 'Received', 4: 'Sent' } },
      2: { label: 'Canceled', statuses: { 5: 'Canceled' } },
    }),
    ...standardColumns('letter', {
      ownership: 'UserOwned',
      state: 'own',
      navigation: (column) => `${column}_letter`,
      relationships: { ownerid: 'owner_letters', owningbusinessunit: 'business_unit_letter_activities' },
    }),
  ],
}

const queue: TableDraft = {
  schemaName: 'Queue',
  objectTypeCode: 2020,
  displayName: 'Queue',
  primaryName: 'name',
  columns: [
    text('Name', { maxLength: 200, required: 'SystemRequired' }),
    memo('Description', { maxLength: 2000 }),
    text('EMailAddress', { maxLength: 100, format: 'Email', displayName: 'Incoming Email' }),
    choice('QueueViewType', { 0: 'Public', 1: 'Private' }, { defaultValue: 0, displayName: 'Type' }),
    ...standardColumns('queue', {
      ownership: 'UserOwned',
      relationships: {
        createdby: 'lk_queuebase_createdby',
        modifiedby: 'lk_queuebase_modifiedby',
        ownerid: 'owner_queues',
        owningbusinessunit: 'business_unit_queues2',
      },
    }),
  ],
}

const QUEUED: readonly (readonly [table: string, relationship: string])[] = [
  ['incident', 'Incident_QueueItem'],
  ['letter', 'Letter_QueueItem'],
  ['phonecall', 'PhoneCall_QueueItem'],
  ['task', 'Task_QueueItem'],
  ['email', 'Email_QueueItem'],
  ['appointment', 'Appointment_QueueItem'],
]

const queueItem: TableDraft = {
  schemaName: 'QueueItem',
  objectTypeCode: 2029,
  displayName: 'Queue Item',
  primaryName: 'title',
  ownership: 'OrganizationOwned',
  columns: [
    text('Title', { maxLength: 300, validForCreate: false, validForUpdate: false }),
    dateTime('EnteredOn', { ...readOnly, displayName: 'Entered Queue' }),
    integer('ObjectTypeCode', { ...readOnly }),
    dateTime('WorkerIdModifiedOn', { ...readOnly }),
    lookup(
      'QueueId',
      { table: 'queue', relationship: 'queue_entries', cascade: parental },
      { required: 'SystemRequired' },
    ),
    lookup(
      'ObjectId',
      QUEUED.map(([table, relationship]) => ({ table, relationship, cascade: parental })),
      { validForUpdate: false },
    ),
    lookup('WorkerId', [
      { table: 'systemuser', relationship: 'lk_queueitembase_workerid', cascade: noCascade },
      { table: 'team', relationship: 'team_queueitembase_workerid', cascade: noCascade },
    ]),
    ...standardColumns('queueitem', {
      ownership: 'OrganizationOwned',
      relationships: {
        createdby: 'lk_queueitembase_createdby',
        modifiedby: 'lk_queueitembase_modifiedby',
        organizationid: 'organization_queueitems',
      },
    }),
  ],
}

/** Queues, what stands in them, and letters, which the documentation puts there. */
export const queueTables: readonly TableDraft[] = [letter, queue, queueItem]
