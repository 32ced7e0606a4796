import type { ColumnMetadata, FilterContext, MasterOrg, Row, RowScope, TableMetadata } from '@outpost/core'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import {
  bigInt,
  choice,
  choices,
  createEmulator,
  dateTime,
  decimal,
  double,
  fieldService,
  integer,
  lookup,
  memo,
  money,
  standardColumns,
  text,
  uniqueidentifier,
  yesNo,
} from '@outpost/dataverse-emulator'
import type { Emulator, MasterValues, TableDraft } from '@outpost/dataverse-emulator'
import { drawFrom } from '@outpost/core/testing'
import type { Draw } from '@outpost/core/testing'

/* An organisation with a table of every type of column, rows with telling values, and users here and there. */

const THING: TableDraft = {
  schemaName: 'new_Thing',
  objectTypeCode: 10_901,
  displayName: 'Thing',
  primaryName: 'new_name',
  ownership: 'UserOwned',
  columns: [
    text('new_Name'),
    text('new_Other'),
    memo('new_Memo'),
    integer('new_Integer'),
    bigInt('new_Big'),
    decimal('new_Decimal', { precision: 4 }),
    double('new_Double', { min: -1000 }),
    money('new_Money', { precision: 2 }),
    yesNo('new_Flag'),
    choice('new_Choice', { 1: 'One', 2: 'Two', 3: 'Three' }),
    choices('new_Choices', { 1: 'One', 2: 'Two', 3: 'Three', 11: 'Eleven' }),
    dateTime('new_Instant'),
    dateTime('new_Instant2'),
    dateTime('new_Day', { behavior: 'DateOnly' }),
    dateTime('new_Wall', { behavior: 'TimeZoneIndependent' }),
    uniqueidentifier('new_Guid'),
    lookup('new_Team', { table: 'team', relationship: 'new_team_thing' }),
    lookup('new_Unit', { table: 'businessunit', relationship: 'new_businessunit_thing' }),
    ...standardColumns('new_thing', { ownership: 'UserOwned' }),
  ],
}

const SETTINGS: TableDraft = {
  schemaName: 'UserSettings',
  objectTypeCode: 150,
  displayName: 'User Settings',
  primaryName: null,
  ownership: 'OrganizationOwned',
  columns: [integer('TimeZoneCode')],
}

/** Time zones by the codes that the settings of users hold. */
const ZONES: readonly (readonly [number, string])[] = [
  [92, 'UTC'],
  [110, 'Europe/Berlin'],
  [4, 'America/Los_Angeles'],
  [190, 'Asia/Kolkata'],
  [255, 'Australia/Sydney'],
]

/** Moments around which clocks are set and dates lie: ends of years and months, a leap day, clocks that jump. */
const MOMENTS = [
  '2024-02-29T12:00:00Z',
  '2025-12-31T23:30:00Z',
  '2026-03-29T00:30:00Z',
  '2026-05-01T08:00:00Z',
  '2026-10-25T01:10:00Z',
  '2026-11-01T08:20:00Z',
].map((text) => Date.parse(text))

const [SECOND, HOUR, DAY] = [1000, 3_600_000, 86_400_000]

function dateNear(draw: Draw): number {
  const unit = draw.pick([0, SECOND, HOUR, HOUR, DAY, DAY, 7 * DAY, 31 * DAY, 365 * DAY])
  const exact = draw.pick(MOMENTS) + unit * (draw.below(21) - 10)
  return draw.chance(0.3) ? Math.floor(exact / DAY) * DAY + draw.pick([0, -SECOND, HOUR, -HOUR]) : exact
}

const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** A moment for the server's clock, to the millisecond. */
export function momentFrom(draw: Draw): number {
  return dateNear(draw) + draw.pick([0, 0, 1, 499, 999])
}

export const WORDS: readonly string[] = [
  'alpha',
  'Alpha',
  'ALPHABET',
  'beta',
  'be ta',
  'b',
  '100%',
  'a_b',
  'a-b',
  '[x]',
  'x]',
  '^',
  "O'Neil",
  'Zoë',
  'zoË',
  'ä',
  '10',
  '9',
  'line\nbreak',
  '\\d+',
  'a.b',
]

export interface FilterUser {
  readonly id: string
  readonly facts: Omit<FilterContext, 'now'>
  /** The rows as the user sees them, in the form a client org keeps them in. */
  readonly rows: readonly Row[]
  /** The ids of the rows that the filter selects for the user on the master. */
  ask(filter: string): Promise<readonly string[] | string>
  /** The ids of the rows that the adapter lists under a scope for the user, one after the other. */
  list(scope: RowScope): Promise<readonly string[]>
}

export interface FilterHouse {
  readonly emulator: Emulator
  readonly table: TableMetadata
  readonly columns: readonly ColumnMetadata[]
  readonly users: readonly FilterUser[]
  setClock(moment: number): void
  /** A value as it occurs in the column, as text; undefined where it occurs nowhere. */
  sample(draw: Draw, column: string): string | undefined
}

const KEPT = [
  ...THING.columns.map((column) => column.logicalName).filter((name) => name.startsWith('new_')),
  'new_thingid',
  'ownerid',
  'owningbusinessunit',
  'statecode',
  'statuscode',
  'createdon',
  'versionnumber',
]

