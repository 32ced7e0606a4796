import type { ContentReference } from '../rows/resolve-reference.ts'
import type { User } from '../rows/user.ts'
import type { QueryOptions } from '../odata/query-options.ts'
import type { PathSegment } from '../odata/resource-path.ts'
import type { Preferences } from './prefer.ts'

/** A request to the Web API after sign-in: top-level, or one of a batch. */
export interface ApiRequest {
  readonly method: string
  /** `https://host/api/data/v9.2/`, as the caller addressed it. */
  readonly root: string
  /** Path behind the root, still encoded. */
  readonly path: string
  readonly segments: readonly PathSegment[]
  readonly query: QueryOptions
  readonly headers: Headers
  readonly preferences: Preferences
  /** The body as text; empty where it was sent as `application/octet-stream`. */
  readonly body: string
  /** The body as it came; absent inside of a batch, whose parts are text. */
  readonly bytes: Uint8Array | undefined
  readonly user: User
  /** Rows that earlier parts of the same change set made or changed, by Content-ID. */
  readonly contents: ContentReference
}
