import { expect, test } from 'vitest'
import type { Change, CreateChange, UpdateChange } from '../change.ts'
import { commit } from '../write/commit.ts'
import type { CommitContext } from '../write/commit.ts'
import { checkConfiguration } from '../copy/check-configuration.ts'
import type { Request } from '../write/draft.ts'
import { memoryStore } from '../memory.ts'
import type { TableMetadata } from '../metadata.ts'
import type { BaseRow, Store } from '../ports/store.ts'
import type { Row } from '../row.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { foldedChange } from './fold.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

const job: TableMetadata = tableMetadata('job', [
  column('name', 'text'),
  column('place', 'text'),
  column('closing', 'text', { creatable: false }),
  column('jobstate', 'state', { options: [{ value: 0, label: 'Open' }] }),
  column('ownerid', 'lookup', { targets: [{ table: 'systemuser' }, { table: 'team' }] }),
  column('parentid', 'lookup', { targets: [{ table: 'job' }] }),
  column('partyid', 'lookup', { targets: [{ table: 'job' }, { table: 'person' }] }),
])
const tables = checkConfiguration({ tables: { job: {} } }, new Map([['job', job]]))
const table = tables.get('job')
if (!table) throw new Error('the table is configured')

const [HERE, NEW] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b']
const base: BaseRow = { id: HERE, version: '1', values: { name: 'Old', place: 'Bonn' }, local: 'updated' }

const create = (values: Row, rest: Partial<CreateChange> = {}): CreateChange => ({
  kind: 'create',
  table: 'job',
  id: HERE,
  values,
  ...rest,
})
const update = (values: Row, before: Row, rest: Partial<UpdateChange> = {}): UpdateChange => ({
  kind: 'update',
  table: 'job',
  id: HERE,
  values,
  before,
  patch: [],
  version: '1',
  ...rest,
})
const removal: Change = { kind: 'delete', table: 'job', id: HERE, before: {}, version: null }
const link = (kind: 'associate' | 'disassociate'): Change => ({
  kind,
  relationship: 'job_person',
  table: 'jobperson',
  id: 'a:b',
  first: { table: 'job', id: 'a' },
  second: { table: 'person', id: 'b' },
})

test('two updates are one, made on what the older one was made on', () => {
  const older = update({ name: 'A', place: 'Ulm' }, { name: 'Old', place: 'Bonn' })
  const newer = update({ name: 'B' }, { name: 'A' }, { version: '2' })
  expect(foldedChange(older, newer, table, base)).toEqual({
    ...older,
    values: { name: 'B', place: 'Ulm' },
    patch: [
      { op: 'replace', path: '/place', value: 'Ulm' },
      { op: 'replace', path: '/name', value: 'B' },
    ],
  })
})

test('a column that is what it was before drops out, with the table of its lookup', () => {
  const older = update(
    { name: 'A', partyid: 'x', partyid$table: 'person' },
    { name: 'Old', partyid: 'y', partyid$table: 'job' },
  )
  const back = update({ partyid: 'y', partyid$table: 'job' }, { partyid: 'x', partyid$table: 'person' })
  expect(foldedChange(older, back, table, base)).toMatchObject({ values: { name: 'A' }, before: { name: 'Old' } })
  const elsewhere = update({ partyid$table: 'job' }, { partyid$table: 'person' })
  expect(foldedChange(older, elsewhere, table, base)).toMatchObject({
    values: { name: 'A', partyid: 'x', partyid$table: 'job' },
  })
})

const edit = update({ name: 'A' }, { name: 'Old' })
const undo = update({ name: 'Old' }, { name: 'A' })

test.each<[string, Change, Change]>([
  ['an update and its opposite', edit, undo],
  ['a creation and the deletion', create({ name: 'A' }), removal],
  ['a link that is made and removed', link('associate'), link('disassociate')],
  ['a link that is removed and made', link('disassociate'), link('associate')],
])('%s are nothing', (_, older, newer) => {
  expect(foldedChange(older, newer, table, base)).toBe('nothing')
})

test.each<[string, Change, Change, BaseRow?]>([
  ['an update and the deletion', edit, removal],
  ['the same link made twice', link('associate'), link('associate')],
  ['a change of state behind another', edit, update({ jobstate: 0 }, { jobstate: 1 })],
  ['a change behind one of state', update({ jobstate: 0 }, { jobstate: 1 }), edit],
  ['a change of owner', edit, update({ ownerid: 'x' }, { ownerid: null })],
  ['a column that cannot be created, into a creation', create({}), update({ closing: 'now' }, { closing: null })],
  [
    'a lookup that is put off, into its creation',
    create({ parentid: 'x' }, { deferred: ['parentid'] }),
    update({ parentid: null }, { parentid: 'x' }),
  ],
  ['a change of a row that is created again', create({}, { recreates: edit }), edit],
  ['the deletion of a row that is created again', create({}, { recreates: edit }), removal],
  ['a change of an amount that was merged', { ...edit, merged: ['name'] }, update({ name: 'B' }, { name: 'A' })],
  [
    'a value from before that the master has overwritten',
    edit,
    undo,
    { ...base, version: '2', values: { name: 'New' } },
  ],
])('%s are not folded', (_, older, newer, master = base) => {
  expect(foldedChange(older, newer, table, master)).toBeNull()
})

