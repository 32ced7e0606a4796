import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { Book } from '../book.ts'
import type { Deed } from '../book.ts'
import type { Device } from '../device.ts'
import type { Committed } from '../ledger.ts'
import { nothingLost } from './i1-nothing-lost.ts'
import { OnlyHere } from './i1-only-here.ts'
import { HeldBack } from './i2-held-back.ts'
import { EffectsWithoutText } from './i2-without-text.ts'
import type { Accounts } from './i2-without-text.ts'
import { Senders } from './i5-senders.ts'
import { noSurprise } from './i5-no-surprise.ts'
import type { Look } from './look.ts'
import { historyOf, lookOf, transactionOf, updateOf } from './made-up.ts'

function commitOf(given: Partial<Committed>): Committed {
  return {
    message: 'Update',
    table: 'account',
    id: 'a',
    values: {},
    related: undefined,
    relationship: undefined,
    extent: 'asked',
    userId: 'ada',
    before: undefined,
    parameters: '',
    depth: 1,
    ...given,
  }
}

/** A master that has no rows, and of whose relationships nobody asks. */
function accountsOf(commits: readonly Committed[], restores: Accounts['restores'] = []): Accounts {
  return {
    ledger: { commits },
    restores,
    emulator: {
      schema: { relationships: () => [], manyToManyByIntersect: () => undefined },
      master: { row: () => undefined, rows: () => [] },
    },
  }
}

const deletion = { kind: 'delete', table: 'account', id: 'a', before: {}, version: '1' } as const
const deleted = commitOf({ message: 'Delete' })

function judged(look: Look, accounts: Accounts): unknown {
  return new EffectsWithoutText(accounts).judge([look], new Map([[0, look]]))
}

test('I2: a delete that was done once by one that is delivered is no problem', () => {
  const done = transactionOf(1, {
    changes: [deletion],
    status: 'processed',
    history: historyOf('committed', 'delivered'),
  })
  expect(judged(lookOf([done]), accountsOf([deleted]))).toEqual([])
})

test('I2: a delete that was done twice by one transaction is told', () => {
  const done = transactionOf(1, {
    changes: [deletion],
    status: 'processed',
    history: historyOf('committed', 'delivered'),
  })
  expect(judged(lookOf([done]), accountsOf([deleted, deleted]))).toMatchObject([{ check: 'I2' }])
})

test("I2: a second delete after a restored backup is none, and what went with another row is nobody's", () => {
  const done = transactionOf(1, {
    changes: [deletion],
    status: 'processed',
    history: historyOf('committed', 'delivered'),
  })
  expect(judged(lookOf([done]), accountsOf([deleted, deleted], [{ kept: 0, at: 1 }]))).toEqual([])
  expect(judged(lookOf([done]), accountsOf([deleted, { ...deleted, extent: 'cascaded' }]))).toEqual([])
})

test('I2: a delete that the master has is not in error', () => {
  const failed = transactionOf(1, { changes: [deletion], status: 'error', outcome: 'known' })
  expect(judged(lookOf([failed]), accountsOf([deleted]))).toMatchObject([{ check: 'I2' }])
  expect(judged(lookOf([{ ...failed, outcome: 'unknown' }]), accountsOf([deleted]))).toEqual([])
})

test('I2: a delete that was delivered has taken the row away', () => {
  const done = transactionOf(1, {
    changes: [deletion],
    status: 'processed',
    history: historyOf('committed', 'delivered'),
  })
  const look = lookOf([done], { before: [transactionOf(1, { changes: [deletion] })] })
  const accounts = accountsOf([])
  const { emulator } = accounts
  expect(judged(look, accounts)).toEqual([])
  const row = { id: 'a', version: 1n, values: {} }
  const holding: Accounts = { ...accounts, emulator: { ...emulator, master: { ...emulator.master, row: () => row } } }
  expect(judged(look, holding)).toMatchObject([{ check: 'I2' }])
  // The master went back to a backup before the answer was there.
  const commits = [deleted]
  expect(judged(look, { ...holding, ledger: { commits }, restores: [{ kept: 0, at: 1 }] })).toEqual([])
})

test('I5: what somebody else wrote is not sent as this one', () => {
  const look = lookOf([transactionOf(1)])
  const sent = commitOf({ values: { name: '#1' } })
  expect(new Senders(accountsOf([sent])).judge([look])).toEqual([])
  expect(new Senders(accountsOf([{ ...sent, userId: 'bo' }])).judge([look])).toMatchObject([{ check: 'I5' }])
})

test('I5: a text of somebody else is not sent, though both have written the row', () => {
  const other = transactionOf(2, { userId: 'bo', changes: [updateOf('account', 'a', { name: '#2' })] })
  const sent = commitOf({ userId: 'bo', values: { name: '#1' } })
  expect(new Senders(accountsOf([sent])).judge([lookOf([transactionOf(1), other])])).toMatchObject([{ check: 'I5' }])
})

