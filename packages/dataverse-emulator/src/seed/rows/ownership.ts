import type { StoredValues } from '../../schema.ts'
import type { Draw } from '../draw.ts'
import { ADMINISTRATOR, asOfMs, businessUnitOf, DISPATCHER, rowId } from '../plan.ts'

const DAY_MS = 86_400_000

/** ISO text with whole seconds, as DateTime columns are stored. */
export function isoSeconds(ms: number): string {
  const seconds = Math.floor(ms / 1000) % 86_400
  const minutes = Math.floor(seconds / 60)
  return `${isoDate(ms)}T${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}Z`
}

// There are few days and many moments.
const dates = new Map<number, string>()

/** ISO date, as DateOnly columns are stored. */
export function isoDate(ms: number): string {
  const day = Math.floor(ms / DAY_MS)
  let date = dates.get(day)
  if (date === undefined) {
    date = new Date(ms).toISOString().slice(0, 10)
    dates.set(day, date)
  }
  return date
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}

export function daysFromAsOf(days: number): number {
  return asOfMs + days * DAY_MS
}

// A tenth of all rows was last touched by one nightly import, so that equal `modifiedon` values are ordinary.
const IMPORT_MS = daysFromAsOf(-138)

/** Who made and last changed a row, and when. */
export function authorship(draw: Draw, user: number = ADMINISTRATOR): StoredValues {
  return { ...madeBy(draw, user) }
}

interface Author {
  readonly createdon: string
  readonly modifiedon: string
  readonly createdby: string
  readonly modifiedby: string
}

function madeBy(draw: Draw, user: number): Author {
  const created = Math.floor(asOfMs - draw.fraction() * 700 * DAY_MS)
  const imported = created < IMPORT_MS && draw.chance(0.1)
  const modified = imported ? IMPORT_MS : Math.floor(created + draw.fraction() * (asOfMs - created))
  return {
    createdon: isoSeconds(created),
    modifiedon: isoSeconds(modified),
    createdby: rowId('systemuser', draw.chance(0.5) ? DISPATCHER : user),
    modifiedby: rowId('systemuser', imported ? ADMINISTRATOR : user),
  }
}

/** A row owned by a user: authorship, owner, business unit, and Active unless told otherwise. */
export function ownedByUser(draw: Draw, user: number, statecode = 0, statuscode = 1): StoredValues {
  // No spread: an object that gets more than a few properties that way becomes a hash table in V8.
  const { createdon, modifiedon, createdby, modifiedby } = madeBy(draw, user)
  return {
    createdon,
    modifiedon,
    createdby,
    modifiedby,
    ownerid: rowId('systemuser', user),
    'ownerid@table': 'systemuser',
    owninguser: rowId('systemuser', user),
    owningbusinessunit: businessUnitOf(user),
    statecode,
    statuscode,
  }
}

/** A row owned by a team: 0 is north's, 1 south's. */
export function ownedByTeam(draw: Draw, team: number, statecode = 0, statuscode = 1): StoredValues {
  return {
    ...authorship(draw, DISPATCHER),
    ownerid: rowId('team', team),
    'ownerid@table': 'team',
    owningteam: rowId('team', team),
    owningbusinessunit: rowId('businessunit', 1 + team),
    statecode,
    statuscode,
  }
}

/** A row of the organisation: authorship and state, no owner. */
export function ownedByOrganization(draw: Draw): StoredValues {
  return { ...authorship(draw), organizationid: rowId('organization', 0), statecode: 0, statuscode: 1 }
}
