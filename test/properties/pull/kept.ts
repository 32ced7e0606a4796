import type { Configuration, TableConfiguration } from '@outpost/core'
import type { Draw } from '@outpost/core/testing'

/** Which rows of a table are kept: as a configuration says it, and as the master is asked for them by hand. */
export interface Scope {
  readonly configured: Pick<TableConfiguration, 'syncFilter' | 'syncFetchXml' | 'related'>
  /** `$filter` of the Web API; `true` for all rows, `false` for none but related ones. */
  readonly filter: string | boolean
}

/** How what has gone is found out. */
export type Strategy = 'reconcile' | 'floor' | 'tracking' | 'links' | 'delta'

interface Kept {
  readonly columns: readonly string[]
  readonly scopes: readonly Scope[]
  readonly strategies: readonly Strategy[]
  readonly with?: readonly string[]
}

const all: Scope = { configured: {}, filter: true }

/** A filter that is written alike on both sides, but for the lookups. */
const by = (syncFilter: string, filter: string = syncFilter): Scope => ({ configured: { syncFilter }, filter })

const fetched = (inner: string, table: string): Scope => ({
  configured: { syncFetchXml: `<fetch><entity name="${table}">${inner}</entity></fetch>` },
  filter: false,
})

const owned = by(`Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')`)

const related = (direction: 'parents' | 'children', table: string, lookup: string, syncFilter?: string): Scope => ({
  configured: { ...(syncFilter === undefined ? {} : { syncFilter }), related: [{ direction, table, lookup }] },
  filter: syncFilter ?? false,
})

const onDay = (name: string, days?: number): Scope =>
  by(
    days === undefined
      ? `Microsoft.Dynamics.CRM.${name}(PropertyName='starttime')`
      : `Microsoft.Dynamics.CRM.${name}(PropertyName='starttime',PropertyValue=${days})`,
  )

const TRACKING = 'resco_mobiletracking'

/** What a device may keep of each table. */
export const KEPT: Readonly<Record<string, Kept>> = {
  account: {
    columns: ['name', 'telephone1', 'fax', 'numberofemployees', 'creditonhold', 'industrycode', 'primarycontactid'],
    scopes: [
      all,
      by('numberofemployees gt 500'),
      by(`creditonhold eq true or contains(name,'a')`),
      by('not (telephone1 eq null) and numberofemployees le 400'),
      by(`not startswith(name,'M') and creditonhold eq false`),
      by('primarycontactid ne null', '_primarycontactid_value ne null'),
      owned,
      related('parents', 'contact', 'parentcustomerid'),
      related('parents', 'contact', 'parentcustomerid', 'creditonhold eq true'),
      fetched(
        `<link-entity name="contact" from="contactid" to="primarycontactid">
           <filter><condition attribute="lastname" operator="like" value="M%"/></filter></link-entity>`,
        'account',
      ),
      fetched(
        `<filter type="or"><condition attribute="numberofemployees" operator="gt" value="500"/>
           <condition attribute="name" operator="like" value="z%"/></filter>`,
        'account',
      ),
    ],
    strategies: ['reconcile', 'floor', 'tracking'],
  },
  contact: {
    columns: ['firstname', 'lastname', 'fullname', 'birthdate', 'parentcustomerid', 'ownerid', 'modifiedon'],
    scopes: [
      all,
      by(`lastname ge 'M'`),
      by(`jobtitle eq null or startswith(firstname,'A')`),
      owned,
      related('children', 'account', 'parentcustomerid'),
      related('parents', 'account', 'primarycontactid', `jobtitle eq 'Chief'`),
      fetched(
        `<link-entity name="account" from="accountid" to="parentcustomerid">
           <filter><condition attribute="creditonhold" operator="eq" value="1"/></filter></link-entity>`,
        'contact',
      ),
    ],
    strategies: ['reconcile', 'floor', 'tracking'],
  },
  new_equipment: {
    columns: ['new_name', 'new_serialnumber', 'new_purchaseprice', 'new_installedon', 'new_accountid'],
    scopes: [all, by('new_purchaseprice gt 20000'), by('new_accountid ne null', '_new_accountid_value ne null')],
    strategies: ['reconcile', 'floor'],
  },
  // Without optimistic concurrency.
  new_reading: {
    columns: ['new_name', 'new_value', 'new_readon', 'new_equipmentid'],
    scopes: [all, by('new_value ge 1000.5')],
    strategies: ['reconcile', 'floor'],
  },
  annotation: {
    columns: ['subject', 'notetext', 'filename', 'documentbody', 'objectid'],
    scopes: [all, by('isdocument eq true'), related('children', 'account', 'objectid')],
    strategies: ['reconcile', 'floor', 'tracking'],
  },
  bookableresourcebooking: {
    columns: ['name', 'starttime', 'duration', 'resource', 'msdyn_workorder', 'ownerid'],
    scopes: [
      all,
      by('starttime ge 2025-05-01T00:00:00Z and duration lt 200'),
      onDay('LastXDays', 30),
      onDay('NextXDays', 7),
      onDay('ThisMonth'),
    ],
    strategies: ['reconcile', 'floor', 'tracking'],
  },
  new_skill_bookableresource: {
    columns: [],
    scopes: [all],
    strategies: ['reconcile', 'floor', 'links'],
    with: ['new_skill', 'bookableresource'],
  },
  new_skill: {
    columns: ['new_name', 'new_level'],
    scopes: [all, by('new_level gt 2')],
    strategies: ['reconcile', 'delta'],
  },
  bookableresource: {
    columns: ['name', 'resourcetype', 'userid'],
    scopes: [all, by('resourcetype eq 3')],
    strategies: ['reconcile', 'floor', 'delta'],
  },
}

