import type { Env } from '@outpost/core'

/** Where text goes: a stream of Node, or whatever an embedder has. */
export interface Output {
  write(text: string): unknown
  /** True on a terminal: progress is drawn in place there. */
  readonly isTTY?: boolean
  /** The terminal's width in characters. */
  readonly columns?: number
}

/** Everything that a run of the command line takes from its surroundings. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  /** Read by `configure -` and `import -`; where it is a terminal, for confirmations. */
  readonly stdin: AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean }
  /** Environment variables: `OUTPOST_DB`, `OUTPOST_TOKEN`, `NO_COLOR`. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly env: Env
  /** Ends the run when it aborts: what is committed stays, nothing is left half done. */
  readonly signal: AbortSignal
}
