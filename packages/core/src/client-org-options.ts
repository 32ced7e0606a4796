import type { ConflictFunctions } from './conflicts/conflict-policy.ts'
import type { Env } from './env.ts'
import type { Canary } from './identity/canary.ts'
import type { Connectivity } from './ports/connectivity.ts'
import type { MasterOrg } from './ports/master-org.ts'
import type { Store } from './ports/store.ts'

export interface ClientOrgOptions {
  readonly store: Store
  readonly master: MasterOrg
  readonly env?: Env
  readonly connectivity?: Connectivity
  /** When writes are sent: as soon as they are committed (the default), or only by `push()` and `sync()`. */
  readonly delivery?: 'at-once' | 'on-demand'
  /** Rows per page of a pull. The default is 5,000, the most that Dataverse gives. */
  readonly pageSize?: number
  /** The functions that a table's `conflictPolicy` can name. They belong to the program and are not stored. */
  readonly conflictFunctions?: ConflictFunctions
  /** Where to note, outside of the store's database, that there is unsent work, so that its loss can be told. */
  readonly canary?: Canary
  /** An event warns of a transaction that has been pending for longer than so many days. The default is 7. */
  readonly warnAfterDays?: number
  /** Told of exceptions thrown by listeners of events, which are ignored otherwise. */
  readonly onListenerError?: (error: unknown) => void
}
