import { canonicalGuid, MasterError, type MasterIdentity } from '@outpost/core'
import { jsonAnswer } from './answer.ts'
import type { TokenCheck, WireResponse } from './transport.ts'

/**
 * Sees to it that nothing is sent on behalf of anybody but the user who was identified last, though each request takes a
 * token of its own and another account can have signed in between two of them.
 *
 * A token whose open part names the same person as the token that was identified is believed, because the master checks
 * it; of any other it is asked whose it is, once.
 */
export class TokenOwner implements TokenCheck {
  #expected: string | null = null
  #speaker: string | null = null
  #userId: string | null = null

  /** From now on this is the user to send for. */
  expect(identity: MasterIdentity): void {
    this.#expected = identity.userId
  }

  /** Takes note of what the master answered about a token. */
  identified(token: string, response: WireResponse): void {
    if (response.status !== 200) return
    const { UserId: user } = jsonAnswer(response)
    this.#speaker = speakerOf(token)
    this.#userId = typeof user === 'string' ? canonicalGuid(user) : null
  }

  /** Throws `wrong-master` when the token is somebody else's. `whoAmI` asks the master about it. */
  async admit(token: string, whoAmI: () => Promise<WireResponse>): Promise<void> {
    if (this.#expected === null) return
    if (this.#speaker !== speakerOf(token)) {
      const response = await whoAmI()
      // A token that has expired is replaced: the request itself is answered in the same way.
      if (response.status === 401) return
      jsonAnswer(response)
      this.identified(token, response)
    }
    if (this.#userId === this.#expected) return
    throw new MasterError('wrong-master', `the access token is that of ${this.#userId}, not of ${this.#expected}`, {
      remedy: 'Sign in as the user this client org belongs to. Nothing was sent.',
      mayHaveArrived: false,
    })
  }
}

/** Tokens of one person have this in common. A token that does not say whose it is speaks for itself alone. */
function speakerOf(token: string): string {
  const [, middle, ...rest] = token.split('.')
  if (middle === undefined || rest.length !== 1) return token
  try {
    const said: unknown = JSON.parse(atob(middle.replaceAll('-', '+').replaceAll('_', '/')))
    const { oid, tid, appid } = said as Readonly<Record<string, unknown>>
    return typeof oid === 'string' && oid !== '' ? JSON.stringify([tid, oid, appid]) : token
  } catch {
    // Not a token whose parts can be read.
    return token
  }
}
