import type { Row } from '@outpost/core'
import type { Contents } from '../data/contents.ts'

/** A change of one column of one row: what a user's write is in this bench. */
export interface Write {
  readonly id: string
  readonly telephone1: string
}

/** Something that keeps the accounts of the page server, and what users write to them. Each does what it can. */
export interface Contender {
  /** Brings what is new on the server, everything the first time. All can be queried by the indexes then. */
  readonly pull: () => Promise<void>
  /** Changes the row and queues the change in one durable transaction. */
  readonly write?: (write: Write) => Promise<void>
  /** The same for writes that come at once, each by itself; resolves when all of them are durable. */
  readonly burst?: (writes: readonly Write[]) => Promise<void>
  /** The same for writes that belong together: one transaction, or what comes closest to it. */
  readonly together?: (writes: readonly Write[]) => Promise<void>
  /** Sends what is queued until nothing is left. */
  readonly push?: () => Promise<void>
  /** The rows of `NEWEST_OPEN`, in order. */
  readonly query?: () => Promise<readonly Row[]>
  /** Gives the rows of `NEWEST_OPEN` now and whenever they have changed, until the way out that it returns is taken. */
  readonly watch?: (listener: (rows: readonly Row[]) => void) => () => void
  /** All that is held, and how many writes are not sent yet. */
  readonly contents: () => Promise<Contents>
  readonly close: () => Promise<void>
}

/** How a contender learns of rows that were deleted on the server. */
export type Deletions = 'unseen' | 'tracking' | 'sweep'

export interface Place {
  readonly url: string
  /** A folder of its own: empty, unless it is opened again. */
  readonly folder: string
  readonly pageSize: number
  readonly deletions: Deletions
  /** Set where the contender is to send what is written to it, if it has to prepare for that. */
  readonly pushes?: boolean
  /** Set where the contender was here before and has what it had. */
  readonly again?: boolean
}

/** The live query: open accounts, those that changed last. */
export const NEWEST_OPEN = { limit: 50, where: { statecode: 0 }, orderBy: 'modifiedon' } as const
