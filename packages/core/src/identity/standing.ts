import { throwIfAborted } from '../errors.ts'
import type { MasterOrg, Standing, UserFacts } from '../ports/master-org.ts'
import type { Store, StoreReader } from '../ports/store.ts'
import { makeDue, readCheckpoint } from '../pull/checkpoint.ts'
import { askAgain } from '../pull/delta.ts'
import { readPrivileges, writePrivileges } from '../write/privileges.ts'
import type { Privileges } from '../write/privileges.ts'

/*
 * What a user may see depends on business unit, teams, roles and privileges, and no row changes when those do. So their
 * stamp is kept, and another one makes a comparison of every table due: rows that are shown now come, others go.
 */

const STANDING = 'standing'

type KeptStanding = {
  readonly userId: string
  readonly stamp: string
  /** The privileges that were asked for with it: stamps of others cannot be compared. */
  readonly asked: readonly string[]
  /** What filters may ask about the user. */
  readonly facts?: UserFacts
}

export interface StandingRequest {
  readonly userId: string
  /** The names of the privileges that matter for the tables that are kept. */
  readonly asked: readonly string[]
  /** The tables that are kept. */
  readonly tables: readonly string[]
  /** What a look at the master, asked for with the same privileges, has shown of it; null where it showed nothing. */
  readonly shown?: Standing | null
}

/** What is known of a user from here on. */
export interface Renewed {
  /** The names of their privileges; null where they cannot be read. */
  readonly privileges: Privileges | null
  /** What filters may ask about them. */
  readonly facts: UserFacts
}

/**
 * Sees whether the user's standing is still the one it was. Where it is not, the names of all privileges are read anew,
 * every table has to be compared with the master's, and change tracking that was refused is asked for again. One request where nothing has changed, none where the standing was shown.
 */
export async function renewStanding(
  { store, master }: { readonly store: Store; readonly master: MasterOrg },
  { userId, asked, tables, shown }: StandingRequest,
  signal: AbortSignal,
): Promise<Renewed> {
  const { kept, known } = await store.read('read standing', async (tx) => ({
    kept: await readStanding(tx, userId),
    known: await readPrivileges(tx, userId),
  }))
  const before: Renewed = { privileges: known, facts: kept?.facts ?? {} }
  const standing = shown === undefined ? ((await master.standing?.(userId, asked, signal)) ?? null) : shown
  const isComparable = kept?.asked.join() === asked.join()
  if (standing && isComparable && standing.stamp === kept?.stamp) return before
  const names = (await master.privileges?.(userId, signal)) ?? null
  const stamp = standing?.stamp ?? names?.toSorted().join() ?? ''
  const isOther =
    kept !== undefined &&
    stamp !== kept.stamp &&
    (isComparable || ((await isAnyRead(store, tables)) && (await isOtherThan(master, kept, signal))))
  throwIfAborted(signal)
  if (isComparable && !isOther) return before
  await store.write('keep standing', async (tx) => {
    const next: KeptStanding = { userId, stamp, asked, ...(standing?.facts ? { facts: standing.facts } : {}) }
    await tx.setValue(STANDING, next)
    await writePrivileges(tx, userId, names)
    if (!isOther) return
    await makeDue(tx, tables, 'standing-changed')
    await askAgain(tx)
  })
  return { privileges: names && new Set(names), facts: standing?.facts ?? {} }
}

/** What filters may ask about the user, as the master told it last. */
export async function readUserFacts(tx: StoreReader, userId: string): Promise<UserFacts> {
  return (await readStanding(tx, userId))?.facts ?? {}
}

async function readStanding(tx: StoreReader, userId: string): Promise<KeptStanding | undefined> {
  const kept = (await tx.value(STANDING)) as KeptStanding | undefined
  return kept?.userId === userId ? kept : undefined
}

/** Whether there is anything yet that could have been read under another standing. */
function isAnyRead(store: Store, tables: readonly string[]): Promise<boolean> {
  return store.read('is any table read', async (tx) => {
    for (const table of tables) if (await readCheckpoint(tx, table)) return true
    return false
  })
}

/** Other tables are kept than before, so the question before is asked once more. */
async function isOtherThan(master: MasterOrg, kept: KeptStanding, signal: AbortSignal): Promise<boolean> {
  const standing = await master.standing?.(kept.userId, kept.asked, signal)
  return standing?.stamp !== kept.stamp
}
