/** What a device reaches the office by. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The line between one device and the office: it can be down, and it can swallow a request or an answer. */
export interface Line {
  readonly online: boolean
  /** What the device sent since the last look, as `METHOD path`; nothing of it while the line was down. */
  readonly fetch: Fetch
  goesDown(): void
  comesUp(): void
  /** The line is up again, and the platform forgets to say so. */
  comesUpUnnoticed(): void
  subscribe(listener: () => void): () => void
  /** The nth request from now on never arrives, or its answer never comes back. */
  loses(what: 'request' | 'answer', nth?: number): void
  /** The nth writing request from now on, or its answer, is lost. */
  losesWrite(what: 'request' | 'answer', nth?: number): void
  /** Whether everything that was to be lost has been lost. */
  readonly lostAll: boolean
  /** What was to be lost and is not yet will not be. */
  losesNothing(): void
  /** What happens on the device while the next writing request is on its way back. */
  meanwhile(happens: () => Promise<unknown>): void
  /** What was sent since the last look. */
  sent(): readonly string[]
}

interface Loss {
  readonly what: 'request' | 'answer'
  readonly of: 'any' | 'write'
  left: number
}

export function lineTo(office: Fetch): Line {
  const listeners = new Set<() => void>()
  let online = true
  let losses: Loss[] = []
  let sent: string[] = []
  let meanwhile: () => Promise<unknown> = () => Promise.resolve()
  const turn = (now: boolean): void => {
    online = now
    for (const listener of listeners) listener()
  }
  return {
    get online() {
      return online
    },
    fetch: async (url, init) => {
      if (!online) throw new TypeError('fetch failed')
      const method = init.method ?? 'GET'
      sent.push(`${method} ${decodeURIComponent(new URL(url).pathname).replace(/^\/api\/data\/v9\.2\//, '')}`)
      for (const loss of losses) if (loss.of === 'any' || writes(init)) loss.left -= 1
      const lost = losses.find((loss) => loss.left === 0)
      losses = losses.filter((loss) => loss.left > 0)
      if (lost?.what === 'request') throw new TypeError('fetch failed')
      const answer = await office(url, init)
      if (writes(init)) {
        const happens = meanwhile
        meanwhile = () => Promise.resolve()
        await happens()
      }
      if (lost?.what === 'answer') throw new TypeError('fetch failed')
      return answer
    },
    goesDown: () => turn(false),
    comesUp: () => turn(true),
    comesUpUnnoticed: () => {
      online = true
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    loses: (what, nth = 1) => void losses.push({ what, of: 'any', left: nth }),
    losesWrite: (what, nth = 1) => void losses.push({ what, of: 'write', left: nth }),
    get lostAll() {
      return losses.length === 0
    },
    losesNothing: () => {
      losses = []
    },
    meanwhile: (happens) => {
      meanwhile = happens
    },
    sent: () => {
      const seen = sent
      sent = []
      return seen
    },
  }
}

/** A batch may be full of reads. */
function writes({ method = 'GET', body }: RequestInit): boolean {
  const isBatch = typeof body === 'string' && body.includes('application/http')
  return method !== 'GET' && (!isBatch || /^(?:POST|PATCH|PUT|DELETE) /m.test(body))
}
