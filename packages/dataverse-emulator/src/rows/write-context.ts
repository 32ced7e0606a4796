import type { SeedOrganization } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { MobileTracking } from './mobile-tracking.ts'
import type { User } from './user.ts'

/** What a write needs to know besides its rows. */
export interface WriteContext {
  readonly store: RowStore
  readonly organization: SeedOrganization
  readonly tracking: MobileTracking
  /** Who writes; becomes createdby, modifiedby and the default owner. */
  readonly user: User
  /** False for the server's own hand, which no privilege limits. */
  readonly enforcePrivileges: boolean
}
