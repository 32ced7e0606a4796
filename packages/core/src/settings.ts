import type { Configuration } from './copy/configuration.ts'
import type { Json } from './metadata.ts'
import type { MasterIdentity } from './ports/master-org.ts'
import type { Store, StoreReader, StoreWriter } from './ports/store.ts'

/** What a client org keeps about itself in its store. */
export interface Settings {
  readonly identity: MasterIdentity | null
  readonly configuration: Configuration
  /** True after a sign-out that kept everything. */
  readonly signedOut: boolean
  /** The master that the client org was cut off from; null where it was not. */
  readonly detached: MasterIdentity | null
}

export const EMPTY_SETTINGS: Settings = {
  identity: null,
  configuration: { tables: {} },
  signedOut: false,
  detached: null,
}

const IDENTITY = 'identity'
const CONFIGURATION = 'configuration'
const SIGNED_OUT = 'signed-out'
const DETACHED = 'detached'
const SIGN_IN_MISSING = 'sign-in-missing'

/** What tells whether a user may go on, and by which configuration: values that each write reads. */
export const STANDING: readonly string[] = [SIGNED_OUT, IDENTITY, CONFIGURATION]

export async function readSettings(tx: StoreReader): Promise<Settings> {
  const identity = (await tx.value(IDENTITY)) as MasterIdentity | undefined
  const configuration = await readConfiguration(tx)
  const signedOut = await isSignedOut(tx)
  const detached = ((await tx.value(DETACHED)) as MasterIdentity | undefined) ?? null
  return {
    identity: identity ?? null,
    configuration,
    signedOut,
    detached,
  }
}

/** The configuration in force, which another tab can have put there. */
export async function readConfiguration(tx: StoreReader): Promise<Configuration> {
  return ((await tx.value(CONFIGURATION)) as Configuration | undefined) ?? EMPTY_SETTINGS.configuration
}

export async function isSignedOut(tx: StoreReader): Promise<boolean> {
  return (await tx.value(SIGNED_OUT)) === true
}

/** Whether the store is not, or no longer, that of this user: it was cleared, or somebody else has connected it. */
export async function isOfAnother(
  tx: StoreReader,
  { organizationId, userId }: Pick<MasterIdentity, 'organizationId' | 'userId'>,
): Promise<boolean> {
  const kept = (await tx.value(IDENTITY)) as MasterIdentity | undefined
  return kept?.organizationId !== organizationId || kept.userId !== userId
}

export async function setSignedOut(tx: StoreWriter, signedOut: boolean): Promise<void> {
  await tx.setValue(SIGNED_OUT, signedOut ? true : undefined)
}

/** True while the last attempt to reach the master failed for want of a sign-in. */
export async function isSignInMissing(tx: StoreReader): Promise<boolean> {
  return (await tx.value(SIGN_IN_MISSING)) === true
}

/** Keeps it, so that whoever opens the store next can tell. */
export async function noteSignIn(store: Store, missing: boolean): Promise<void> {
  if ((await store.read('look for a sign-in', isSignInMissing)) === missing) return
  await store.write('note sign-in', (tx) => tx.setValue(SIGN_IN_MISSING, missing ? true : undefined))
}

export async function writeIdentity(tx: StoreWriter, identity: MasterIdentity): Promise<void> {
  const { organizationId, tenantId, userId, url } = identity
  await tx.setValue(DETACHED, undefined)
  await tx.setValue(IDENTITY, { organizationId, ...(tenantId === undefined ? {} : { tenantId }), userId, url })
}

export async function writeConfiguration(tx: StoreWriter, configuration: Configuration): Promise<void> {
  await tx.setValue(CONFIGURATION, structuredCopy(configuration))
}

/**
 * Ends the claims of those who have died. No other program can have an exclusive store open, so that is every claim of
 * which the owner is not alive in this one.
 */
export async function releaseLeases(tx: StoreWriter, alive: ReadonlySet<string>): Promise<void> {
  let after = 0
  for (;;) {
    const part = await tx.findTransactions({ statuses: ['pending'], after, limit: 200 })
    const claimed = part.filter(({ lease }) => lease !== null && !alive.has(lease.owner))
    if (claimed.length > 0) await tx.putTransactions(claimed.map((transaction) => ({ ...transaction, lease: null })))
    const last = part.at(-1)
    if (!last || part.length < 200) return
    after = last.seq
  }
}

/** Leaves the configuration of what is only here, and the name of the master that was left; nothing else is kept. */
export async function keepOnlyDetached(
  tx: StoreWriter,
  configuration: Configuration,
  { organizationId, userId, url }: MasterIdentity,
): Promise<void> {
  for (const { key } of await tx.values('')) await tx.setValue(key, undefined)
  await writeConfiguration(tx, configuration)
  await tx.setValue(DETACHED, { organizationId, userId, url })
}

/** A configuration is plain JSON by its type; what else a caller put in is left out. */
function structuredCopy(configuration: Configuration): Json {
  return JSON.parse(JSON.stringify(configuration)) as Json
}
