import type { ConfiguredTable } from '../copy/configuration.ts'
import type { Env } from '../env.ts'
import type { OutpostEvent } from '../events.ts'
import type { MasterOrg } from '../ports/master-org.ts'
import type { Store } from '../ports/store.ts'

/** What every part of a pull works with. */
export interface PullContext {
  readonly store: Store
  readonly master: MasterOrg
  readonly env: Pick<Env, 'now'>
  readonly pageSize: number
  /** All configured tables, by logical name. */
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  /** The mobile-tracking table, where one is configured. */
  readonly mobileTracking?: string | undefined
  /** Whose client org it is. */
  readonly userId: string
  emit(event: OutpostEvent): void
}
