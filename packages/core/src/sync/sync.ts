import type { ConfiguredTable } from '../copy/configuration.ts'
import type { KeptTables } from '../copy/kept-tables.ts'
import { inAll } from '../delivery/delivery.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { concernsOneRequest, OutpostError } from '../errors.ts'
import type { PushReport, SyncReport } from '../events.ts'
import type { IdentityGuard } from '../identity/identity-guard.ts'
import type { UnsentWatch } from '../identity/unsent-watch.ts'
import type { PullContext } from '../pull/pull-context.ts'
import { pullTables } from '../pull/pull-tables.ts'
import { askedOf } from './asked.ts'
import type { Asked, SyncOptions } from './asked.ts'
import { lookAtAll, lookAtPages } from './look.ts'
import type { Look, LookRequest } from './look.ts'
import { SyncRun } from './sync-run.ts'

export interface SyncContext {
  readonly kept: KeptTables
  readonly delivery: Delivery
  readonly identity: IdentityGuard
  readonly watch: UnsentWatch
  /** What a pull works with, as it is at that moment. */
  readonly pulling: () => PullContext
}

/** One whole run. The contract is `ClientOrg.sync`. */
export async function sync(context: SyncContext, options: SyncOptions): Promise<SyncReport> {
  const { kept, delivery } = context
  const asked = askedOf(kept, options)
  const { pushed, isThereMore, ...report } = await delivery.turns.withMaster(options.signal, (signal) =>
    inOneTurn(context, asked, signal),
  )
  // What is large goes up in turns of its own.
  const rest = isThereMore ? [await delivery.push(options.signal)] : []
  delivery.wake()
  return { ...report, pushed: inAll([pushed, ...rest]) }
}

async function inOneTurn(
  context: SyncContext,
  { tables, isDownOnly }: Asked,
  signal: AbortSignal,
): Promise<SyncReport & { readonly isThereMore: boolean }> {
  const { kept, delivery, watch, pulling } = context
  const { userId } = await delivery.admitted()
  await watch.warn()
  const run = new SyncRun(pulling())
  const sends = !isDownOnly && (await delivery.isSomethingReady())
  const [stamp, before] = [kept.catalogue.stamp, kept.byName]
  const look = await lookOrIdentify(context, run, { tables: tables(), sends }, signal)
  const metadata = await run.inPhase('metadata', () => kept.refreshMetadata(signal, look?.metadataStamp))
  await run.inPhase('standing', () => kept.renewPrivileges(userId, signal, look?.standing))
  const sent = isDownOnly
    ? await delivery.unsent()
    : await run.inPhase('push', () => delivery.pushSmall(signal)).catch(unlessOfOneRequest)
  // Pages that were read before anything was sent, or of tables as they were before, are not what is there now.
  const areSame = kept.catalogue.stamp === stamp && kept.byName === before
  const isTold = !sends && !(sent instanceof OutpostError) && isNothing(sent) && areSame
  const seen = look && !isTold ? await lookForPages(context, run, tables(), signal) : look
  const pulls = { tables: tables(), inPhase: run.inPhase, ...(seen ? { firstPages: seen.firstPages } : {}) }
  const reports = await pullTables(pulling(), pulls, signal)
  if (sent instanceof OutpostError) throw sent
  const isThereMore = !isDownOnly && (await delivery.isThereMore())
  return { ...metadata, ...run.cost, pushed: sent, tables: reports, isThereMore }
}

/** One look at everything, where the master can be asked so; else who answers is asked for by itself. */
async function lookOrIdentify(
  { kept, identity, pulling }: SyncContext,
  run: SyncRun,
  asked: Omit<LookRequest, 'privileges'>,
  signal: AbortSignal,
): Promise<Look | null> {
  const look = await run.inPhase('glance', async () => {
    const privileges = await kept.privilegesAsked()
    const shown = await lookAtAll(pulling(), { ...asked, privileges }, signal)
    if (shown) identity.answered(shown.identity)
    return shown
  })
  if (!look) await run.inPhase('identity', async () => void (await identity.identify(signal)))
  return look
}

/** The first pages behind a push, all at once where that is less than one by one. */
async function lookForPages(
  { identity, pulling }: SyncContext,
  run: SyncRun,
  tables: readonly ConfiguredTable[],
  signal: AbortSignal,
): Promise<Look | null> {
  return run.inPhase('rows', async () => {
    const shown = await lookAtPages(pulling(), tables, signal)
    if (shown) identity.answered(shown.identity)
    return shown
  })
}

/** Whether a push changed nothing on the master, as far as it is known. */
function isNothing({ processed, refused, overruled, conflicts }: PushReport): boolean {
  return processed + refused + overruled + conflicts === 0
}

/** What one request can meet though others would not is no reason to leave out the pull. */
function unlessOfOneRequest(error: unknown): OutpostError {
  if (concernsOneRequest(error)) return error
  throw error
}
