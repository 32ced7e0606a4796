/** A request as it arrives: what every way in (fetch, HTTP server) makes of what it got. */
export interface Incoming {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  /** The body as it came; empty where there was none. */
  readonly bytes: Uint8Array
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal
}

/** An answer as it leaves. */
export interface Outgoing {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  /** The answer to a HEAD: status and headers are those the body would come with, and the body stays here. */
  readonly headersOnly?: boolean
  /** After so many bytes of the body the connection is lost. */
  readonly cutAt?: number
}

/** The connection was lost. `handle` rejects with it; `fetch` and the HTTP server turn it into what a caller sees. */
export class ConnectionDropped extends Error {
  constructor() {
    super('The connection was dropped.')
    this.name = 'ConnectionDropped'
  }
}
