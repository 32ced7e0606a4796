/** One request as it came and the status it was answered with. */
export interface LoggedRequest {
  readonly method: string
  /** Path and query as sent, from the root of the host. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The beginning of it, where it is longer than 100,000 characters. */
  readonly body: string
  /** Name of the user the token belonged to. */
  readonly user: string | undefined
  /** Name of the user the request was sent on behalf of, where its headers name one. */
  readonly actingAs?: string
  /** Undefined where no answer was sent (dropped, hanging), or where a change set was rolled back. */
  readonly status: number | undefined
  /** For a request inside of a batch: the batch's place in the log. */
  readonly batch?: number
}

/** Which requests of the log are asked for; what is absent leaves all. */
export interface RequestFilter {
  readonly method?: string
  /** Tested against path and query as sent. */
  readonly path?: RegExp
  readonly user?: string
  readonly status?: number
  /** Only requests inside of batches (true), or only what came by itself (false). */
  readonly inBatch?: boolean
}

function fits({ method, path, user, status, inBatch }: RequestFilter, entry: LoggedRequest): boolean {
  if (method !== undefined && method !== entry.method) return false
  if (user !== undefined && user !== entry.user) return false
  if (status !== undefined && status !== entry.status) return false
  if (inBatch !== undefined && inBatch !== (entry.batch !== undefined)) return false
  return path === undefined || entry.path.search(path) >= 0
}

/** Files that are sent as text would fill the memory; of a body so long nobody reads the end. */
function shortened(body: string): string {
  return body.length <= MOST_OF_BODY ? body : `${body.slice(0, MOST_OF_BODY)}… (${body.length} characters)`
}

const MOST_OF_BODY = 100_000

/** The requests an emulator has seen, oldest first; beyond the limit the oldest are forgotten. */
export class RequestLog {
  readonly #limit: number
  readonly #entries: LoggedRequest[] = []
  readonly #unexpected: string[] = []
  #seen = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many requests were ever added; the place the next one gets. */
  get seen(): number {
    return this.#seen
  }

  add(entry: LoggedRequest): void {
    this.#seen++
    this.#entries.push({ ...entry, body: shortened(entry.body) })
    if (entry.status === 501) this.#unexpected.push(`${entry.method} ${entry.path}`)
    // Forgetting in lumps keeps a long run from shifting the list at each request.
    if (this.#entries.length > this.#limit * 2) this.#entries.splice(0, this.#entries.length - this.#limit)
  }

  entries(filter: RequestFilter = {}): readonly LoggedRequest[] {
    return this.#entries.slice(-this.#limit).filter((entry) => fits(filter, entry))
  }

  clear(): void {
    this.#entries.length = 0
    this.#unexpected.length = 0
  }

  /** Throws when any request was answered 501: the caller asked for something the emulator does not have. */
  assertNoUnexpected(): void {
    if (this.#unexpected.length === 0) return
    throw new Error(`Requests the emulator does not implement:\n${this.#unexpected.join('\n')}`)
  }
}
