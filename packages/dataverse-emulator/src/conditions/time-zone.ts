import { notImplemented } from '../errors.ts'
import type { RowStore } from '../rows/row-store.ts'

/** The time zone codes of Dataverse that the emulator knows. */
const ZONES: ReadonlyMap<number, string> = new Map([
  [4, 'America/Los_Angeles'],
  [10, 'America/Denver'],
  [15, 'America/Phoenix'],
  [20, 'America/Chicago'],
  [35, 'America/New_York'],
  [50, 'America/Halifax'],
  [85, 'Europe/London'],
  [92, 'UTC'],
  [95, 'Europe/Budapest'],
  [100, 'Europe/Warsaw'],
  [105, 'Europe/Paris'],
  [110, 'Europe/Berlin'],
  [125, 'Europe/Kiev'],
  [130, 'Europe/Athens'],
  [145, 'Europe/Moscow'],
  [190, 'Asia/Kolkata'],
  [210, 'Asia/Shanghai'],
  [215, 'Asia/Singapore'],
  [235, 'Asia/Tokyo'],
  [255, 'Australia/Sydney'],
])

/** The time zone in which a user's days begin: that of the row in `usersettings`, UTC without one. */
export function timeZoneOf(store: RowStore, userId: string): string {
  const settings = store.schema.table('usersettings') === undefined ? undefined : store.rows('usersettings').get(userId)
  const code = settings?.values['timezonecode']
  if (typeof code !== 'number') return 'UTC'
  const zone = ZONES.get(code)
  if (zone === undefined) throw notImplemented(`the time zone with code ${code}`)
  return zone
}
