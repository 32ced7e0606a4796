import type { QueryOptions } from '../odata/query-options.ts'
import type { PathSegment } from '../odata/resource-path.ts'

/** A request below the service root that may be for metadata. */
export interface MetadataRequest {
  readonly method: string
  /** `https://host/api/data/v9.2/` */
  readonly root: string
  readonly segments: readonly PathSegment[]
  readonly query: QueryOptions
  /** The server's clock, for version stamps. */
  readonly nowMs: number
  /** After how many days a version stamp is refused; `organization.expiresubscriptionsindays`. */
  readonly stampLifetimeDays: number
}
