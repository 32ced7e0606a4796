import {
  choice,
  dateTime,
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

const shared: readonly ColumnDraft[] = [
  text('Subject', { maxLength: 200, required: 'ApplicationRequired' }),
  memo('Description', { maxLength: 2000 }),
  entityName('ActivityTypeCode', { ...readOnly, required: 'SystemRequired', displayName: 'Activity Type' }),
  choice('PriorityCode', { 0: 'Low', 1: 'Normal', 2: 'High' }, { defaultValue: 1, displayName: 'Priority' }),
  dateTime('ScheduledStart', { displayName: 'Start Date' }),
  dateTime('ScheduledEnd', { displayName: 'Due Date' }),
  dateTime('ActualStart'),
  dateTime('ActualEnd'),
  integer('ActualDurationMinutes', { min: 0, max: 2147483647, format: 'Duration', displayName: 'Duration' }),
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
    ...shared,
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
    ...shared,
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
    ...shared,
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

/** Tasks, phone calls, and the table that lists activities of every kind. */
export const activityTables: readonly TableDraft[] = [activityPointer, task, phoneCall]
