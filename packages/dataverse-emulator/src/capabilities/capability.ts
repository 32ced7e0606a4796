/** The request that shows whether the emulator has something. */
export interface Probe {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Behind `/api/data/v9.2/`; `{account}` and so on stand for the id of a row of that table. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Name of the user who asks; by default one who may do everything. */
  readonly as?: string
}

/**
 * One thing a client may ask of Dataverse, the request that asks it, and the status the emulator answers on the
 * built-in organisation. 501 says that the emulator does not have it; any other refusal is Dataverse's own.
 */
export interface Capability {
  readonly what: string
  readonly status: number
  readonly probe: Probe
}

/** What belongs together in the list. */
export interface CapabilityArea {
  readonly area: string
  readonly capabilities: readonly Capability[]
}
