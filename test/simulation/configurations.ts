import type { Configuration, TableConfiguration } from '@outpost/core'

const ACCOUNT = [
  'name',
  'telephone1',
  'fax',
  'numberofemployees',
  'revenue',
  'creditonhold',
  'industrycode',
  'primarycontactid',
  'parentaccountid',
  'modifiedon',
  'statecode',
  'statuscode',
]
const CONTACT = ['firstname', 'lastname', 'fullname', 'birthdate', 'parentcustomerid', 'ownerid', 'modifiedon']
const JOB = [
  'new_name',
  'new_notes',
  'new_due',
  'new_duration',
  'new_hours',
  'new_accountid',
  'statecode',
  'statuscode',
]
const TASK = ['new_name', 'new_done', 'new_jobid', 'ownerid']
const NOTE = ['subject', 'notetext', 'filename', 'isdocument', 'documentbody', 'objectid']
const READING = ['new_name', 'new_value', 'new_readon', 'new_jobid']
const SKILL = ['new_name', 'new_level', 'new_code']
const PART = ['new_name', 'new_stock', 'new_tags']

const people: TableConfiguration = { columns: ['fullname'], syncDeletion: true }
const mine = "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')"
const mineOrOurs = "Microsoft.Dynamics.CRM.EqualUserOrUserTeams(PropertyName='ownerid')"

/** All ids are compared; columns have rules of their own. */
const office: Configuration = {
  tables: {
    account: {
      columns: ACCOUNT,
      syncDeletion: true,
      conflictRules: {
        telephone1: 'newest',
        fax: 'never-overwrite',
        numberofemployees: 'max',
        revenue: 'sum',
        industrycode: 'client-wins',
      },
    },
    contact: { columns: CONTACT, syncDeletion: true, conflictRules: { birthdate: 'min' } },
    new_job: { columns: JOB, syncDeletion: true, conflictRules: { statecode: 'server-wins' }, priority: 5 },
    systemuser: people,
  },
  scopes: { work: { tables: ['new_job'] }, customers: { tables: ['account', 'contact'], direction: 'down' } },
}

/** Comparisons, texts, lookups and the user's calendar decide which rows are kept. */
const filtered: Configuration = {
  tables: {
    account: {
      columns: ACCOUNT,
      syncFilter: "numberofemployees gt 450 or contains(name,'a')",
      syncDeletion: true,
      conflictPolicy: 'client-wins',
      onDeletedRow: 'recreate',
    },
    contact: { columns: CONTACT, syncFilter: "lastname ge 'M'", syncDeletion: true, conflictPolicy: 'server-wins' },
    new_job: {
      columns: JOB,
      syncFilter: "Microsoft.Dynamics.CRM.ThisMonth(PropertyName='new_due') and new_accountid ne null",
      syncDeletion: true,
      conflictPolicy: 'manual',
    },
    new_task: { columns: TASK, syncFilter: 'new_done eq false', syncDeletion: true, onDeletedRow: 'drop' },
  },
}

/** What is the user's own, and what belongs to it. Bodies of notes come at the end. */
const own: Configuration = {
  tables: {
    new_job: { columns: JOB, syncFilter: mine, syncDeletion: true, priority: 10 },
    new_task: {
      columns: TASK,
      related: [{ direction: 'children', table: 'new_job', lookup: 'new_jobid' }],
      syncDeletion: true,
      conflictPolicy: 'client-row-wins',
      onUpdatedRow: 'delete',
    },
    account: {
      columns: ACCOUNT,
      syncFilter: 'creditonhold eq true',
      related: [{ direction: 'parents', table: 'new_job', lookup: 'new_accountid' }],
      syncDeletion: true,
    },
    annotation: {
      columns: NOTE,
      related: [{ direction: 'children', table: 'account', lookup: 'objectid' }],
      syncDeletion: true,
      priority: -1,
    },
  },
}