export async function filterHouse(rowCount: number): Promise<FilterHouse> {
  let now = Date.parse('2026-05-01T08:00:00Z')
  const emulator = createEmulator({ seed: fieldService({ rows: 200 }), clock: () => now })
  emulator.schema.addTable(SETTINGS)
  emulator.schema.addTable(THING)
  const draw = drawFrom(7)
  const units = [emulator.security.addBusinessUnit('North'), emulator.security.addBusinessUnit('South')]
  const teams = [1, 2, 3].map((each) => emulator.security.addTeam({ name: `Team ${each}` }))
  const people = ZONES.map(([code], at) => {
    const businessUnit = units[at % units.length] ?? ''
    const user = emulator.security.addUser({ name: `Person ${at}`, businessUnit, privileges: ALL })
    for (const team of teams.slice(0, at % 3)) emulator.security.joinTeam(user, team)
    emulator.master.create('usersettings', { timezonecode: code }, { id: user.id })
    return user
  })
  const owners = [
    ...people.map(({ id }) => ({ table: 'systemuser', id })),
    ...teams.map((id) => ({ table: 'team', id })),
  ]
  for (let each = 0; each < rowCount; each += 1) {
    emulator.master.create('new_thing', valuesFrom(draw, owners, teams, units))
  }
  const masterOf = (user: string): MasterOrg =>
    dataverseMaster({
      url: emulator.root,
      token: () => Promise.resolve(emulator.tokenFor(user)),
      fetch: emulator.fetch,
    })
  const signal = new AbortController().signal
  const { tables } = await masterOf(emulator.users[0]?.name ?? '').metadata(signal)
  const table = tables.find(({ name }) => name === 'new_thing')
  if (!table) throw new Error('the table is not there')
  const columns = table.columns.filter(({ name, readable }) => KEPT.includes(name) && readable)
  const ids = emulator.master.rows('new_thing').map(({ id }) => id)
  const names = columns.map(({ name }) => name)
  const users = await Promise.all(
    people.map(async (user, at) => ({
      id: user.id,
      facts: {
        userId: user.id,
        businessUnitId: user.businessUnitId,
        teamIds: [...user.teamIds],
        timeZone: ZONES[at]?.[1] ?? 'UTC',
      },
      rows: (await masterOf(user.id).read({ table, columns: names, ids }, signal)).map(({ id, values }): Row => ({
        ...values,
        new_thingid: id,
      })),
      ask: (filter: string) => ask(emulator, user.id, filter),
      list: (scope: RowScope) => listed(masterOf(user.id), table, scope),
    })),
  )
  return {
    emulator,
    table,
    columns,
    users,
    setClock: (moment) => {
      now = moment
    },
    sample: (from, column) => {
      const value = from.pick(users[0]?.rows ?? [])[column]
      return value === null || value === undefined ? undefined : String(value)
    },
  }
}

const ALL = {
  create: 'organization',
  read: 'organization',
  write: 'organization',
  delete: 'organization',
  append: 'organization',
  appendTo: 'organization',
  assign: 'organization',
  share: 'organization',
} as const

async function ask(emulator: Emulator, user: string, filter: string): Promise<readonly string[] | string> {
  const answer = await emulator.as(user)(`new_things?$select=new_thingid&$filter=${encodeURIComponent(filter)}`)
  const body = (await answer.json()) as { value?: readonly { new_thingid: string }[]; error?: { message: string } }
  return body.value?.map((row) => row.new_thingid).toSorted() ?? `${answer.status} ${body.error?.message ?? ''}`
}

async function listed(master: MasterOrg, table: TableMetadata, scope: RowScope): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const page of master.versions({ table, scope }, new AbortController().signal))
    ids.push(...page.map(({ id }) => id))
  return ids.toSorted()
}

function valuesFrom(
  draw: Draw,
  owners: readonly { readonly table: string; readonly id: string }[],
  teams: readonly string[],
  units: readonly string[],
): MasterValues {
  const known = <T>(value: T): T | null => (draw.chance(0.2) ? null : value)
  const owner = draw.pick(owners)
  const numbers = ['0', '1', '-1', '5', '100', '99999', '-250']
  return {
    new_name: known(draw.pick(WORDS)),
    new_other: known(draw.pick(WORDS)),
    new_memo: known(draw.pick([...WORDS, 'trailing ', 'trailing', 'alpha '])),
    new_integer: known(Number(draw.pick(numbers))),
    new_big: known(draw.pick(['0', '12', '9007199254740993', '-9007199254740994'])),
    new_decimal: known(draw.pick(['0', '0.5', '0.5001', '-12.25', '99999999.9999', '100'])),
    new_double: known(draw.pick([0, 0.5, 1e-5, 123.456, 100000])),
    new_money: known(draw.pick(['0', '0.01', '1234.5', '90071992547409.93', '90071992547409.94', '-5'])),
    new_flag: known(draw.chance(0.5)),
    new_choice: known(draw.pick([1, 2, 3])),
    new_choices: known(draw.pick(['1', '1,2', '2,3', '1,2,3', '11', '1,11'])),
    new_instant: known(seconds(dateNear(draw))),
    new_instant2: known(seconds(dateNear(draw))),
    new_day: known(seconds(dateNear(draw)).slice(0, 10)),
    new_wall: known(seconds(dateNear(draw))),
    new_guid: known(guidFrom(draw)),
    new_team: known(draw.pick(teams)),
    new_unit: known(draw.pick(units)),
    ownerid: owner,
  }
}

/** Ids that differ in one group only, so that the order of the groups tells. */
export function guidFrom(draw: Draw): string {
  const parts = ['11111111', '2222', '4333', '8444', '555555555555']
  const at = draw.below(parts.length)
  const digits = parts[at] ?? ''
  return parts.with(at, digits.slice(0, 2) + draw.pick(['0a', 'a0', '90', '09']) + digits.slice(4)).join('-')
}
