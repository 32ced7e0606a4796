import { renewOrganization } from './renew-organization.ts'
import type { DelayedCommits } from './commits.ts'
import { checkWait } from './faults/check-rule.ts'
import type { Faults } from './faults/faults.ts'
import type { Master } from './master.ts'
import type { Org } from './org.ts'
import type { StoreSnapshot } from './rows/row-store.ts'
import type { SchemaSnapshot, SeedOrganization } from './schema.ts'

/** Everything the organisation held at a moment. */
export interface Backup {
  readonly store: StoreSnapshot
  readonly schema: SchemaSnapshot
  readonly organization: SeedOrganization
  /** Delta tokens up to this version had expired. */
  readonly expiredVersion: bigint
}

/** Called before a page from the second on is read; what it writes is there when the page is. */
export type PageTurn = (master: Master, page: number, path: string) => void

/** What happens to a server besides requests. */
export interface ServerHand {
  /** Makes every delta token given out so far an expired one. */
  expireDelta(): void
  /** Keeps rows, versions, deletions and schema as they are now. */
  backup(): Backup
  /** Goes back to a backup, by default the last one: rows, ids, schema and versions, which may be lower from then on. */
  restoreBackup(backup?: Backup): void
  /** Another organisation takes this one's place: same names, new MetadataIds, new id; with the same rows or with none. */
  replaceOrganization(options?: { readonly rows?: 'same' | 'none' }): void
  /**
   * A transaction that commits late: what `write` does is stamped now and seen after so many milliseconds of the
   * server's clock, or when everything is settled. Without `write` it is the next request that writes.
   */
  delayedCommit(ms: number, write?: (master: Master) => void): void
  /** Commits everything that waits for its commit. */
  settle(): void
  /** Has something happen between pages of a list; replaces what was set before, undefined takes it away. */
  mutateBetweenPages(turn: PageTurn | undefined): void
  /** Switches change tracking of a table off, which no administrator could. */
  disableChangeTracking(table: string): void
}

/** What the hand reaches into. */
export interface ServerHandParts {
  readonly org: Org
  readonly master: Master
  readonly commits: DelayedCommits
  readonly faults: Faults
  readonly onPageTurn: (turn: PageTurn | undefined) => void
}

/** Makes the hand that does to an organisation what requests cannot. */
export function createServerHand({ org, master, commits, faults, onPageTurn }: ServerHandParts): ServerHand {
  let last: Backup | undefined
  return {
    expireDelta: () => master.expireDelta(),
    backup: () => {
      const { expiredVersion, organization } = org
      last = { store: org.store.snapshot(), schema: org.schema.snapshot(), organization, expiredVersion }
      return last
    },
    restoreBackup: (backup = last) => {
      if (backup === undefined) throw new RangeError('there is no backup; backup() makes one')
      commits.settle()
      org.schema.restore(backup.schema)
      org.store.restore(backup.store)
      org.organization = backup.organization
      org.expiredVersion = backup.expiredVersion
    },
    replaceOrganization: ({ rows = 'same' } = {}) => {
      commits.settle()
      renewOrganization(org, rows)
    },
    delayedCommit: (ms, write) => {
      checkWait('ms', ms)
      if (write === undefined) {
        faults.add({
          match: { method: ['POST', 'PATCH', 'PUT', 'DELETE'] },
          fault: { kind: 'delayedCommit', ms },
        })
      } else
        void commits.hold(
          org.store.withhold(() => write(master)),
          ms,
        )
    },
    settle: () => commits.settle(),
    mutateBetweenPages: onPageTurn,
    disableChangeTracking: (table) => {
      if (org.schema.table(table) === undefined) throw new RangeError(`no table ${table}`)
      org.schema.changeTable(table, { changeTracking: false })
    },
  }
}