/** What a filter cannot say. */
const fetched: Configuration = {
  tables: {
    account: {
      columns: ACCOUNT,
      syncFetchXml: `<fetch><entity name="account"><link-entity name="contact" from="contactid" to="primarycontactid" link-type="outer" alias="c"/><filter type="or"><condition attribute="numberofemployees" operator="gt" value="400"/><condition entityname="c" attribute="lastname" operator="like" value="M%"/></filter></entity></fetch>`,
      syncDeletion: true,
      conflictPolicy: 'server-wins',
      onUpdatedRow: 'drop',
    },
    contact: {
      columns: CONTACT,
      syncFetchXml: `<fetch><entity name="contact"><link-entity name="account" from="accountid" to="parentcustomerid"><filter><condition attribute="creditonhold" operator="eq" value="1"/></filter></link-entity></entity></fetch>`,
      syncDeletion: true,
    },
    new_reading: {
      columns: READING,
      syncFilter: 'new_value ge 1000.5 or new_value eq null',
      syncDeletion: true,
      conflictPolicy: 'client-wins',
    },
  },
}

/** Rows that went are told by the mobile-tracking table. */
const tracked: Configuration = {
  mobileTracking: 'resco_mobiletracking',
  tables: {
    resco_mobiletracking: {
      columns: [
        'resco_kind',
        'resco_tablename',
        'resco_rowid',
        'resco_relatedtablename',
        'resco_relatedrowid',
        'resco_relationship',
      ],
    },
    systemuser: people,
    contact: { columns: CONTACT, tracking: { deletes: true, owners: true } },
    new_skill: { columns: SKILL, syncDeletion: true },
    new_skill_contact: { columns: [], tracking: { links: true } },
    new_task: { columns: TASK, syncFilter: mineOrOurs, tracking: { deletes: true, owners: true }, batchSize: 2 },
  },
}

/** The master's own change tracking, where it may be used. */
const fed: Configuration = {
  tables: {
    new_skill: { columns: SKILL, changeTracking: true, conflictRules: { new_level: 'max' } },
    new_part: {
      columns: PART,
      changeTracking: true,
      conflictRules: { new_stock: 'sum', new_tags: 'union' },
    },
    contact: { columns: CONTACT, changeTracking: true },
    new_skill_contact: { columns: [], changeTracking: true },
  },
}

/** New and changed rows alone; some of what is written here stays here for a while. */
const plain: Configuration = {
  tables: {
    account: { columns: ACCOUNT, uploadFilter: 'creditonhold eq false', conflictPolicy: { function: 'longer' } },
    new_job: {
      columns: JOB,
      uploadFilter: "not startswith(new_name,'zeta')",
      conflictPolicy: { function: 'undecided' },
    },
    new_reading: { columns: READING, conflictPolicy: 'manual', onDeletedRow: 'recreate' },
    new_part: { columns: PART, conflictRules: { new_stock: 'sum' }, batchSize: 1 },
  },
}

/** A small selection of everything, links by comparing ids, with columns that only the device has. */
const narrow: Configuration = {
  tables: {
    contact: {
      columns: ['lastname', 'parentcustomerid'],
      syncFilter: 'birthdate le 2025-06-01 or birthdate eq null',
      syncDeletion: true,
      conflictPolicy: 'client-row-wins',
      localColumns: { new_seen: { type: 'boolean' } },
    },
    account: {
      columns: ['name', 'numberofemployees'],
      related: [{ direction: 'parents', table: 'contact', lookup: 'parentcustomerid' }],
      syncDeletion: true,
    },
    new_skill: { columns: ['new_name', 'new_code'], syncFilter: 'new_level ge 2', syncDeletion: true },
    new_skill_contact: { columns: [], syncDeletion: true },
  },
  localTables: {
    new_draft: {
      columns: {
        new_text: { type: 'text', maxLength: 100 },
        new_contactid: { type: 'lookup', targets: [{ table: 'contact' }] },
      },
    },
  },
}

/** Every kind of filter, every strategy and every conflict policy is in one of them. */
export const configurations: readonly Configuration[] = [office, filtered, own, fetched, tracked, fed, plain, narrow]
