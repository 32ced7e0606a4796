import type { Env } from './env.ts'
import { OutpostError } from './errors.ts'
import type { MasterIdentity, MasterOrg } from './ports/master-org.ts'

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

  constructor(master: MasterOrg, env: Env) {
    this.#master = master
    this.#env = env
  }

  /** Asks next time, whatever was answered before. */
  forget(): void {
    this.#checkedAt = null
  }

  /** Asks who answers. Throws `wrong-master` when it is not whom the client org is bound to; unbound, anybody will do. */
  async identify(signal: AbortSignal): Promise<MasterIdentity> {
    const found = await this.#master.identify(signal)
    if (this.bound) mustBe(this.bound, found)
    this.#checkedAt = this.#env.now()
    return found
  }

  /** Asks again when the last answer is more than a minute old: another account can have signed in meanwhile. */
  async ensure(signal: AbortSignal): Promise<void> {
    const age = this.#checkedAt === null ? null : this.#env.now() - this.#checkedAt
    if (age === null || age < 0 || age > BELIEVED_MS) await this.identify(signal)
  }
}

function mustBe(bound: MasterIdentity, found: MasterIdentity): void {
  if (found.organizationId === bound.organizationId && found.userId === bound.userId) return
  const what = found.organizationId === bound.organizationId ? 'user' : 'organisation'
  const [wanted, given] =
    what === 'user'
      ? [bound.userId, found.userId]
      : [`${bound.organizationId} (${bound.url})`, `${found.organizationId} (${found.url})`]
  throw new OutpostError('wrong-master', `this client org belongs to the ${what} ${wanted}, but ${given} answered`, {
    remedy: `Sign in as the ${what} it belongs to, or use another store for this one. Nothing was sent.`,
  })
}
