import type { Env } from '@outpost/core'

/**
 * What becomes of one request. First those of which the master knows nothing, then those that it has done.
 *
 * - `request-lost`: it never arrives. `portal`: somebody else answers with a page, `redirect`: sends it elsewhere,
 *   `forbidden`: does not let it out. `unavailable`, `unreachable`: a gateway answers 503, or 502 with nothing.
 * - `throttled`: 429, to be tried again after `ms`; `throttled-untold` does not say when. `unauthenticated`: 401.
 * - `held`: it is sent after `ms`. `unanswered`: nothing comes before the caller gives up.
 * - `overtaken`: somebody else changes the rows that it writes just before it comes.
 * - `empty`: somebody else answers 200 with nothing. `repeated`: it comes twice, and what is answered the second time comes
 *   back; a browser does so where a connection that was kept closes. What cannot bear it (`comesOnce`) comes once.
 * - `answer-lost`: nothing comes back. `cut`: the beginning of the answer does. `truncated`: its text ends in the middle.
 * - `failed`: 500 comes back. `hanging`: no answer comes before the caller gives up. `late`: it comes after `ms`.
 */
export type LineFault =
  | { readonly kind: 'request-lost' | 'portal' | 'redirect' | 'forbidden' | 'unavailable' | 'unreachable' }
  | { readonly kind: 'unauthenticated' | 'throttled-untold' | 'unanswered' | 'overtaken' | 'empty' | 'repeated' }
  | { readonly kind: 'answer-lost' | 'cut' | 'truncated' | 'failed' | 'hanging' }
  | { readonly kind: 'throttled' | 'held'; readonly ms: number }
  | { readonly kind: 'late'; readonly ms?: number }

export const LINE_FAULTS: readonly LineFault['kind'][] = [
  'request-lost',
  'portal',
  'redirect',
  'forbidden',
  'unavailable',
  'unreachable',
  'unauthenticated',
  'throttled',
  'throttled-untold',
  'held',
  'unanswered',
  'overtaken',
  'answer-lost',
  'cut',
  'truncated',
  'failed',
  'hanging',
  'late',
  'empty',
  'repeated',
]

/** How late an answer is that nobody has said more of: later than some callers wait. */
const LATE_MS = 45_000

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Far more requests than anything takes that a step does. */
const STORM_REQUESTS = 4000

/** What is between one device and the master. */
export class Line {
  /** By the number of the request from the last `clear()` on, from 0. */
  readonly #faults = new Map<number, LineFault>()
  /** Of the next requests that write. */
  readonly #writeFaults: LineFault[] = []
  readonly #fetch: Fetch
  readonly #env: Pick<Env, 'sleep'>
  /** Strikes every request that no fault of its own strikes. */
  #lasting: (() => LineFault | undefined) | undefined
  #sent = 0
  /** How many requests there were when a write was struck last. */
  #struckAt: number | null = null
  #sentForThis = 0
  /** Called with each fault that strikes. */
  onStruck: (kind: LineFault['kind']) => void = () => {}
  /** Changes what a request is about to write; its address and body are all that is known of it. */
  onOvertaken: (request: string) => void = () => {}
  /** Called with each request that has come and comes once more. */
  onRepeated: (request: string) => void = () => {}
  /** Of what else twice is not as good as once. */
  comesOnce: (request: string) => boolean = () => false
  /** What strikes everybody's requests for a while, and is no fault of this line. */
  outage: (() => LineFault | undefined) | undefined

  constructor(fetch: Fetch, env: Pick<Env, 'sleep'>) {
    this.#fetch = fetch
    this.#env = env
  }

  get sent(): number {
    return this.#sent
  }

  /** Whether so much was sent for one thing that it would never end. Nothing is answered any more then. */
  get storms(): boolean {
    return this.#sentForThis > STORM_REQUESTS
  }

  /** Something new is done: what was sent for the last thing does not count any more. */
  beginAnew(): void {
    this.#sentForThis = 0
  }

  /** Plans a fault of the nth request from the last `clear()` on. */
  plan(nth: number, fault: LineFault): void {
    this.#faults.set(nth, fault)
  }

  /** Whether nothing was asked for any more once a write had been struck. */
  get endsStruck(): boolean {
    return this.#struckAt === this.#sent
  }

  /** Plans a fault of the next request that writes anything; planned again, of the one after it. */
  planWrite(fault: LineFault): void {
    this.#writeFaults.push(fault)
  }

  /** What strikes whenever no planned fault does; asked at each request. */
  lasting(fault: (() => LineFault | undefined) | undefined): void {
    this.#lasting = fault
  }

  /** Nothing is planned any more, and requests are counted from 0. */
  clear(): void {
    this.#faults.clear()
    this.#writeFaults.length = 0
    this.#sent = 0
    this.#struckAt = null
  }

