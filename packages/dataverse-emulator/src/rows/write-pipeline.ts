import type { CollectionNavigation, TableDefinition } from '../schema.ts'
import type { Changes } from './changes.ts'
import type { Reference } from './reference.ts'
import type { Row } from './row.ts'
import type { WriteContext } from './write-context.ts'

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
