import type { Emulator, GivenValue } from '@outpost/dataverse-emulator'

/** One write of a request that the master has committed. */
export interface Committed {
  readonly message: 'Create' | 'Update' | 'Delete' | 'Associate' | 'Disassociate'
  readonly table: string
  readonly id: string
  /** What was written, by logical columns, after plug-ins; a lookup is `{ table, id }`. */
  readonly values: Readonly<Record<string, GivenValue>>
  /** The row at the other end of a link. */
  readonly related: { readonly table: string; readonly id: string } | undefined
  readonly userId: string
}

/** What the master accepted: every committed write of every request, in order. Its own hand's are not in it. */
export class Ledger {
  #commits: Committed[] = []

  get commits(): readonly Committed[] {
    return this.#commits
  }

  /** From now on of this emulator. */
  keep(emulator: Emulator): void {
    for (const message of ['Create', 'Update', 'Delete', 'Associate', 'Disassociate'] as const) {
      emulator.plugins.register({
        name: `ledger of ${message}`,
        message,
        stage: 'postOperation',
        run: ({ table = '', id = '', target, related, user, onCommit }) => {
          const values = { ...target }
          onCommit(() => this.#commits.push({ message, table, id, values, related, userId: user.id }))
        },
      })
    }
  }

  /** A new run begins. */
  clear(): void {
    this.#commits = []
  }
}
