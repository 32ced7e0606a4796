import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** What happens to one request on the wire. Byte counts include heads. */
export type WireFault =
  /** So much of the request reaches the server, then the connection is reset. */
  | { readonly kind: 'reset-request'; readonly after: number }
  /** The server does everything; so much of its answer arrives, then the connection is reset. 0 loses the answer. */
  | { readonly kind: 'reset-answer'; readonly after: number }
  /** The answer's head and so much of its body arrive, then the connection is closed in an orderly way. */
  | { readonly kind: 'cut-body'; readonly after: number }
  /** The request goes nowhere and the connection stays open: half-open, as behind a dead router. */
  | { readonly kind: 'hang' }
  /** The server does everything; its answer never arrives and the connection stays open. */
  | { readonly kind: 'mute' }
  /** The whole exchange is held until `release` is called. */
  | { readonly kind: 'hold' }

export interface WireRule {
  /** Tested against `METHOD target`, the target decoded. */
  readonly match?: RegExp
  /** The first matching request that is struck, counted from 1. */
  readonly nth?: number
  /** How many matching requests from then on; default 1. */
  readonly times?: number
  readonly fault: WireFault
}

/** A rule at work. */
export interface ArmedRule {
  /** Resolves when the rule has struck for the first time. */
  readonly struck: Promise<void>
  /** Lets a held exchange go on, even where the client has gone away. */
  release(): void
  /** Resolves when the server has answered a held request. */
  readonly delivered: Promise<void>
}

/** A TCP proxy on loopback that forwards to a server, and does to the traffic what networks do. */
export interface ChaosProxy {
  /** `http://127.0.0.1:PORT`; the same after `refuse` and `accept`. */
  readonly url: string
  add(rule: WireRule): ArmedRule
  /** Disarms all rules and lets go of what they hold. */
  heal(): void
  /** Stops listening and drops every connection: connecting is refused from now on. */
  refuse(): Promise<void>
  accept(): Promise<void>
  close(): Promise<void>
  /** `METHOD target` of every request that came by. */
  requests(): readonly string[]
}

interface Armed {
  readonly rule: WireRule
  readonly strike: () => void
  readonly release: () => void
  readonly released: Promise<void>
  readonly deliver: () => void
  hits: number
}

/** The request lines are read where a request begins: clients of HTTP/1.1 that do not pipeline begin one when idle. */
export async function chaosProxy(target: string): Promise<ChaosProxy> {
  const upstream = new URL(target)
  const sockets = new Set<Socket>()
  const seen: string[] = []
  let rules: Armed[] = []
  let server: Server | null = null
  let port = 0

  function track(socket: Socket): Socket {
    sockets.add(socket)
    // Without a listener a reset connection would end the process; its `close` says all there is to say.
    socket.on('error', () => {})
    return socket.on('close', () => sockets.delete(socket))
  }

  function strike(line: string): Armed | undefined {
    let struck: Armed | undefined
    for (const armed of rules) {
      const { match, nth = 1, times = 1 } = armed.rule
      if (match && !match.test(line)) continue
      armed.hits += 1
      if (!struck && armed.hits >= nth && armed.hits < nth + times) struck = armed
    }
    struck?.strike()
    return struck
  }

  function carry(client: Socket): void {
    const far = track(connect(Number(upstream.port), upstream.hostname))
    let armed: Armed | undefined
    let answered = true
    let sent = 0
    let received = 0
    let limit = 0
    let queue = Promise.resolve()
    client.on('data', (chunk: Buffer) => {
      if (answered) {
        answered = false
        sent = 0
        received = 0
        const line = requestLine(chunk)
        seen.push(line)
        armed = strike(line)
      }
      const fault = armed?.rule.fault
      if (fault?.kind === 'hang') return
      if (fault?.kind === 'reset-request') {
        const part = chunk.subarray(0, Math.max(0, fault.after - sent))
        sent += chunk.length
        far.write(part)
        if (sent < fault.after) return
        client.resetAndDestroy()
        far.end()
        return
      }
      const holding = fault?.kind === 'hold' ? armed?.released : undefined
      queue = queue.then(() => holding).then(() => void far.write(chunk))
    })
    far.on('data', (chunk: Buffer) => {
      answered = true
      armed?.deliver()
      const fault = armed?.rule.fault
      if (fault?.kind === 'mute') return
      if (fault?.kind !== 'reset-answer' && fault?.kind !== 'cut-body') {
        client.write(chunk)
        return
      }
      // A head that comes in several chunks does not occur on loopback.
      if (received === 0) limit = fault.kind === 'cut-body' ? headLength(chunk) + fault.after : fault.after
      const part = chunk.subarray(0, Math.max(0, limit - received))
      received += chunk.length
      const end = (): void => {
        if (received < limit) return
        if (fault.kind === 'cut-body') client.end()
        else client.resetAndDestroy()
        far.destroy()
      }
      if (part.length > 0) client.write(part, end)
      else end()
    })
    client.on('close', () => void queue.then(() => far.end()))
    far.on('close', () => client.end())
  }

  async function listen(): Promise<void> {
    const listening = createServer((client) => carry(track(client)))
    server = listening
    listening.listen(port, '127.0.0.1')
    await once(listening, 'listening')
    port = (listening.address() as AddressInfo).port
  }

  async function stop(): Promise<void> {
    const listening = server
    server = null
    const closed = listening ? once(listening, 'close') : undefined
    listening?.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }

  function heal(): void {
    for (const armed of rules) armed.release()
    rules = []
  }

  await listen()
  return {
    url: `http://127.0.0.1:${port}`,
    add: (rule) => {
      const struck = signal()
      const released = signal()
      const delivered = signal()
      rules.push({
        rule,
        hits: 0,
        strike: struck.give,
        release: released.give,
        released: released.given,
        deliver: delivered.give,
      })
      return { struck: struck.given, release: released.give, delivered: delivered.given }
    },
    heal,
    refuse: stop,
    accept: () => (server ? Promise.resolve() : listen()),
    close: async () => {
      heal()
      await stop()
    },
    requests: () => [...seen],
  }
}

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => {}
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give }
}

function requestLine(chunk: Buffer): string {
  const [method = '', target = ''] = chunk.toString('latin1').split('\r\n', 1)[0]?.split(' ') ?? []
  return `${method} ${decodeURIComponent(target)}`
}

function headLength(chunk: Buffer): number {
  const end = chunk.indexOf('\r\n\r\n')
  return end === -1 ? chunk.length : end + 4
}
