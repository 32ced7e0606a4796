import type { User } from '../rows/user.ts'

interface Grant {
  readonly user: User
  readonly audience: string
  readonly expiresAtMs: number
}

/** The longest that tokens may be good for, as `--token-hours` takes it. */
const LONGEST_MS = 10_000 * 3_600_000

/** Refuses how long a token is to be good for: less than nothing, or above 10,000 hours. `unitMs` is the field's unit. */
export function checkLifetime(field: string, value: number, unitMs: number): void {
  const most = LONGEST_MS / unitMs
  if (!(value >= 0 && value <= most))
    throw new RangeError(`${field} must be from 0 to ${most} (10,000 hours), not ${value}`)
}

/** The bearer tokens given out: each bound to a user, an audience and an end. Any other string is refused. */
export class Tokens {
  readonly #now: () => number
  readonly #newId: () => string
  readonly #grants = new Map<string, Grant>()

  constructor(now: () => number, newId: () => string) {
    this.#now = now
    this.#newId = newId
  }

  issue(user: User, audience: string, lifetimeMs: number): string {
    const secret = `${this.#newId()}${this.#newId()}`.replaceAll('-', '')
    const token = `emulator.${claims({ aud: audience, oid: user.objectId })}.${secret}`
    this.#grants.set(token, { user, audience, expiresAtMs: this.#now() + lifetimeMs })
    return token
  }

  /** Makes a token worthless at once. */
  revoke(token: string): void {
    this.#grants.delete(token)
  }

  /** The user of an `Authorization` header, if its token is known, unexpired and meant for one of the audiences. */
  userOf(header: string | null, audiences: ReadonlySet<string>): User | undefined {
    const grant = this.#grants.get(/^Bearer (\S+)$/i.exec(header ?? '')?.[1] ?? '')
    if (grant === undefined || grant.expiresAtMs <= this.#now() || !audiences.has(grant.audience)) return undefined
    return grant.user
  }
}

/** As in a token of Entra, what it says lies open in its middle part, so that clients can tell whose it is. */
function claims(said: Readonly<Record<string, string>>): string {
  return btoa(JSON.stringify(said)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
