import { stateAndStatus } from '../schema.ts'
import type { ColumnDraft, Formula } from '../schema.ts'

// What `$metadata` does not tell and Dataverse has alike in every organisation.

/** Object type codes of tables that every organisation has. */
export const objectTypeCodes: Readonly<Record<string, number>> = {
  account: 1,
  contact: 2,
  opportunity: 3,
  lead: 4,
  annotation: 5,
  systemuser: 8,
  team: 9,
  businessunit: 10,
  incident: 112,
  activityparty: 135,
  competitor: 123,
  quote: 1084,
  salesorder: 1088,
  invoice: 1090,
  pricelevel: 1022,
  product: 1024,
  organization: 1019,
  role: 1036,
  savedquery: 1039,
  customeraddress: 1071,
  activitypointer: 4200,
  appointment: 4201,
  email: 4202,
  fax: 4204,
  letter: 4207,
  phonecall: 4210,
  task: 4212,
  userquery: 4230,
  queue: 2020,
  queueitem: 2029,
  territory: 2013,
  connection: 3234,
  transactioncurrency: 9105,
}

const yes = (
  label: string,
  statuses: Readonly<Record<number, string>>,
): { label: string; statuses: typeof statuses } => ({
  label,
  statuses,
})

const activity = {
  0: yes('Open', { 1: 'Open' }),
  1: yes('Completed', { 2: 'Completed' }),
  2: yes('Canceled', { 3: 'Canceled' }),
  3: yes('Scheduled', { 4: 'Scheduled' }),
}
const task = {
  0: yes('Open', { 2: 'Not Started', 3: 'In Progress', 4: 'Waiting on someone else', 7: 'Deferred' }),
  1: yes('Completed', { 5: 'Completed' }),
  2: yes('Canceled', { 6: 'Canceled' }),
}
const incident = {
  0: yes('Active', { 1: 'In Progress', 2: 'On Hold', 3: 'Waiting for Details', 4: 'Researching' }),
  1: yes('Resolved', { 5: 'Problem Solved', 1000: 'Information Provided' }),
  2: yes('Canceled', { 6: 'Canceled', 2000: 'Merged' }),
}
const opportunity = {
  0: yes('Open', { 1: 'In Progress', 2: 'On Hold' }),
  1: yes('Won', { 3: 'Won' }),
  2: yes('Lost', { 4: 'Canceled', 5: 'Out-Sold' }),
}
const lead = {
  0: yes('Open', { 1: 'New', 2: 'Contacted' }),
  1: yes('Qualified', { 3: 'Qualified' }),
  2: yes('Disqualified', { 4: 'Lost', 5: 'Cannot Contact', 6: 'No Longer Interested', 7: 'Canceled' }),
}
const ordinary = { 0: yes('Active', { 1: 'Active' }), 1: yes('Inactive', { 2: 'Inactive' }) }

const states: Readonly<Record<string, Parameters<typeof stateAndStatus>[0]>> = { task, incident, opportunity, lead }

/** `statecode` and `statuscode` of a table whose options are not told. */
export function statesOf(table: string, isActivity: boolean): readonly ColumnDraft[] {
  return stateAndStatus(states[table] ?? (isActivity ? activity : ordinary))
}

/** Text columns that are Memo columns wherever they appear. */
export const memoColumns: ReadonlySet<string> = new Set([
  'description',
  'notetext',
  'comments',
  'body',
  'safedescription',
])

/** Columns nobody writes but the server. */
export const serverColumns: ReadonlySet<string> = new Set([
  'createdon',
  'createdby',
  'createdonbehalfby',
  'createdbyexternalparty',
  'modifiedon',
  'modifiedby',
  'modifiedonbehalfby',
  'modifiedbyexternalparty',
  'versionnumber',
  'exchangerate',
  'owningbusinessunit',
  'owninguser',
  'owningteam',
  'organizationid',
  'traversedpath',
])

const fullName: Formula = (row) => {
  const parts = [row['firstname'], row['lastname']].filter((part) => typeof part === 'string' && part !== '')
  return parts.length === 0 ? null : parts.join(' ')
}
const withFullName: ReadonlySet<string> = new Set(['contact', 'lead', 'systemuser'])

/** How the server computes a column of a table that every organisation has. */
export function formulaOf(table: string, column: string): Formula | undefined {
  return column === 'fullname' && withFullName.has(table) ? fullName : undefined
}

/** Columns that every activity type has from activitypointer. */
export const inheritedActivityColumns: ReadonlySet<string> = new Set(
  `
  activityadditionalparams activityid activitytypecode actualdurationminutes actualend actualstart community createdby
  createdon createdonbehalfby deliverylastattemptedon deliveryprioritycode description descriptionblobid
  descriptionblobid_name exchangeitemid exchangerate exchangeweblink formattedscheduledend formattedscheduledstart
  instancetypecode isbilled ismapiprivate isregularactivity isworkflowcreated lastonholdtime leftvoicemail modifiedby
  modifiedon modifiedonbehalfby onholdtime ownerid owningbusinessunit owningteam owninguser
  postponeactivityprocessinguntil prioritycode processid regardingobjectid scheduleddurationminutes scheduledend
  scheduledstart sendermailboxid senton seriesid serviceid slaid slainvokedid sortdate stageid statecode statuscode
  subject timezoneruleversionnumber transactioncurrencyid traversedpath utcconversiontimezonecode versionnumber`
    .trim()
    .split(/\s+/),
)
