import { cutOff, notConnected } from '../copy/without-master.ts'
import type { Env } from '../env.ts'
import { OutpostError } from '../errors.ts'
import type { MasterIdentity, MasterOrg } from '../ports/master-org.ts'
import type { StoreReader } from '../ports/store.ts'
import { isOfAnother, isSignedOut } from '../settings.ts'

/** How long an answer about who is signed in is believed. */
const BELIEVED_MS = 60_000

/**
 * Makes sure that the master is the one the client org belongs to, and that the signed-in user is the one whose work it
 * holds, before anything is sent or pulled.
 */
export class IdentityGuard {
  readonly #master: MasterOrg
  readonly #env: Env
  #checkedAt: number | null = null
  /** Null until the client org is connected. */
  bound: MasterIdentity | null = null
  /** The master it was cut off from. */
  detachedFrom: MasterIdentity | null = null

  constructor(master: MasterOrg, env: Env) {
    this.#master = master
    this.#env = env
  }

  /**
   * Whether the user whose client org this is has signed out. Asked of the store each time: another tab can have done so,
   * and somebody else have connected since.
   */
  async hasLeft(tx: StoreReader): Promise<boolean> {
    if (await isSignedOut(tx)) return true
    return this.bound !== null && (await isOfAnother(tx, this.bound))
  }

  /** Whom it is bound to. Throws `refused` when there is nobody. */
  connected(): MasterIdentity {
    if (this.bound) return this.bound
    throw this.detachedFrom === null ? notConnected() : cutOff(this.detachedFrom)
  }

  /** Asks next time, whatever was answered before. */
  forget(): void {
    this.#checkedAt = null
  }

  /** Asks who answers. Throws `wrong-master` when it is not whom the client org is bound to; unbound, anybody will do. */
  async identify(signal: AbortSignal): Promise<MasterIdentity> {
    this.#checkedAt = null
    const found = await this.#master.identify(signal)
    this.answered(found)
    return found
  }

  /** Takes an answer that came together with others. Throws `wrong-master` when it is not whom it is bound to. */
  answered(found: MasterIdentity): void {
    this.#checkedAt = null
    if (this.bound) mustBe(this.bound, found)
    this.#checkedAt = this.#env.now()
  }

  /** The same, with the tenant of the organisation. Throws `wrong-master` also when that is another one than before. */
  async identifyWithTenant(signal: AbortSignal): Promise<MasterIdentity> {
    const found = await this.identify(signal)
    const tenantId = found.tenantId ?? (await this.#master.tenant?.(signal)) ?? this.bound?.tenantId
    const identity = tenantId === undefined ? found : { ...found, tenantId }
    if (this.bound) mustBe(this.bound, identity)
    return identity
  }

  /** Asks again when the last answer is more than a minute old: another account can have signed in meanwhile. */
  async ensure(signal: AbortSignal): Promise<void> {
    const age = this.#checkedAt === null ? null : this.#env.now() - this.#checkedAt
    if (age === null || age < 0 || age > BELIEVED_MS) await this.identify(signal)
  }
}

/** Whose work it is: what transactions are bound to. */
export function whoseOf(identity: Omit<MasterIdentity, 'url'>): Omit<MasterIdentity, 'url'> {
  const { organizationId, tenantId, userId } = identity
  return { organizationId, ...(tenantId === undefined ? {} : { tenantId }), userId }
}

function mustBe(bound: MasterIdentity, found: MasterIdentity): void {
  const what = differenceOf(bound, found)
  if (what === null) return
  const name = ({ organizationId, tenantId = '', userId, url }: MasterIdentity): string =>
    what === 'user' ? userId : what === 'tenant' ? tenantId : `${organizationId} (${url})`
  const message = `this client org belongs to the ${what} ${name(bound)}, but ${name(found)} answered`
  const replaced =
    what === 'organisation'
      ? ' If the organisation was replaced for good: export what is unsent, then connect with another store.'
      : ''
  throw new OutpostError('wrong-master', message, {
    remedy: `Sign in as the ${what} it belongs to, or use another store for this one.${replaced} Nothing was sent.`,
  })
}

/** A tenant that was not known before is no difference. */
function differenceOf(bound: MasterIdentity, found: MasterIdentity): 'organisation' | 'tenant' | 'user' | null {
  if (found.organizationId !== bound.organizationId) return 'organisation'
  if (bound.tenantId !== undefined && found.tenantId !== undefined && found.tenantId !== bound.tenantId) return 'tenant'
  return found.userId === bound.userId ? null : 'user'
}
