import type { RowStore } from '../rows/row-store.ts'
import { badUpload } from './file-errors.ts'

/** How long an upload or download may take from its first request on. */
const LIFETIME_MS = 3_600_000

interface Session<T> {
  readonly token: string
  readonly userId: string
  readonly of: T
  readonly expiresMs: number
}

/** Transfers in several requests: each has a token, belongs to its user, ends when it is finished or after an hour. */
export class Sessions<T> {
  readonly #store: RowStore
  readonly #open = new Map<string, Session<T>>()

  constructor(store: RowStore) {
    this.#store = store
  }

  begin(userId: string, of: T): string {
    const now = this.#store.now()
    for (const { token, expiresMs } of this.#open.values()) if (expiresMs <= now) this.#open.delete(token)
    const token = btoa(`${this.#store.newId()}|${userId}`).replace(/=+$/, '')
    this.#open.set(token, { token, userId, of, expiresMs: now + LIFETIME_MS })
    return token
  }

  /** What goes on under the token; a token of nobody, of somebody else or out of date is refused. */
  require(token: string, userId: string): T {
    const session = this.#open.get(token)
    if (session === undefined || session.userId !== userId || session.expiresMs <= this.#store.now()) {
      throw badUpload('The file continuation token is not valid or has expired.')
    }
    return session.of
  }

  end(token: string): void {
    this.#open.delete(token)
  }
}
