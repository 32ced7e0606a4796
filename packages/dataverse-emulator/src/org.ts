import type { Knobs } from './knobs.ts'
import type { OperationFacts } from './operations/operation-facts.ts'
import type { RecordCounts } from './operations/record-counts.ts'
import type { JobQueue } from './plug-ins/jobs.ts'
import type { Plugins } from './plug-ins/plugins.ts'
import type { RowStore } from './rows/row-store.ts'
import type { MobileTracking } from './rows/mobile-tracking.ts'
import type { User } from './rows/user.ts'
import type { WriteContext } from './rows/write-context.ts'
import type { Schema, SeedOrganization } from './schema.ts'
import type { Security } from './security/security.ts'

/** The organisation that requests are answered from. */
export interface Org {
  readonly schema: Schema
  readonly store: RowStore
  /** Replaced as a whole when another organisation takes this one's place. */
  organization: SeedOrganization
  readonly tracking: MobileTracking
  readonly knobs: Knobs
  /** Users and roles. */
  readonly security: Security
  /** Functions and actions: the built-in ones and those that were registered. */
  readonly operations: OperationFacts[]
  readonly plugins: Plugins
  /** Accepted work that is not done yet. */
  readonly jobs: JobQueue
  /** How many rows tables had, some time ago. */
  readonly counts: RecordCounts
  /** Delta tokens up to this version are expired, whatever their date. */
  expiredVersion: bigint
}

/** The context of a user's write. */
export function writeContext(org: Org, user: User): WriteContext {
  const { store, organization, tracking, knobs, security } = org
  return {
    store,
    organization,
    tracking,
    knobs,
    security,
    user,
    enforcePrivileges: true,
    pipeline: org.plugins.pipeline(),
  }
}

/** A number of days from the organisation's own settings, or what holds where nobody has set it. */
export function daysSetting({ store, organization }: Org, column: string, otherwise: number): number {
  const days = store.rows('organization').get(organization.id)?.values[column]
  return typeof days === 'number' ? days : otherwise
}
