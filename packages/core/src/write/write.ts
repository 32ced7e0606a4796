import type { KeptTables } from '../copy/kept-tables.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { isSame } from '../copy/configuration-change.ts'
import type { Configuration } from '../copy/configuration.ts'
import type { Env } from '../env.ts'
import { whoseOf } from '../identity/identity-guard.ts'
import type { IdentityGuard } from '../identity/identity-guard.ts'
import { refusedAfterSignOut } from '../identity/sign-out.ts'
import { checkpointKey } from '../pull/checkpoint.ts'
import { readConfiguration, STANDING } from '../settings.ts'
import type { StoreWriter } from '../ports/store.ts'
import { commit } from './commit.ts'
import type { WriteOptions } from './commit.ts'
import { Draft } from './draft.ts'
import type { Request } from './draft.ts'
import type { GroupCommit } from './group-commit.ts'
import type { AGAIN, HandedIn, Turn, WriteOrder } from './write-order.ts'

export interface WriteContext {
  readonly commits: GroupCommit
  readonly env: Pick<Env, 'now' | 'newId'>
  readonly kept: KeptTables
  readonly identity: IdentityGuard
  readonly delivery: Pick<Delivery, 'follow'>
  /** In which the writes of this client org are committed. */
  readonly writes: WriteOrder
}

/**
 * Collects row operations and commits them as one offline transaction, by the configuration that is in force: one that
 * another tab has put in force since is taken over first. The contract is `ClientOrg.write`.
 *
 * Writes are committed in the order in which their bodies end: one that needs definitions which have to be read first is
 * not overtaken by a later one, whose values it would replace.
 */
export async function writeOffline(
  context: WriteContext,
  body: (draft: Draft) => unknown,
  options: WriteOptions,
): Promise<number | null> {
  const { env, kept, identity, delivery, writes } = context
  // What is only here needs no master.
  if (!identity.bound && kept.all.size === 0) identity.connected()
  const draft = new Draft(() => env.newId())
  await body(draft)
  const requests = draft.close()
  return writes.commit(
    (turn) => handIn(context, requests, options, turn),
    () => delivery.follow(),
  )
}

async function handIn(
  { commits, env, kept, identity }: WriteContext,
  requests: readonly Request[],
  options: WriteOptions,
  turn: Turn,
): Promise<HandedIn<number | null>> {
  const { bound } = identity
  const context = {
    tables: kept.all,
    definitions: await kept.catalogue.tables(requests.flatMap((each) => kept.tablesNeeded(each))),
    privileges: kept.privileges,
    ...(bound ? whoseOf(bound) : NOBODY),
    catalogueStamp: kept.catalogue.stamp ?? '',
    now: env.now(),
    id: env.newId(),
    options,
  }
  const { configuration } = kept
  const rows = requests.flatMap((each) => ('id' in each && kept.all.has(each.table) ? [each] : []))
  const keys = [...STANDING, ...new Set(rows.map(({ table }) => checkpointKey(table)))]
  const body = async (tx: StoreWriter): Promise<number | null | typeof AGAIN> => {
    if (await identity.hasLeft(tx)) throw refusedAfterSignOut()
    if (turn.isBehind() || !isInForce(await readConfiguration(tx), configuration)) return turn.again()
    return commit(tx, requests, context)
  }
  const outcome = commits.write(rows, body, keys)
  return { outcome }
}

/** What of the store each configuration was found to be. A store may give the same object again, which never changes. */
const foundAs = new WeakMap<Configuration, Configuration>()

function isInForce(stored: Configuration, configuration: Configuration): boolean {
  if (foundAs.get(configuration) === stored) return true
  if (!isSame(stored, configuration)) return false
  foundAs.set(configuration, stored)
  return true
}

/** Whose a write is that is for nobody but this client org. */
const NOBODY = { organizationId: '', userId: '' }
