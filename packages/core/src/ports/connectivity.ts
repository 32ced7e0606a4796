/** What the platform knows of the network. It is a hint: only an answer of the master proves a connection. */
export interface Connectivity {
  /** False only when the platform is sure that there is no network. */
  readonly online: boolean
  /** Calls the listener when `online` changes. Returns the way out. */
  subscribe(listener: () => void): () => void
}

/** For platforms that cannot tell: always worth a try. */
export const alwaysOnline: Connectivity = { online: true, subscribe: () => () => {} }
