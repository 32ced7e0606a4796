import type { Env } from '@outpost/core'

/**
 * What becomes of one request.
 *
 * - `request-lost`: it never arrives. `answer-lost`: it is done, nothing comes back.
 * - `cut`: it is done, and of the answer only the head comes back. `truncated`: its text ends in the middle.
 * - `portal`: somebody else answers with a page. `unavailable`: a gateway answers 503.
 * - `throttled`: 429, to be tried again after `ms`. `unauthenticated`: 401.
 * - `held`: it is sent after `ms`. `hanging`: it is done, and no answer comes before the caller gives up.
 */
export type LineFault =
  | { readonly kind: 'request-lost' | 'answer-lost' | 'cut' | 'truncated' | 'portal' | 'unavailable' }
  | { readonly kind: 'unauthenticated' | 'hanging' }
  | { readonly kind: 'throttled' | 'held'; readonly ms: number }

export const LINE_FAULTS: readonly LineFault['kind'][] = [
  'request-lost',
  'answer-lost',
  'cut',
  'truncated',
  'portal',
  'unavailable',
  'unauthenticated',
  'hanging',
  'throttled',
  'held',
]

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What is between one device and the master. */
export class Line {
  /** By the number of the request from the last `clear()` on, from 0. */
  readonly #faults = new Map<number, LineFault>()
  readonly #fetch: Fetch
  readonly #env: Pick<Env, 'sleep'>
  /** Strikes every request that no fault of its own strikes. */
  #lasting: (() => LineFault | undefined) | undefined
  #sent = 0
  /** Called with each fault that strikes. */
  onStruck: (kind: LineFault['kind']) => void = () => {}

  constructor(fetch: Fetch, env: Pick<Env, 'sleep'>) {
    this.#fetch = fetch
    this.#env = env
  }

  get sent(): number {
    return this.#sent
  }

  /** Plans a fault of the nth request from the last `clear()` on. */
  plan(nth: number, fault: LineFault): void {
    this.#faults.set(nth, fault)
  }

  /** What strikes whenever no planned fault does; asked at each request. */
  lasting(fault: (() => LineFault | undefined) | undefined): void {
    this.#lasting = fault
  }

  /** Nothing is planned any more, and requests are counted from 0. */
  clear(): void {
    this.#faults.clear()
    this.#sent = 0
  }

  readonly fetch: Fetch = async (input, init) => {
    const fault = this.#faults.get(this.#sent) ?? this.#lasting?.()
    this.#sent += 1
    if (init?.signal?.aborted) throw init.signal.reason as Error
    if (!fault) return this.#fetch(input, init)
    this.onStruck(fault.kind)
    switch (fault.kind) {
      case 'request-lost':
        throw new TypeError('fetch failed')
      case 'answer-lost':
        await this.#fetch(input, init)
        throw new TypeError('fetch failed')
      case 'cut':
        return cut(await this.#fetch(input, init))
      case 'truncated':
        return truncated(await this.#fetch(input, init))
      case 'portal':
        return new Response('<html>Please sign in</html>', { status: 200, headers: HTML })
      case 'unavailable':
        return new Response('<html>503</html>', { status: 503, headers: HTML })
      case 'unauthenticated':
        return refused(401, '0x80041d50', {})
      case 'throttled':
        return refused(429, '0x80072322', { 'Retry-After': String(Math.ceil(fault.ms / 1000)) })
      case 'held':
        await this.#env.sleep(fault.ms, init?.signal ?? new AbortController().signal)
        return this.#fetch(input, init)
      case 'hanging':
        await this.#fetch(input, init)
        return never(init?.signal ?? undefined)
    }
  }
}

const HTML = { 'Content-Type': 'text/html; charset=utf-8' }

function refused(status: number, code: string, headers: Readonly<Record<string, string>>): Response {
  const body = JSON.stringify({ error: { code, message: 'No.' } })
  return new Response(body, { status, headers: { ...headers, 'Content-Type': 'application/json' } })
}

const HAS_NO_BODY: readonly number[] = [204, 304]

function cut({ status, headers }: Response): Response {
  const body = new ReadableStream<Uint8Array>({ start: (to) => to.error(new TypeError('terminated')) })
  return new Response(HAS_NO_BODY.includes(status) ? null : body, { status, headers })
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
