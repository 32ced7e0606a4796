import { rowKey } from '@outpost/core'
import type { Deed, Entry, Script } from './script.ts'
import { isPoison, targetsOf } from './script.ts'

/* Which transaction must wait for which, computed from what was written, by the rules of the specification alone. */

/** What must become of a transaction when nothing more can be sent. */
export type Fate =
  | { readonly status: 'processed' | 'error' }
  /** By one of these. */
  | { readonly status: 'blocked'; readonly by: readonly number[] }

/** What must become of every transaction that was written offline and is pushed until nothing more goes. */
export function fatesOf(script: Pick<Script, 'entries' | 'gone'>): ReadonlyMap<number, Fate> {
  const fates = new Map<number, Fate>()
  const entries = [...script.entries.values()].toSorted((one, other) => one.seq - other.seq)
  for (const entry of entries) {
    const earlier = entries.filter(({ seq }) => seq < entry.seq)
    const by = earlier.filter((other) => mustWait(entry, other) && fates.get(other.seq)?.status !== 'processed')
    if (by.length > 0) fates.set(entry.seq, { status: 'blocked', by: by.map(({ seq }) => seq) })
    else fates.set(entry.seq, { status: isPoisoned(entry, script.gone) ? 'error' : 'processed' })
  }
  return fates
}

function mustWait(entry: Entry, earlier: Entry): boolean {
  if (entry.after.has(earlier.seq)) return true
  const created = keysOf(earlier, (deed) => deed.created)
  const changed = keysOf(earlier, () => true)
  const touched = new Set([...changed, ...[...earlier.deeds.values()].flatMap(pointsOf)])
  return [...entry.deeds].some(
    ([key, deed]) =>
      changed.has(key) ||
      [...targetsOf(deed.table, deed.values), ...endsOf(deed)].some((target) => created.has(target)) ||
      (deed.deleted && touched.has(key)),
  )
}

function keysOf(entry: Entry, wanted: (deed: Deed) => boolean): ReadonlySet<string> {
  return new Set([...entry.deeds].flatMap(([key, deed]) => (wanted(deed) ? [key] : [])))
}

/** The rows that a deed points to, and those that it lets go of. */
function pointsOf(deed: Deed): readonly string[] {
  return [...targetsOf(deed.table, deed.values), ...targetsOf(deed.table, deed.before), ...endsOf(deed)]
}

function endsOf(deed: Deed): readonly string[] {
  return deed.ends.map(({ table, id }) => rowKey(table, id))
}

/** Whether the master refuses it, other things being as they should be. */
function isPoisoned(entry: Entry, gone: ReadonlySet<string>): boolean {
  return [...entry.deeds].some(
    ([key, deed]) =>
      isPoison(deed.values) ||
      targetsOf(deed.table, deed.values).some((target) => gone.has(target)) ||
      (gone.has(key) && !deed.deleted),
  )
}