test('I1: a lookup that was taken out has taken its table along', () => {
  const values = { parentid: 'b', parentid$table: 'account' }
  const deed = { kind: 'create', table: 'account', id: 'a', values } as const
  const look = lookOf([transactionOf(1, { changes: [{ kind: 'create', table: 'account', id: 'a', values: {} }] })], {
    deeds: { 1: [deed] },
  })
  expect(nothingLost(look)).toMatchObject([{ check: 'I1' }])
  look.device.book.amended(1, { table: 'account', id: 'a', values: { parentid: undefined } })
  expect([...nothingLost(look), ...noSurprise(look).filter(({ check }) => check === 'I1')]).toEqual([])
})

test('I1: what was cancelled by nobody is told, and no more once it is pending again', () => {
  const change = { kind: 'create', table: 'account', id: 'a', values: { name: '#1' } } as const
  const cancelled = transactionOf(1, {
    changes: [change],
    status: 'archived',
    history: historyOf('committed', 'cancelled'),
  })
  const deeds = { 1: [change] }
  expect(nothingLost(lookOf([cancelled], { deeds }))).toMatchObject([{ check: 'I1' }])
  const again = { ...cancelled, history: historyOf('committed', 'cancelled', 'set-pending') }
  expect(nothingLost(lookOf([{ ...again, status: 'pending' }], { deeds }))).toEqual([])
})

test('I5: a link that was removed again is shown once its making is pending again', () => {
  const link = { table: 'new_skill_contact', id: 'a:b', values: {} }
  const book = new Book()
  book.wrote(1, [{ kind: 'associate', ...link }])
  book.wrote(1, [{ kind: 'disassociate', ...link }])
  book.notUndone([1])
  expect(book.entries.get(1)?.deeds).toEqual([{ kind: 'associate', ...link }])
})

/** A device whose store has a table of its own and a column of its own. */
async function deviceOf(book: Book, filter = "name ne 'no'"): Promise<Device> {
  const store = memoryStore()
  const tables = { account: { uploadFilter: filter, localColumns: { seen: { type: 'boolean' } } } } as const
  const configuration = { tables, localTables: { draft: { columns: { text: { type: 'text' } } } } }
  await store.write('set up', async (tx) => {
    await tx.defineTables([
      {
        name: 'account',
        columns: [
          { name: 'name', type: 'text' },
          { name: 'seen', type: 'boolean' },
        ],
        indexes: [],
      },
      { name: 'draft', columns: [{ name: 'text', type: 'text' }], indexes: [] },
    ])
    await tx.setValue('configuration', configuration)
  })
  const device: { readonly number: number; readonly book: Book; readonly store: object; readonly org: object } & Pick<
    Device,
    'hasTable'
  > = {
    number: 0,
    book,
    hasTable: () => true,
    store: { bare: store },
    org: { configuration },
  }
  return device as Device
}

test('I1: what only the device has stays as it was written', async () => {
  const book = new Book()
  const device = await deviceOf(book)
  const onlyHere = new OnlyHere(device)
  const draft: Deed = { kind: 'create', table: 'draft', id: 'd', values: { text: '#1' } }
  book.wroteHere([draft, { kind: 'update', table: 'account', id: 'a', values: { seen: true } }])
  const put = (table: string, id: string, values: Readonly<Record<string, string | boolean | null>>): Promise<void> =>
    device.store.bare.write('put', (tx) => tx.putRows(table, [{ id, version: null, values }]))
  await put('draft', 'd', { text: '#1' })
  await put('account', 'a', { seen: true })
  expect(await onlyHere.look()).toEqual([])
  await put('draft', 'd', { text: null })
  expect(await onlyHere.look()).toMatchObject([{ check: 'I1' }])
  await device.store.bare.write('put', (tx) => tx.deleteRows('account', ['a']))
  await put('account', 'a', { seen: null })
  expect(await onlyHere.look()).toMatchObject([{ check: 'I1' }])
  await device.store.bare.write('put', (tx) => tx.deleteRows('account', ['a']))
  expect(await onlyHere.look()).toEqual([])
  book.wroteHere([{ ...draft, id: 'e' }])
  expect(await onlyHere.look()).toMatchObject([{ check: 'I1' }])
})

test('I2: what an upload filter holds is not sent', async () => {
  const device = await deviceOf(new Book(), "name ne '#1'")
  await device.store.bare.write('put', (tx) =>
    tx.putRows('account', [{ id: 'a', version: null, values: { name: '#1' } }]),
  )
  const held = transactionOf(1)
  const sent = transactionOf(1, { history: historyOf('committed', 'sent') })
  const heldBack = new HeldBack(device)
  expect(await heldBack.judge({ ...lookOf([held]), device })).toEqual([])
  const look = { ...lookOf([sent], { before: [held] }), device }
  expect(await heldBack.judge(look)).toMatchObject([{ check: 'I2' }])
  expect(await heldBack.judge({ ...lookOf([held], { before: [sent] }), device })).toEqual([])
  // Another tab has taken the filter away; the first one does not know of it yet.
  await device.store.bare.write('put', (tx) => tx.setValue('configuration', { tables: { account: {} } }))
  expect(await heldBack.judge(look)).toEqual([])
})
