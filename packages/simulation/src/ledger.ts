import type { Emulator, GivenValue, PluginContext } from '@outpost/dataverse-emulator'

/** One write of a request that the master has committed. */
export interface Committed {
  /** The name of an operation of one's own, where it was one. */
  readonly message: 'Create' | 'Update' | 'Delete' | 'Associate' | 'Disassociate' | (string & {})
  readonly table: string
  readonly id: string
  /** What was written, by logical columns, after plug-ins; a lookup is `{ table, id }`. */
  readonly values: Readonly<Record<string, GivenValue>>
  /** The row at the other end of a link. */
  readonly related: { readonly table: string; readonly id: string } | undefined
  /** Of a link, the schema name of its relationship. */
  readonly relationship: string | undefined
  /** `cascaded`: a row that went with another one. `vain`: there was no such link to be removed. */
  readonly extent: 'asked' | 'cascaded' | 'vain'
  readonly userId: string
  /** The row before it; undefined where there was none, and for links. Of an operation, the row it is about. */
  readonly before: Readonly<Record<string, unknown>> | undefined
  /** Of an operation, what it was called with. */
  readonly parameters: string
  /** 1 for what a request does, more for what plug-ins made of it. */
  readonly depth: number
}

/** What the master accepted: every committed write of every request, in order. Its own hand's are not in it. */
export class Ledger {
  /** How many deletes each request is in the middle of: what goes with a row goes within its delete. */
  readonly #deleting = new WeakMap<object, number>()
  /** Whether the link that a request is about to remove is there. */
  readonly #linked = new WeakMap<object, boolean>()
  #commits: Committed[] = []

  get commits(): readonly Committed[] {
    return this.#commits
  }

  /** From now on of this emulator, with these operations of its own. */
  keep(emulator: Emulator, operations: readonly string[] = []): void {
    for (const message of ['Create', 'Update', 'Delete', 'Associate', 'Disassociate', ...operations]) {
      const isOperation = operations.includes(message)
      emulator.plugins.register({
        name: `ledger of ${message}`,
        message,
        // The row that an operation is about is to be seen as it was.
        stage: isOperation ? 'preOperation' : 'postOperation',
        run: (context) => {
          const {
            table = '',
            id = '',
            target,
            related,
            relationship,
            user,
            preImage,
            parameters,
            depth,
            onCommit,
          } = context
          const values = { ...target }
          const row = isOperation ? emulator.master.rows(table).find((each) => each.id === id)?.values : preImage
          const called = isOperation ? JSON.stringify(parameters) : ''
          const commit = {
            message,
            table,
            id,
            values,
            related,
            relationship,
            extent: this.#ends(context),
            userId: user.id,
            depth,
            before: row,
            parameters: called,
          }
          onCommit(() => this.#commits.push(commit))
        },
      })
    }
    for (const message of ['Delete', 'Disassociate'])
      emulator.plugins.register({
        name: `ledger before ${message}`,
        message,
        stage: 'preOperation',
        run: (context) => this.#begins(emulator, context),
      })
  }

  #begins(emulator: Emulator, { message, sharedVariables, relationship, id, related }: PluginContext): void {
    if (message === 'Delete')
      return void this.#deleting.set(sharedVariables, (this.#deleting.get(sharedVariables) ?? 0) + 1)
    const ends = [id, related?.id]
    const links = emulator.schema.relationships().find(({ schemaName }) => schemaName === relationship)
    if (links?.kind !== 'ManyToMany') return
    const { intersectTable, column1, column2 } = links
    const isOf = (one: unknown, other: unknown): boolean => one === ends[0] && other === ends[1]
    const isLinked = emulator.master
      .rows(intersectTable)
      .some(({ values: { [column1]: one, [column2]: other } }) => isOf(one, other) || isOf(other, one))
    this.#linked.set(sharedVariables, isLinked)
  }

  #ends({ message, sharedVariables }: PluginContext): Committed['extent'] {
    if (message === 'Disassociate') return this.#linked.get(sharedVariables) === false ? 'vain' : 'asked'
    if (message !== 'Delete') return 'asked'
    const others = (this.#deleting.get(sharedVariables) ?? 1) - 1
    this.#deleting.set(sharedVariables, others)
    return others > 0 ? 'cascaded' : 'asked'
  }

  /** A new run begins. */
  clear(): void {
    this.#commits = []
  }
}
