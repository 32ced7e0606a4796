import {
  bigInt,
  choice,
  dateTime,
  double,
  entityName,
  integer,
  lookup,
  memo,
  parental,
  readOnly,
  removeLink,
  standardColumns,
  stateAndStatus,
  text,
  yesNo,
} from '../../schema.ts'
import type { ColumnDraft, LookupDraft, TableDraft, TargetOptions } from '../../schema.ts'

type Regarding = readonly [table: string, relationship: string]

const regardingTask: readonly Regarding[] = [
  ['account', 'Account_Tasks'],
  ['contact', 'Contact_Tasks'],
  ['incident', 'Incident_Tasks'],
  ['opportunity', 'Opportunity_Tasks'],
  ['msdyn_workorder', 'msdyn_workorder_Tasks'],
]
const regardingCall: readonly Regarding[] = [
  ['account', 'Account_Phonecalls'],
  ['contact', 'Contact_Phonecalls'],
  ['incident', 'Incident_Phonecalls'],
  ['opportunity', 'Opportunity_Phonecalls'],
  ['msdyn_workorder', 'msdyn_workorder_PhoneCalls'],
]
const regardingEmail: readonly Regarding[] = [
  ['account', 'Account_Emails'],
  ['contact', 'Contact_Emails'],
  ['incident', 'Incident_Emails'],
  ['opportunity', 'Opportunity_Emails'],
  ['msdyn_workorder', 'msdyn_workorder_Emails'],
]
const regardingAppointment: readonly Regarding[] = [
  ['account', 'Account_Appointments'],
  ['contact', 'Contact_Appointments'],
  ['incident', 'Incident_Appointments'],
  ['opportunity', 'Opportunity_Appointments'],
  ['msdyn_workorder', 'msdyn_workorder_Appointments'],
]
const regardingAny: readonly Regarding[] = [
  ['account', 'Account_ActivityPointers'],
  ['contact', 'Contact_ActivityPointers'],
  ['incident', 'Incident_ActivityPointers'],
  ['opportunity', 'Opportunity_ActivityPointers'],
  ['msdyn_workorder', 'msdyn_workorder_ActivityPointers'],
]

function regarding(targets: readonly Regarding[], suffix: string, cascade: TargetOptions['cascade']): LookupDraft {
  return lookup(
    'RegardingObjectId',
    targets.map(([table, relationship]) => ({
      table,
      relationship,
      navigation: `regardingobjectid_${table}${suffix}`,
      ...(cascade === undefined ? {} : { cascade }),
    })),
    { displayName: 'Regarding' },
  )
}

/** The columns that activities of every kind have. */
export const activityColumns: readonly ColumnDraft[] = [
  text('Subject', { maxLength: 200, required: 'ApplicationRequired' }),
  memo('Description', { maxLength: 2000 }),
  entityName('ActivityTypeCode', { ...readOnly, required: 'SystemRequired', displayName: 'Activity Type' }),
  choice('PriorityCode', { 0: 'Low', 1: 'Normal', 2: 'High' }, { defaultValue: 1, displayName: 'Priority' }),
  dateTime('ScheduledStart', { displayName: 'Start Date' }),
  dateTime('ScheduledEnd', { displayName: 'Due Date' }),
  dateTime('ActualStart'),
  dateTime('ActualEnd'),
  integer('ActualDurationMinutes', { min: 0, max: 2147483647, format: 'Duration', displayName: 'Duration' }),
  integer('ScheduledDurationMinutes', { min: 0, max: 2147483647, format: 'Duration' }),
  yesNo('IsRegularActivity', { ...readOnly, defaultValue: true, required: 'SystemRequired' }),
]

const activityPointer: TableDraft = {
  schemaName: 'ActivityPointer',
  objectTypeCode: 4200,
  displayName: 'Activity',
  displayCollectionName: 'Activities',
  primaryId: 'activityid',
  primaryName: 'subject',
  isActivity: true,
  columns: [
    ...activityColumns,
    regarding(regardingAny, '', removeLink),
    ...stateAndStatus({
      0: { label: 'Open', statuses: { 1: 'Open' } },
      1: { label: 'Completed', statuses: { 2: 'Completed' } },
      2: { label: 'Canceled', statuses: { 3: 'Canceled' } },
      3: { label: 'Scheduled', statuses: { 4: 'Scheduled' } },
    }),
    ...standardColumns('activitypointer', {
      ownership: 'UserOwned',
      state: 'own',
      relationships: { owninguser: 'user_activity', owningteam: 'team_activity' },
    }),
  ],
}

const task: TableDraft = {
  schemaName: 'Task',
  objectTypeCode: 4212,
  displayName: 'Task',
  primaryId: 'activityid',
  primaryName: 'subject',
  isActivity: true,
  columns: [
    ...activityColumns,
    text('Category', { maxLength: 250 }),
    integer('PercentComplete', { min: 0, max: 100 }),
    regarding(regardingTask, '_task', parental),
    ...stateAndStatus({
      0: {
        label: 'Open',
        statuses: { 2: 'Not Started', 3: 'In Progress', 4: 'Waiting on someone else', 7: 'Deferred' },
      },
      1: { label: 'Completed', statuses: { 5: 'Completed' } },
      2: { label: 'Canceled', statuses: { 6: 'Canceled' } },
    }),
    ...standardColumns('task', { ownership: 'UserOwned', state: 'own', navigation: (column) => `${column}_task` }),
  ],
}

