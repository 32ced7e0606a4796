import type { ActionParameter, RowReference } from '../change.ts'
import { OutpostError } from '../errors.ts'
import { copyParameters } from './row-parameters.ts'
import { canonicalGuid } from '../row.ts'
import type { ColumnValue } from '../row.ts'

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
  | ActionRequest

/** A call of an action, as the application asked for it. */
export interface ActionRequest extends RowReference {
  readonly kind: 'action'
  readonly action: string
  readonly bound: boolean
  readonly parameters: Readonly<Record<string, ActionParameter>>
  readonly happened: ActionOptions['happened']
  readonly effect: Values
}

/** What an action is about, what it is given, and how it is told whether it happened. */
export interface ActionOptions {
  /** The row it is about: the action stays in order with its other changes, and is sent to it where it is bound. */
  readonly on: RowReference
  /** True for an action that the master binds to the row. */
  readonly bound?: boolean
  /** JSON as the master takes it, with rows as `{ $row: { table, id?, values? } }`. */
  readonly parameters?: Readonly<Record<string, ActionParameter>>
  /**
   * How it is told whether the action happened, where its answer was lost; nothing else keeps it from happening twice.
   * `repeatable`: twice is as good as once. A filter: the row it is about matches it then, and does not before. A row: that
   * is there then, matches `filter` then, or is gone then.
   */
  readonly happened:
    | string
    | { readonly table: string; readonly id: string; readonly filter?: string; readonly gone?: boolean }
  /** What the row is shown with until the action is delivered, and the master's row is read. */
  readonly effect?: Values
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

  /**
   * Calls an action of the master, such as CloseIncident. It takes its place among the changes of the row it is about, and
   * is sent after the other changes of the same write.
   */
  action(action: string, options: ActionOptions): void {
    if (typeof options?.on?.table !== 'string') {
      throw new OutpostError('invalid', `action ${action}: say which row it is about, in 'on'`, {
        place: { rule: 'row-id' },
      })
    }
    const { on, bound = false, happened, effect = {} } = options
    const of = { action, table: on.table, id: guid(on.table, on.id) }
    const parameters = copyParameters(options.parameters, of)
    this.#add({ kind: 'action', ...of, bound, parameters, happened, effect })
  }

  /** Gives a row to another owner: an update of `ownerid`, which must be among the configured columns. */
  assign(table: string, id: string, owner: { readonly table: 'systemuser' | 'team'; readonly id: string }): void {
    this.update(table, id, { ownerid: guid(owner?.table, owner?.id), ownerid$table: owner.table })
  }

  /** Changes a row's state, and its status; without one the master takes the default status of the state. */
  setState(table: string, id: string, state: number, status?: number): void {
    this.update(table, id, { statecode: state, ...(status === undefined ? {} : { statuscode: status }) })
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
