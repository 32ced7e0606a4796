import { join } from 'node:path'
import { openSqliteStore } from '@outpost/store-sqlite'
import type { Contender, Place } from './contender.ts'
import { outpostOver } from './outpost-over.ts'

/** Outpost over SQLite, by better-sqlite3. */
export async function openOutpost(place: Place): Promise<Contender> {
  return outpostOver(await openSqliteStore({ path: join(place.folder, 'outpost.db') }), place)
}