const phoneCall: TableDraft = {
  schemaName: 'PhoneCall',
  objectTypeCode: 4210,
  displayName: 'Phone Call',
  primaryId: 'activityid',
  primaryName: 'subject',
  isActivity: true,
  columns: [
    ...activityColumns,
    text('PhoneNumber', { maxLength: 200, format: 'Phone' }),
    yesNo('DirectionCode', {
      defaultValue: true,
      trueLabel: 'Outgoing',
      falseLabel: 'Incoming',
      displayName: 'Direction',
    }),
    regarding(regardingCall, '_phonecall', parental),
    ...stateAndStatus({
      0: { label: 'Open', statuses: { 1: 'Open' } },
      1: { label: 'Completed', statuses: { 2: 'Made', 4: 'Received' } },
      2: { label: 'Canceled', statuses: { 3: 'Canceled' } },
    }),
    ...standardColumns('phonecall', {
      ownership: 'UserOwned',
      state: 'own',
      navigation: (column) => `${column}_phonecall`,
    }),
  ],
}

const email: TableDraft = {
  schemaName: 'Email',
  objectTypeCode: 4202,
  displayName: 'Email',
  displayCollectionName: 'Email Messages',
  primaryId: 'activityid',
  primaryName: 'subject',
  isActivity: true,
  columns: [
    ...activityColumns,
    text('Sender', { maxLength: 250, format: 'Email', displayName: 'From' }),
    text('ToRecipients', { maxLength: 500, format: 'Email', displayName: 'To Recipients' }),
    text('Category', { maxLength: 250 }),
    text('MimeType', { maxLength: 256 }),
    text('MessageId', { maxLength: 320 }),
    dateTime('SentOn', { ...readOnly, displayName: 'Date Sent' }),
    yesNo('DirectionCode', { defaultValue: true, trueLabel: 'Outgoing', falseLabel: 'Incoming' }),
    yesNo('ReadReceiptRequested'),
    yesNo('DeliveryReceiptRequested'),
    regarding(regardingEmail, '_email', parental),
    ...stateAndStatus({
      0: { label: 'Open', statuses: { 1: 'Draft', 8: 'Failed' } },
      1: {
        label: 'Completed',
        statuses: { 2: 'Completed', 3: 'Sent', 4: 'Received', 6: 'Pending Send', 7: 'Sending' },
      },
      2: { label: 'Canceled', statuses: { 5: 'Canceled' } },
    }),
    ...standardColumns('email', { ownership: 'UserOwned', state: 'own', navigation: (column) => `${column}_email` }),
  ],
}

const appointment: TableDraft = {
  schemaName: 'Appointment',
  objectTypeCode: 4201,
  displayName: 'Appointment',
  primaryId: 'activityid',
  primaryName: 'subject',
  isActivity: true,
  columns: [
    ...activityColumns,
    text('Location', { maxLength: 200 }),
    yesNo('IsAllDayEvent'),
    regarding(regardingAppointment, '_appointment', parental),
    ...stateAndStatus({
      0: { label: 'Open', statuses: { 1: 'Free', 2: 'Tentative' } },
      1: { label: 'Completed', statuses: { 3: 'Completed' } },
      2: { label: 'Canceled', statuses: { 4: 'Canceled' } },
      3: { label: 'Scheduled', statuses: { 5: 'Busy', 6: 'Out of Office' } },
    }),
    ...standardColumns('appointment', {
      ownership: 'UserOwned',
      state: 'own',
      navigation: (column) => `${column}_appointment`,
    }),
  ],
}

const activityParty: TableDraft = {
  schemaName: 'ActivityParty',
  objectTypeCode: 135,
  displayName: 'Activity Party',
  displayCollectionName: 'Activity Parties',
  entitySetName: 'activityparties',
  ownership: 'None',
  columns: [
    choice(
      'ParticipationTypeMask',
      {
        1: 'Sender',
        2: 'To Recipient',
        3: 'CC Recipient',
        4: 'BCC Recipient',
        5: 'Required attendee',
        6: 'Optional attendee',
        7: 'Organizer',
        8: 'Regarding',
        9: 'Owner',
        10: 'Resource',
        11: 'Customer',
        12: 'Chat Participant',
      },
      { displayName: 'Participation Type' },
    ),
    lookup(
      'ActivityId',
      ['email', 'appointment', 'phonecall', 'task', 'letter'].map((table) => ({
        table,
        relationship: `${table}_activity_parties`,
        cascade: parental,
      })),
      { displayName: 'Activity' },
    ),
    lookup(
      'PartyId',
      [
        { table: 'account', relationship: 'account_activity_parties' },
        { table: 'contact', relationship: 'contact_activity_parties' },
        { table: 'systemuser', relationship: 'system_user_activity_parties' },
        { table: 'incident', relationship: 'incident_activity_parties' },
        { table: 'opportunity', relationship: 'opportunity_activity_parties' },
        { table: 'lead', relationship: 'lead_activity_parties' },
        { table: 'queue', relationship: 'queue_activity_parties' },
      ],
      { displayName: 'Party' },
    ),
    text('AddressUsed', { maxLength: 200, displayName: 'Address' }),
    text('UnresolvedPartyName', { maxLength: 100 }),
    yesNo('IsPartyDeleted', readOnly),
    yesNo('DoNotEmail', readOnly),
    yesNo('DoNotPhone', readOnly),
    double('Effort', { min: 0, max: 1000000000, precision: 2 }),
    dateTime('ScheduledStart', readOnly),
    dateTime('ScheduledEnd', readOnly),
    bigInt('VersionNumber', readOnly),
  ],
}

/** Activities and the people in them, and the table that lists activities of every kind. */
export const activityTables: readonly TableDraft[] = [
  activityPointer,
  task,
  phoneCall,
  email,
  appointment,
  activityParty,
]