  readonly fetch: Fetch = async (input, init) => {
    this.#sentForThis += 1
    if (this.storms) return never(init?.signal ?? undefined)
    const struck = this.#writeFaults.length > 0 && writes(textOf(input, init)) ? this.#writeFaults.shift() : undefined
    const planned = struck ?? this.#faults.get(this.#sent)
    // In an outage nothing comes twice: what would be asked because of the second answer gets none.
    const lasts = planned && planned.kind !== 'repeated' ? undefined : (this.#lasting?.() ?? this.outage?.())
    const fault = lasts ?? planned
    this.#sent += 1
    if (struck) this.#struckAt = this.#sent
    if (init?.signal?.aborted) throw init.signal.reason as Error
    if (!fault) return this.#fetch(input, init)
    this.onStruck(fault.kind)
    return this.#struck(fault, input, init)
  }

  async #struck(fault: LineFault, ...[input, init]: Parameters<Fetch>): Promise<Response> {
    switch (fault.kind) {
      case 'request-lost':
        throw new TypeError('fetch failed')
      case 'portal':
        return new Response('<html>Please sign in</html>', { status: 200, headers: HTML })
      case 'redirect':
        return new Response(null, { status: 302, headers: { Location: 'https://hotel.example/' } })
      case 'forbidden':
        return new Response('<html>Blocked</html>', { status: 403, headers: HTML })
      case 'unavailable':
        return new Response('<html>503</html>', { status: 503, headers: HTML })
      case 'unreachable':
        return new Response(null, { status: 502 })
      case 'unauthenticated':
        return refused(401, '0x80041d50', { 'WWW-Authenticate': 'Bearer' })
      case 'throttled':
        return refused(429, '0x80072322', { 'Retry-After': String(Math.ceil(fault.ms / 1000)) })
      case 'throttled-untold':
        return refused(429, '0x80072322', {})
      case 'held':
        await this.#sleep(fault.ms, init)
        return this.#fetch(input, init)
      case 'unanswered':
        return never(init?.signal ?? undefined)
      case 'overtaken':
        this.onOvertaken(textOf(input, init))
        return this.#fetch(input, init)
      case 'empty':
        return new Response('', { status: 200 })
      case 'repeated':
        if (mayComeTwice(textOf(input, init)) && !this.comesOnce(textOf(input, init))) {
          await this.#fetch(input, init)
          this.onRepeated(textOf(input, init))
        }
        return this.#fetch(input, init)
      case 'answer-lost':
        await this.#fetch(input, init)
        throw new TypeError('fetch failed')
      case 'cut':
        return cut(await this.#fetch(input, init))
      case 'truncated':
        return truncated(await this.#fetch(input, init))
      case 'failed':
        await this.#fetch(input, init)
        return new Response('<html>500</html>', { status: 500, headers: HTML })
      case 'hanging':
        await this.#fetch(input, init)
        return never(init?.signal ?? undefined)
      case 'late': {
        const response = await this.#fetch(input, init)
        await this.#sleep(fault.ms ?? LATE_MS, init)
        return response
      }
    }
  }

  #sleep(ms: number, init: RequestInit | undefined): Promise<void> {
    return this.#env.sleep(ms, init?.signal ?? new AbortController().signal)
  }
}

/** Method, address and body of a request that is sent the way an adapter sends it. */
function textOf(input: string | URL | Request, { method = 'GET', body }: RequestInit = {}): string {
  const address = input instanceof Request ? input.url : input.toString()
  return `${method} ${address}\n${typeof body === 'string' ? body : ''}`
}

/** Whether anything is to be written, by a request or by a part of it. */
function writes(request: string): boolean {
  return /^(?:PATCH|PUT|DELETE|POST) (?!\S*\$batch)/m.test(request)
}

/** Whether it writes one thing, and that is no operation: twice is as good as once then. */
function mayComeTwice(request: string): boolean {
  const written = request.match(/^(?:PATCH|PUT|DELETE|POST) (?!\S*\$batch)/gm) ?? []
  return written.length < 2 && !/^POST (?!\S*(?:\$batch|\$ref))/m.test(request)
}

const HTML = { 'Content-Type': 'text/html; charset=utf-8' }

function refused(status: number, code: string, headers: Readonly<Record<string, string>>): Response {
  const body = JSON.stringify({ error: { code, message: 'No.' } })
  return new Response(body, { status, headers: { ...headers, 'Content-Type': 'application/json' } })
}

const HAS_NO_BODY: readonly number[] = [204, 304]

async function cut(response: Response): Promise<Response> {
  const { status, headers } = response
  if (HAS_NO_BODY.includes(status)) return response
  const bytes = new Uint8Array(await response.arrayBuffer())
  const body = new ReadableStream<Uint8Array>({
    start: (to) => {
      to.enqueue(bytes.subarray(0, bytes.length / 2))
      to.error(new TypeError('terminated'))
    },
  })
  return new Response(body, { status, headers })
}

async function truncated(response: Response): Promise<Response> {
  const { status, headers } = response
  if (HAS_NO_BODY.includes(status)) return response
  const text = await response.text()
  const rest = new Headers(headers)
  rest.delete('Content-Length')
  return new Response(text.slice(0, text.length / 2), { status, headers: rest })
}

function never(signal: AbortSignal | undefined): Promise<Response> {
  return new Promise((_, reject) => {
    const give = (): void => reject(signal?.reason as Error)
    if (signal?.aborted) give()
    else signal?.addEventListener('abort', give, { once: true })
  })
}
