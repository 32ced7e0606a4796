import type { MasterOrg, Standing } from '../ports/master-org.ts'
import type { Store, StoreReader, StoreWriter } from '../ports/store.ts'
import { makeDue } from '../pull/checkpoint.ts'
import { askAgain } from '../pull/delta.ts'
import { writePrivileges } from '../write/privileges.ts'

/*
 * What a user may see depends on business unit, teams, roles and privileges, and no row changes when those do. So their
 * stamp is kept, and another one makes a comparison of every table due: rows that are shown now come, others go.
 */

const STANDING = 'standing'

type KeptStanding = { readonly userId: string; readonly stamp: string }

/** The stamp that is kept for this user; undefined where none is. */
export async function readStanding(tx: StoreReader, userId: string): Promise<string | undefined> {
  const kept = (await tx.value(STANDING)) as KeptStanding | undefined
  return kept?.userId === userId ? kept.stamp : undefined
}

/**
 * Asks for the standing of a user. A master that gives none is asked for the privileges alone; null where those cannot be
 * read either.
 */
export async function askStanding(
  master: MasterOrg,
  userId: string,
  privileges: readonly string[],
  signal: AbortSignal,
): Promise<Standing | null> {
  if (master.glance) return (await master.glance({ userId, privileges, pulls: [] }, signal)).standing
  const names = (await master.privileges?.(userId, signal)) ?? null
  return names && { stamp: names.toSorted().join(), privileges: names }
}

/**
 * Keeps a standing and the privileges that belong to it. Where it is another one than before, every table has to be
 * compared with the master's, and change tracking that was refused is asked for again. Gives back whether it is.
 */
export async function keepStanding(
  store: Store,
  {
    userId,
    standing,
    tables,
  }: { readonly userId: string; readonly standing: Standing; readonly tables: Iterable<string> },
): Promise<boolean> {
  const before = await store.read('read standing', (tx) => readStanding(tx, userId))
  if (before === standing.stamp) return false
  await store.write('keep standing', (tx) => keep(tx, userId, standing, before === undefined ? [] : tables))
  return before !== undefined
}

async function keep(tx: StoreWriter, userId: string, standing: Standing, tables: Iterable<string>): Promise<void> {
  const kept: KeptStanding = { userId, stamp: standing.stamp }
  await tx.setValue(STANDING, kept)
  await writePrivileges(tx, userId, standing.privileges)
  await makeDue(tx, tables, 'standing-changed')
  await askAgain(tx)
}
