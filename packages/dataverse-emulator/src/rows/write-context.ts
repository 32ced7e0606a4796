import type { SeedOrganization } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { Knobs } from '../knobs.ts'
import type { MobileTracking } from './mobile-tracking.ts'
import type { User } from './user.ts'
import type { Security } from '../security/security.ts'
import type { WritePipeline } from './write-pipeline.ts'

/** What a write needs to know besides its rows. */
export interface WriteContext {
  readonly store: RowStore
  readonly organization: SeedOrganization
  readonly tracking: MobileTracking
  /** Who writes; becomes createdby, modifiedby and the default owner. */
  readonly user: User
  /** False for the server's own hand, which no privilege limits. */
  readonly enforcePrivileges: boolean
  /** How the service behaves where services differ; absent for the ordinary behaviour. */
  readonly knobs?: Pick<Knobs, 'duplicateStatus' | 'unchangedUpdateRaisesVersion'>
  /** Whether published duplicate rules may refuse the write. */
  readonly detectDuplicates?: boolean
  /** Whether a message of its own writes (CloseIncident, WinOpportunity), which may set states that no update sets. */
  readonly byMessage?: boolean
  /** Users and roles; absent where nothing has to be asked of them. */
  readonly security?: Security
  /** What runs around writes; absent where no plug-in could. */
  readonly pipeline?: WritePipeline | undefined
}