/** What one device keeps, and by which strategy it finds out what has gone. */
export interface Keeping {
  readonly configuration: Configuration
  readonly scopes: Readonly<Record<string, Scope>>
  readonly strategies: Readonly<Record<string, Strategy>>
  readonly columns: Readonly<Record<string, readonly string[]>>
}

const OPTIONS: Readonly<Record<Strategy, TableConfiguration>> = {
  reconcile: { syncDeletion: true },
  floor: {},
  tracking: { tracking: { deletes: true, owners: true } },
  links: { tracking: { links: true } },
  delta: { changeTracking: true },
}

function keepingOf({ scopes, strategies, columns }: Omit<Keeping, 'configuration'>): Keeping {
  const tables = Object.entries(scopes).map(([name, scope]) => [
    name,
    {
      ...scope.configured,
      ...OPTIONS[strategies[name] ?? 'reconcile'],
      columns: columns[name] ?? [],
      ...(name.length % 2 === 0 ? { priority: name.length } : {}),
    },
  ])
  const isTracked = Object.values(strategies).some((strategy) => strategy === 'tracking' || strategy === 'links')
  const mobileTracking = isTracked ? { mobileTracking: TRACKING } : {}
  return { scopes, strategies, columns, configuration: { ...mobileTracking, tables: Object.fromEntries(tables) } }
}

/** A few tables, each with one of its scopes, one of its strategies, and some of its columns. */
export function drawKeeping(draw: Draw): Keeping {
  const names = new Set<string>()
  const add = (name: string): void => {
    for (const other of KEPT[name]?.with ?? []) names.add(other)
    names.add(name)
  }
  for (let left = 1 + draw.below(3); left > 0; left -= 1) add(draw.pick(Object.keys(KEPT)))
  const strategies = Object.fromEntries([...names].map((name) => [name, draw.pick(KEPT[name]?.strategies ?? [])]))
  const has = (strategy: Strategy): boolean => Object.values(strategies).includes(strategy)
  const needed = [...(has('tracking') ? [TRACKING, 'systemuser'] : []), ...(has('links') ? [TRACKING] : [])]
  const fixed = Object.fromEntries(
    needed.map((name) => [name, name === TRACKING ? ('floor' as const) : ('reconcile' as const)]),
  )
  const scopes: Record<string, Scope> = Object.fromEntries([...names, ...needed].map((name) => [name, all]))
  const columns = Object.fromEntries([...names].map((name) => [name, drawColumns(draw, name)]))
  let keeping = keepingOf({
    scopes,
    strategies: { ...strategies, ...fixed },
    columns: {
      ...columns,
      ...(TRACKING in fixed ? { [TRACKING]: TRACKING_COLUMNS } : {}),
      ...('systemuser' in fixed ? { systemuser: ['fullname'] } : {}),
    },
  })
  for (const name of names) keeping = withScope(keeping, name, draw.pick(KEPT[name]?.scopes ?? []))
  return keeping
}

const TRACKING_COLUMNS = [
  'resco_kind',
  'resco_tablename',
  'resco_rowid',
  'resco_relatedtablename',
  'resco_relatedrowid',
  'resco_relationship',
]

function drawColumns(draw: Draw, name: string): readonly string[] {
  const columns = KEPT[name]?.columns ?? []
  return draw.chance(0.3) ? columns.filter(() => draw.chance(0.6)) : columns
}

/** The same with another scope, or other columns, of one of the tables. */
export function drawAnother(draw: Draw, now: Keeping): Keeping {
  const name = draw.pick(Object.keys(now.scopes).filter((table) => table in KEPT))
  if (draw.chance(0.3)) return keepingOf({ ...now, columns: { ...now.columns, [name]: drawColumns(draw, name) } })
  return withScope(now, name, draw.pick(KEPT[name]?.scopes ?? []))
}

/** The same where the scope needs rows of a table that is not kept, or whose own rows a filter does not tell. */
function withScope(now: Keeping, name: string, scope: Scope): Keeping {
  const scopes = { ...now.scopes, [name]: scope }
  const canBeJoined = Object.values(scopes).every(({ configured }) =>
    (configured.related ?? []).every(({ table }) => table in scopes && canBeFollowed(scopes, table)),
  )
  return canBeJoined ? keepingOf({ ...now, scopes }) : now
}

/** Rows that FetchXML selects cannot be joined; nor is there anything in a circle of related rows alone. */
function canBeFollowed(scopes: Readonly<Record<string, Scope>>, table: string): boolean {
  const { configured, filter } = scopes[table] ?? all
  if (configured.syncFetchXml !== undefined) return false
  if (filter !== false) return true
  return (configured.related ?? []).every((next) => scopes[next.table]?.filter !== false)
}
