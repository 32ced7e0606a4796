import type { CollectionNavigation, TableDefinition } from '../schema.ts'
import type { SeedOrganization } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { Knobs } from '../knobs.ts'
import type { MobileTracking } from './mobile-tracking.ts'
import type { Changes } from './changes.ts'
import type { Reference } from './reference.ts'
import type { Row } from './row.ts'
import type { User } from './user.ts'
import type { Security } from '../security/security.ts'

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
  readonly knobs?: Pick<Knobs, 'duplicateStatus' | 'unchangedUpdateRaisesVersion' | 'trimsText'>
  /** Whether published duplicate rules may refuse the write. */
  readonly detectDuplicates?: boolean
  /** Whether a message of its own writes (CloseIncident, WinOpportunity), which may set states that no update sets. */
  readonly byMessage?: boolean
  /** Users and roles; absent where nothing has to be asked of them. */
  readonly security?: Security
  /** What runs around writes; absent where no plug-in could. */
  readonly pipeline?: WritePipeline | undefined
}

/** An N:N link that is about to be made or removed. */
export interface LinkWrite {
  readonly message: 'Associate' | 'Disassociate'
  readonly navigation: CollectionNavigation & { readonly kind: 'ManyToMany' }
  readonly row: Reference
  readonly target: Reference
}

/**
 * What runs around every write of a row: each method calls `store` once for the write itself, with what is to be
 * written then, and may throw to refuse it. Nested writes go through a pipeline of their own.
 */
export interface WritePipeline {
  create(
    context: WriteContext,
    table: TableDefinition,
    id: string,
    changes: Changes,
    store: (changes: Changes) => Row,
  ): Row
  /** An update of state or owner together with other columns is stored in several steps. */
  update(
    context: WriteContext,
    table: TableDefinition,
    row: Row,
    changes: Changes,
    store: (row: Row, changes: Changes) => Row,
  ): Row
  delete(context: WriteContext, table: TableDefinition, row: Row, store: (row: Row) => void): void
  link(context: WriteContext, link: LinkWrite, store: () => boolean): boolean
}
