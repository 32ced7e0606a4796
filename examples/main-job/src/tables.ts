import type { Configuration } from '@outpost/core'

/** A table that the laptop keeps, with all that the comparison has to know to read it from the master without Outpost. */
export interface KeptTable {
  readonly name: string
  /** Its name in URLs of the Web API. */
  readonly set: string
  readonly id: string
  readonly columns: readonly string[]
  /** The columns that are lookups; those that can point to several tables are named in `polymorphic` too. */
  readonly lookups?: readonly string[]
  readonly polymorphic?: readonly string[]
  /** A table that belongs to the whole company is kept whole; of the others only what is active and owned in the north. */
  readonly whole?: true
  /** The two columns that identify a row, in a table that holds the links of a many-to-many relationship. */
  readonly link?: readonly [string, string]
}

export const KEPT_TABLES: readonly KeptTable[] = [
  {
    name: 'account',
    set: 'accounts',
    id: 'accountid',
    columns: [
      'name',
      'accountnumber',
      'telephone1',
      'creditonhold',
      'revenue',
      'address1_city',
      'address1_latitude',
      'primarycontactid',
      'ownerid',
      'statecode',
    ],
    lookups: ['primarycontactid', 'ownerid'],
    polymorphic: ['ownerid'],
  },
  {
    name: 'contact',
    set: 'contacts',
    id: 'contactid',
    columns: ['fullname', 'firstname', 'lastname', 'emailaddress1', 'birthdate', 'parentcustomerid', 'ownerid'],
    lookups: ['parentcustomerid', 'ownerid'],
    polymorphic: ['parentcustomerid', 'ownerid'],
  },
  {
    name: 'incident',
    set: 'incidents',
    id: 'incidentid',
    columns: ['title', 'ticketnumber', 'prioritycode', 'customerid', 'statuscode', 'modifiedon'],
    lookups: ['customerid'],
    polymorphic: ['customerid'],
  },
  {
    name: 'task',
    set: 'tasks',
    id: 'activityid',
    columns: ['subject', 'prioritycode', 'scheduledend', 'regardingobjectid', 'statuscode'],
    lookups: ['regardingobjectid'],
    polymorphic: ['regardingobjectid'],
  },
  {
    name: 'msdyn_workorder',
    set: 'msdyn_workorders',
    id: 'msdyn_workorderid',
    columns: [
      'msdyn_name',
      'msdyn_workordersummary',
      'msdyn_systemstatus',
      'msdyn_city',
      'msdyn_totalamount',
      'new_traveldistance',
      'new_safetymeasures',
      'new_sitearrival',
      'msdyn_datewindowstart',
      'msdyn_serviceaccount',
      'ownerid',
      'statecode',
      'modifiedon',
    ],
    lookups: ['msdyn_serviceaccount', 'ownerid'],
    polymorphic: ['ownerid'],
  },
  {
    name: 'msdyn_workorderservicetask',
    set: 'msdyn_workorderservicetasks',
    id: 'msdyn_workorderservicetaskid',
    columns: [
      'msdyn_name',
      'msdyn_lineorder',
      'msdyn_percentcomplete',
      'msdyn_estimatedduration',
      'msdyn_workorder',
      'ownerid',
      'statuscode',
    ],
    lookups: ['msdyn_workorder', 'ownerid'],
    polymorphic: ['ownerid'],
  },
  { name: 'new_skill', set: 'new_skills', id: 'new_skillid', columns: ['new_name', 'new_level'], whole: true },
  {
    name: 'bookableresource',
    set: 'bookableresources',
    id: 'bookableresourceid',
    columns: ['name', 'resourcetype', 'userid'],
    lookups: ['userid'],
    whole: true,
  },
  {
    name: 'new_skill_bookableresource',
    set: 'new_skill_bookableresourceset',
    id: 'new_skill_bookableresourceid',
    columns: ['new_skillid', 'bookableresourceid'],
    link: ['new_skillid', 'bookableresourceid'],
    whole: true,
  },
]

/** What the laptop keeps, as its client org is told. */
export function configurationFor(businessUnit: string): Configuration {
  const syncFilter = `statecode eq 0 and owningbusinessunit eq ${businessUnit}`
  return {
    tables: Object.fromEntries(
      KEPT_TABLES.map((table) => [
        table.name,
        { columns: table.columns, syncDeletion: true, ...(table.whole ? {} : { syncFilter }) },
      ]),
    ),
  }
}