test('an update of a new row is part of its creation, other lookups that are put off included', () => {
  const older = create({ name: 'A', parentid: 'x' }, { deferred: ['parentid'], chosenId: true })
  expect(foldedChange(older, update({ name: null, place: 'Ulm' }, {}), table, base)).toEqual({
    ...older,
    values: { name: null, place: 'Ulm', parentid: 'x' },
  })
})

const CONTEXT: CommitContext = {
  tables,
  definitions: new Map(),
  privileges: null,
  organizationId: 'org',
  userId: 'ann',
  catalogueStamp: 'stamp',
  now: 5,
  id: 'transaction',
  options: {},
}

async function opened(): Promise<Store> {
  const store = memoryStore()
  await store.write('prepare', async (tx) => {
    await tx.defineTables([table?.store ?? { name: '', columns: [], indexes: [] }])
    await tx.putRows('job', [{ id: HERE, version: '1', values: { name: 'Old', place: 'Bonn', jobid: HERE } }])
  })
  return store
}

const written = (store: Store, requests: readonly Request[], context: Partial<CommitContext> = {}) =>
  store.write('commit', (tx) => commit(tx, requests, { ...CONTEXT, ...context }))
const named = (name: string): Request => ({ kind: 'update', table: 'job', id: HERE, values: { name } })

test('a fold is told in the history, and leaves the time, the place in the order and the version as they were', async () => {
  const store = await opened()
  expect(await written(store, [named('A')])).toBe(1)
  expect(await written(store, [named('B')], { now: 9, id: 'another' })).toBe(1)
  const [transaction] = await store.read('look', (tx) => tx.transactions([1]))
  expect(transaction).toMatchObject({
    id: 'transaction',
    createdAt: 5,
    changes: [{ values: { name: 'B' }, before: { name: 'Old' }, version: '1' }],
    history: [
      { at: 5, event: 'committed' },
      { at: 9, event: 'folded', note: 'name' },
    ],
  })
  expect((await store.read('look', (tx) => tx.rows('job', [HERE])))[0]?.values['name']).toBe('B')
})

test.each<[string, Partial<OfflineTransaction>, Partial<CommitContext>?]>([
  ['was attempted', { attempts: 1 }],
  ['is being sent', { lease: { owner: 'tab', until: 1 } }],
  ['may have arrived', { outcome: 'unknown' }],
  ['was refused', { status: 'error' }],
  ['is to be sent as it is', { coalesce: false }],
  ['waits for one that it was told to wait for', { after: [7] }],
  ['is another user’s', { userId: 'bo' }],
  ['is of another organisation', { organizationId: 'other' }],
  ['was checked against another catalogue', { catalogueStamp: 'older' }],
  ['changes another row, too', { changes: [edit, create({}, { id: NEW })] }],
  ['is followed by one that is to be sent as it is', {}, { options: { coalesce: false } }],
  ['is followed by one that is told to wait', {}, { options: { after: [1] } }],
])('nothing is folded into a transaction that %s', async (_, older, newer = {}) => {
  const store = await opened()
  await written(store, [named('A')])
  await store.write('happen', async (tx) => {
    const [transaction] = await tx.transactions([1])
    if (transaction) await tx.putTransactions([{ ...transaction, ...older }])
  })
  expect(await written(store, [named('B')], newer)).toBe(2)
})

test('a group is not folded, nor anything into it', async () => {
  const store = await opened()
  await written(store, [named('A')])
  const group: readonly Request[] = [named('B'), { kind: 'create', table: 'job', id: NEW, values: {}, chosenId: false }]
  expect(await written(store, group)).toBe(2)
  expect(await written(store, [named('C')])).toBe(3)
  expect(await written(store, [named('D')])).toBe(3)
})

test('a change that lets go of a row that is deleted in between stays behind the deletion', async () => {
  const store = await opened()
  await store.write('prepare', (tx) => tx.putRows('job', [{ id: NEW, version: '1', values: { jobid: NEW } }]))
  const parent = (parentid: string | null): Request => ({
    kind: 'update',
    table: 'job',
    id: HERE,
    values: { parentid },
  })
  expect(await written(store, [parent(NEW)])).toBe(1)
  expect(await written(store, [{ kind: 'delete', table: 'job', id: NEW }])).toBe(2)
  expect(await written(store, [parent(null)])).toBe(3)
  expect(await written(store, [named('A')])).toBe(3)
})

test('a long history loses its oldest folds, never the commit', async () => {
  const store = await opened()
  for (let at = 0; at < 200; at += 1) await written(store, [named(`Edit ${at}`)], { now: at })
  const [transaction] = await store.read('look', (tx) => tx.transactions([1]))
  expect(transaction?.history.length).toBeLessThan(80)
  expect(transaction?.history[0]).toMatchObject({ at: 0, event: 'committed' })
  expect(transaction?.history.at(-1)).toMatchObject({ at: 199, event: 'folded' })
})
