import type { Change, UpdateChange } from '../../change.ts'
import { parseTableFilter } from '../../filter/bind.ts'
import type { Json, ManyToManyMetadata, TableMetadata } from '../../metadata.ts'
import { relationshipOf } from '../../metadata.ts'
import type {
  MasterOrg,
  MasterRow,
  OutgoingTransaction,
  PullPage,
  PushOutcome,
  RowScope,
} from '../../ports/master-org.ts'
import { linkId } from '../../row.ts'
import type { Row } from '../../row.ts'
import { portContract } from '../port-contract.ts'
import type { PortContract, TestRunner } from '../port-contract.ts'

/** An organisation to test a master with. It has no rows that are not named here but in tables that are not. */
export interface MasterUnderTest {
  readonly master: MasterOrg
  /** A table that is versioned, with a column of text and one of whole numbers that take anything up to 50. */
  readonly table: string
  readonly text: string
  readonly number: string
  /** The intersect table of a many-to-many relationship of `table`. */
  readonly links: string
  /** What somebody else does to the master. The row is of `table`, or `of` another one. */
  readonly others: {
    create(values: Row, of?: string): Promise<string>
    update(id: string, values: Row): Promise<void>
    remove(id: string): Promise<void>
  }
  /** A new id for a row. */
  newId(): string
  /** Called when the test is over. */
  remove?(): Promise<void>
}

/** One organisation of one test. */
export interface ContractMaster extends MasterUnderTest {
  /** The definition of the tested table, and the columns that are asked for. */
  readonly metadata: TableMetadata
  readonly columns: readonly string[]
  readonly relationship: ManyToManyMetadata
  readonly signal: AbortSignal
  definition(name: string): TableMetadata
  /** Puts so many rows there; their texts begin with `row`, their numbers count from 0. */
  rows(count: number): Promise<readonly string[]>
  scope(filter: string): RowScope
  pull(checkpoint: Json, options?: { readonly pageSize?: number; readonly scope?: RowScope }): Promise<PullPage>
  /** Pulls page by page to the end. */
  pullAll(
    checkpoint: Json,
    options?: { readonly pageSize?: number; readonly scope?: RowScope; readonly between?: () => Promise<void> },
  ): Promise<{ readonly rows: readonly MasterRow[]; readonly checkpoint: Json; readonly pages: number }>
  read(ids: readonly string[], scope?: RowScope): Promise<readonly MasterRow[]>
  row(id: string): Promise<MasterRow>
  transaction(...changes: Change[]): OutgoingTransaction
  push(...changes: Change[]): Promise<PushOutcome>
  creation(id: string, values: Row): Change
  update(id: string, version: string | null, values: Row): UpdateChange
  deletion(row: MasterRow): Change
}

export type MasterContract = PortContract<ContractMaster>

export function contractOf(
  label: string,
  runner: TestRunner,
  create: () => MasterUnderTest | Promise<MasterUnderTest>,
): MasterContract {
  return portContract(label, runner, async (body) => {
    const org = await create()
    try {
      await body(await contractMaster(org))
    } finally {
      await org.remove?.()
    }
  })
}

async function contractMaster(org: MasterUnderTest): Promise<ContractMaster> {
  const { master, text, number } = org
  const { signal } = new AbortController()
  const { tables } = await master.metadata(signal)
  const definition = (name: string): TableMetadata => {
    const found = tables.find((table) => table.name === name)
    if (!found) throw new Error(`the master has no table ${name}`)
    return found
  }
  const metadata = definition(org.table)
  const relationship = relationshipOf(definition(org.links))
  if (!relationship) throw new Error(`${org.links} links nothing`)
  const columns = [metadata.primaryId, text, number]
  const whole: RowScope = { filter: null }
  const pull: ContractMaster['pull'] = (checkpoint, { pageSize = 5000, scope = whole } = {}) =>
    master.pull({ table: metadata, columns, scope, checkpoint, pageSize }, signal)
  const read: ContractMaster['read'] = (ids, scope) =>
    master.read({ table: metadata, columns, ids, ...(scope ? { scope } : {}) }, signal)
  const transaction = (...changes: Change[]): OutgoingTransaction => ({
    id: org.newId(),
    changes,
    tables: new Map(tables.map((table) => [table.name, table])),
    columns: new Map([[metadata.name, columns]]),
  })
  return {
    ...org,
    metadata,
    columns,
    relationship,
    signal,
    definition,
    pull,
    read,
    transaction,
    async rows(count) {
      const ids: string[] = []
      for (let n = 0; n < count; n += 1) ids.push(await org.others.create({ [text]: `row ${n}`, [number]: n }))
      return ids
    },
    scope: (filter) => ({ filter: parseTableFilter(filter, metadata) }),
    async pullAll(checkpoint, { between = () => Promise.resolve(), ...options } = {}) {
      const rows: MasterRow[] = []
      let [at, pages, more] = [checkpoint, 0, true]
      while (more) {
        const page = await pull(at, options)
        rows.push(...page.rows)
        at = JSON.parse(JSON.stringify(page.checkpoint)) as Json
        pages += 1
        more = page.more
        if (pages > 1000) throw new Error('the pull does not end')
        if (more) await between()
      }
      return { rows, checkpoint: at, pages }
    },
    async row(id) {
      const [row] = await read([id])
      if (!row) throw new Error(`the master has no row ${id}`)
      return row
    },
    async push(...changes) {
      const [outcome] = await master.push([transaction(...changes)], signal)
      if (!outcome) throw new Error('the push has no outcome')
      return outcome
    },
    creation: (id, values) => ({ kind: 'create', table: metadata.name, id, values }),
    update: (id, version, values) => ({
      kind: 'update',
      table: metadata.name,
      id,
      values,
      before: Object.fromEntries(Object.keys(values).map((name) => [name, null])),
      patch: [],
      version,
    }),
    deletion: ({ id, version, values }) => ({ kind: 'delete', table: metadata.name, id, before: values, version }),
  }
}

/** The newest of the given rows by id, as a client org holds them in the end. */
export function held(rows: readonly MasterRow[]): ReadonlyMap<string, MasterRow> {
  return new Map(rows.map((row) => [row.id, row]))
}

/** The texts in their order. */
export function inOrder(texts: readonly string[]): readonly string[] {
  return texts.toSorted((one, other) => (one < other ? -1 : 1))
}

/** The texts of rows, in their order. */
export function textsOf(rows: Iterable<MasterRow>, column: string): readonly string[] {
  return inOrder([...rows].map(({ values }) => String(values[column])))
}

export function linkOf(
  { relationship }: ContractMaster,
  kind: 'associate' | 'disassociate',
  ids: { readonly first: string; readonly second: string },
): Change {
  return {
    kind,
    relationship: relationship.name,
    table: relationship.intersectTable,
    id: linkId(ids.first, ids.second),
    first: { table: relationship.first.table, id: ids.first },
    second: { table: relationship.second.table, id: ids.second },
  }
}
