import { linkId, relationshipOf } from '@outpost/core'
import type {
  Change,
  Filter,
  Json,
  MasterOrg,
  MasterRow,
  OutgoingTransaction,
  PushOutcome,
  Row,
  RowScope,
  TableMetadata,
} from '@outpost/core'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import type { DataverseOptions } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator, EmulatorOptions } from '@outpost/dataverse-emulator'

export const signal: AbortSignal = new AbortController().signal

export interface Organisation {
  readonly emulator: Emulator
  readonly master: Required<MasterOrg>
  table(name: string): TableMetadata
  /** Another connection to the same organisation. */
  masterFor(options: Partial<DataverseOptions> & { readonly user?: string }): Required<MasterOrg>
  transaction(...changes: Change[]): OutgoingTransaction
  push(...changes: Change[]): Promise<PushOutcome>
  newId(): string
}

/** All columns of a table that can be read and that are not files. */
export function readable(table: TableMetadata): readonly string[] {
  return table.columns
    .filter(({ readable: can, type }) => can && type !== 'image' && type !== 'file')
    .map(({ name }) => name)
}

/** The definitions depend on the seed alone, so one reading serves all organisations made from it. */
let definitions: Promise<readonly TableMetadata[]> | undefined

export async function organisation(options: Partial<EmulatorOptions> = {}): Promise<Organisation> {
  const emulator = createEmulator({ seed: fieldService({ rows: 200 }), ...options })
  const administrator = emulator.users[0]?.name ?? ''
  const masterFor: Organisation['masterFor'] = ({ user = administrator, ...more }) =>
    dataverseMaster({
      url: emulator.root,
      token: () => Promise.resolve(emulator.tokenFor(user)),
      fetch: emulator.fetch,
      ...more,
    })
  const master = masterFor({})
  definitions ??= master.metadata(signal).then(({ tables: all }) => all)
  const tables = new Map((await definitions).map((table) => [table.name, table]))
  const table = (name: string): TableMetadata => {
    const found = tables.get(name)
    if (!found) throw new Error(`the seed has no table ${name}`)
    return found
  }
  let ids = 0
  let transactions = 0
  const transaction: Organisation['transaction'] = (...changes) => ({
    id: `t${(transactions += 1)}`,
    changes,
    tables,
    columns: new Map(changes.map((change) => [change.table, readable(table(change.table))])),
  })
  emulator.clearRequests()
  return {
    emulator,
    master,
    table,
    masterFor,
    transaction,
    push: async (...changes) => {
      const [outcome] = await master.push([transaction(...changes)], signal)
      if (!outcome) throw new Error('no outcome')
      return outcome
    },
    newId: () => `dddddddd-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}`,
  }
}

/** All pages of one pass. */
export async function pullAll(
  { master }: Pick<Organisation, 'master'>,
  table: TableMetadata,
  options: {
    checkpoint?: Json
    filter?: Filter | null
    scope?: RowScope
    columns?: readonly string[]
    pageSize?: number
  } = {},
): Promise<{ rows: readonly MasterRow[]; checkpoint: Json; pages: number }> {
  const { columns = readable(table), filter = null, scope = { filter }, pageSize = 50 } = options
  let checkpoint: Json = options.checkpoint ?? null
  const rows: MasterRow[] = []
  for (let pages = 1; ; pages += 1) {
    const page = await master.pull({ table, columns, scope, checkpoint, pageSize }, signal)
    rows.push(...page.rows)
    // Through JSON, as a store keeps it.
    checkpoint = JSON.parse(JSON.stringify(page.checkpoint)) as Json
    if (!page.more) return { rows, checkpoint, pages }
  }
}

/** The rows of the emulator as the core knows them, by id. */
export function storedRows(
  emulator: Emulator,
  table: TableMetadata,
  columns: readonly string[],
): ReadonlyMap<string, Row> {
  const relationship = relationshipOf(table)
  const rows = new Map<string, Row>()
  for (const { id, values } of emulator.master.rows(table.name)) {
    const row: Record<string, Row[string]> = {}
    for (const name of columns) {
      row[name] = values[name] ?? null
      const column = table.columns.find((candidate) => candidate.name === name)
      if (column?.type === 'bigint' && row[name] !== null) row[name] = String(row[name])
      if ((column?.targets?.length ?? 0) > 1) row[`${name}$table`] = values[`${name}@table`] ?? null
    }
    const key = relationship
      ? linkId(String(values[relationship.first.column]), String(values[relationship.second.column]))
      : id
    rows.set(key, row)
  }
  return rows
}
