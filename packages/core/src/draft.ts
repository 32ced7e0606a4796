import type { RowReference } from './change.ts'
import { OutpostError } from './errors.ts'
import { canonicalGuid } from './row.ts'
import type { ColumnValue } from './row.ts'

/** One operation as the application asked for it, before it is checked against the catalogue. */
export type Request =
  | {
      readonly kind: 'create'
      readonly table: string
      readonly id: string
      readonly values: Values
      readonly chosenId: boolean
    }
  | { readonly kind: 'update'; readonly table: string; readonly id: string; readonly values: Values }
  | { readonly kind: 'delete'; readonly table: string; readonly id: string }
  | {
      readonly kind: 'associate' | 'disassociate'
      readonly relationship: string
      readonly ends: readonly [RowReference, RowReference]
    }

export type Values = Readonly<Record<string, ColumnValue>>

/**
 * Collects the row operations of one `write`. They are checked and committed together, as one offline transaction, when
 * the body of the write has ended; none of them takes effect when the body throws.
 */
export class Draft {
  readonly #requests: Request[] = []
  readonly #newId: () => string
  #closed = false

  constructor(newId: () => string) {
    this.#newId = newId
  }

  /** Creates a row and gives back its id. The id is made here unless one is given. */
  create(table: string, values: Values, id?: string): string {
    const rowId = id === undefined ? this.#newId() : guid(table, id)
    this.#add({ kind: 'create', table, id: rowId, values, chosenId: id !== undefined })
    return rowId
  }

  /** Changes the given columns of a row; other columns are left alone. */
  update(table: string, id: string, values: Values): void {
    this.#add({ kind: 'update', table, id: guid(table, id), values })
  }

  delete(table: string, id: string): void {
    this.#add({ kind: 'delete', table, id: guid(table, id) })
  }

  /** Links two rows by a many-to-many relationship, named by its schema name. The order of the rows does not matter. */
  associate(relationship: string, one: RowReference, other: RowReference): void {
    this.#add({ kind: 'associate', relationship, ends: [end(one), end(other)] })
  }

  disassociate(relationship: string, one: RowReference, other: RowReference): void {
    this.#add({ kind: 'disassociate', relationship, ends: [end(one), end(other)] })
  }

  /** What was collected. Afterwards the draft takes nothing more. */
  close(): readonly Request[] {
    this.#closed = true
    return this.#requests
  }

  #add(request: Request): void {
    if ('values' in request && (typeof request.values !== 'object' || request.values === null)) {
      throw new OutpostError(
        'invalid',
        `${request.kind} of ${request.table} ${request.id}: an object with values is needed`,
        {
          place: { table: request.table, row: request.id, rule: 'values' },
        },
      )
    }
    if (this.#closed)
      throw new OutpostError('refused', 'the write has ended; await what its body does before it returns')
    this.#requests.push(request)
  }
}

function end(reference: RowReference): RowReference {
  if (typeof reference?.table !== 'string') {
    throw new OutpostError('invalid', 'a link needs the table and the id of both rows', { place: { rule: 'row-id' } })
  }
  return { table: reference.table, id: guid(reference.table, reference.id) }
}

function guid(table: string, id: string): string {
  const canonical = typeof id === 'string' ? canonicalGuid(id) : null
  if (canonical === null) {
    throw new OutpostError('invalid', `${JSON.stringify(id)} is not the id of a row of '${table}': a GUID is needed`, {
      place: { table, row: id, rule: 'row-id' },
    })
  }
  return canonical
}
