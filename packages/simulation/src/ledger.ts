import type { Emulator, GivenValue } from '@outpost/dataverse-emulator'

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
        run: ({ table = '', id = '', target, related, user, preImage, parameters, depth, onCommit }) => {
          const values = { ...target }
          const row = isOperation ? emulator.master.rows(table).find((each) => each.id === id)?.values : preImage
          const called = isOperation ? JSON.stringify(parameters) : ''
          const commit = {
            message,
            table,
            id,
            values,
            related,
            userId: user.id,
            depth,
            before: row,
            parameters: called,
          }
          onCommit(() => this.#commits.push(commit))
        },
      })
    }
  }

  /** A new run begins. */
  clear(): void {
    this.#commits = []
  }
}
