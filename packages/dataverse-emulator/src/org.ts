import type { Knobs } from './knobs.ts'
import type { Database } from './rows/database.ts'
import type { MobileTracking } from './rows/mobile-tracking.ts'
import type { User } from './rows/user.ts'
import type { WriteContext } from './rows/write-context.ts'
import type { Schema, SeedOrganization } from './schema.ts'

/** The organisation that requests are answered from. */
export interface Org {
  readonly schema: Schema
  readonly database: Database
  readonly organization: SeedOrganization
  readonly tracking: MobileTracking
  readonly knobs: Knobs
  /** Delta tokens up to this version are expired, whatever their date. */
  expiredVersion: bigint
}

/** The context of a user's write. */
export function writeContext(org: Org, user: User): WriteContext {
  const { database, organization, tracking } = org
  return { database, organization, tracking, user, enforcePrivileges: true }
}

/** A number of days from the organisation's own settings, or what holds where nobody has set it. */
export function daysSetting({ database, organization }: Org, column: string, otherwise: number): number {
  const days = database.rows('organization').get(organization.id)?.values[column]
  return typeof days === 'number' ? days : otherwise
}
