import type { OfflineTransaction, TransactionEvent } from '@outpost/core'
import { expect, test } from 'vitest'
import { nothingLost } from './i1-nothing-lost.ts'
import { noHostage, stuckOn } from './i4-no-hostage.ts'
import { noSurprise } from './i5-no-surprise.ts'
import type { Look } from './look.ts'
import { historyOf, lookOf, transactionOf, updateOf } from './made-up.ts'
import { moves } from './moves.ts'
import { passes } from './upload-filters.ts'

const written = { kind: 'update', table: 'account', id: 'a', values: { name: '#1' } } as const
const base = { id: 'a', version: '1', values: { name: 'old' }, local: 'updated' } as const
const refused = {
  code: 'refused',
  rejection: 'business',
  message: 'No.',
  remedy: '',
  status: 400,
  at: 0,
  attempt: 1,
} as const

const B = '8f5ccffc-fc96-4dc3-96dd-624684e9b582'

function shown(name: string): {
  readonly table: string
  readonly id: string
  readonly row: { readonly id: string; readonly version: null; readonly values: { readonly name: string } }
  readonly base: typeof base
} {
  return { table: 'account', id: 'a', row: { id: 'a', version: null, values: { name } }, base }
}

test('a write that is in the outbox and on its row is no problem', () => {
  const look = lookOf([transactionOf(1)], { deeds: { 1: [written] }, unsent: [shown('#1')] })
  expect([...nothingLost(look), ...noSurprise(look), ...noHostage(look), ...moves(look)]).toEqual([])
})

test('I1: a transaction that is gone is lost', () => {
  expect(nothingLost(lookOf([], { deeds: { 1: [written] } }))).toMatchObject([{ check: 'I1' }])
})

test('I1: a transaction that carries something else than what was written has lost it', () => {
  const other = transactionOf(1, { changes: [updateOf('account', 'a', { name: 'other' })] })
  expect(nothingLost(lookOf([other], { deeds: { 1: [written] } }))).toMatchObject([{ check: 'I1' }])
})

test('I1: a new write whose row does not show it has lost its effect', () => {
  const look = lookOf([transactionOf(1)], { deeds: { 1: [written] }, unsent: [shown('old')] })
  expect(noSurprise(look)).toMatchObject([{ check: 'I1' }])
})

test('I5: a row that does not show its unsent changes any more is overwritten', () => {
  const transaction = transactionOf(1)
  const look = lookOf([transaction], { before: [transaction], deeds: { 1: [written] }, unsent: [shown('theirs')] })
  expect(noSurprise(look)).toMatchObject([{ check: 'I5' }])
})

test('I5: a row with unsent changes that is gone is purged', () => {
  const transaction = transactionOf(1)
  const unsent = [{ table: 'account', id: 'a', row: undefined, base }]
  const look = lookOf([transaction], { before: [transaction], deeds: { 1: [written] }, unsent })
  expect(noSurprise(look)).toMatchObject([{ check: 'I5' }])
})

test('I5: what was written while its deletion was put away is not missed when that is delivered after all', () => {
  const deletion: OfflineTransaction['changes'][number] = {
    kind: 'delete',
    table: 'account',
    id: 'a',
    before: {},
    version: '1',
  }
  const again = historyOf('committed', 'archived', 'set-pending', 'sent', 'delivered')
  const first = transactionOf(1, { changes: [deletion], status: 'processed', history: again })
  const second = transactionOf(2)
  const unsent = [{ table: 'account', id: 'a', row: undefined, base: { ...base, values: null } }]
  const given = { before: [first, second], deeds: { 2: [written] }, unsent }
  expect(noSurprise(lookOf([first, second], given))).toEqual([])
  const atOnce = { ...first, history: historyOf('committed', 'sent', 'delivered') }
  expect(noSurprise(lookOf([atOnce, second], { ...given, before: [atOnce, second] }))).toMatchObject([{ check: 'I5' }])
  const known = [{ table: 'account', id: 'a', row: undefined, base }]
  expect(noSurprise(lookOf([first, second], { ...given, unsent: known }))).toMatchObject([{ check: 'I5' }])
})

test('I5: a row that went while its change was put away is not missed when that is pending again', () => {
  const put = transactionOf(1, { history: historyOf('committed', 'archived', 'set-pending') })
  const unsent = [{ table: 'account', id: 'a', row: undefined, base: { ...base, values: null } }]
  expect(noSurprise(lookOf([put], { before: [put], deeds: { 1: [written] }, unsent }))).toEqual([])
  const never = transactionOf(1)
  expect(noSurprise(lookOf([never], { before: [never], deeds: { 1: [written] }, unsent }))).toMatchObject([
    { check: 'I5' },
  ])
})

test('I5: a row whose deletion is pending again need not show what was written meanwhile', () => {
  const deletion = { kind: 'delete', table: 'account', id: 'a', values: {} } as const
  const deeds = { 1: [deletion], 2: [written] }
  const unsent = [{ table: 'account', id: 'a', row: undefined, base }]
  const [put, plain] = [historyOf('committed', 'archived', 'set-pending'), historyOf('committed')]
  const of = (history: typeof put): Look => {
    const changes = [{ ...deletion, before: {}, version: '1' }]
    const both = [transactionOf(1, { changes, history }), transactionOf(2)]
    return lookOf(both, { before: both, deeds, unsent })
  }
  expect(noSurprise(of(put))).toEqual([])
  expect(noSurprise(of(plain))).toMatchObject([{ check: 'I5' }])
})

test('I5: an action is shown on top of what was corrected in its transaction', () => {
  const amended = transactionOf(1, { history: historyOf('committed', 'amended') })
  const action = { ...written, kind: 'action', values: { name: '<#2>' } } as const
  const look = lookOf([amended], { before: [amended], deeds: { 1: [written, action] }, unsent: [shown('<#2>')] })
  look.device.book.amended(1, { table: 'account', id: 'a', values: { name: '#3' } })
  expect(noSurprise(look)).toEqual([])
  const plain = lookOf([amended], { before: [amended], deeds: { 1: [written] }, unsent: [shown('#1')] })
  plain.device.book.amended(1, { table: 'account', id: 'a', values: { name: '#3' } })
  expect(noSurprise(plain)).toMatchObject([{ check: 'I5' }])
})

test('I5: a correction that has no text of its own counts as well, unless a later text was folded in', () => {
  const amended = transactionOf(1, { history: historyOf('committed', 'amended') })
  const look = lookOf([amended], { before: [amended], deeds: { 1: [written] }, unsent: [shown('7')] })
  look.device.book.amended(1, { table: 'account', id: 'a', values: { name: '7' } })
  expect(noSurprise(look)).toEqual([])
  look.device.book.wrote(1, [{ ...written, values: { name: '#4' } }])
  expect(noSurprise(look)).toMatchObject([{ check: 'I5' }])
})

test('I5: what was folded in behind two corrections is shown instead of either, though its write failed', () => {
  const amended = transactionOf(1, { history: historyOf('committed', 'amended', 'amended', 'folded') })
  const failed = { ...written, values: { name: '#4' } } as const
  const look = lookOf([amended], { before: [amended], deeds: { 1: [written] }, unsent: [shown('#4')] })
  for (const name of ['#2', '#3']) look.device.book.amended(1, { table: 'account', id: 'a', values: { name } })
  expect(noSurprise(look)).toMatchObject([{ check: 'I5' }])
  const entry = look.device.book.entries.get(1) ?? null
  const found = { seq: 1, entry, isNew: false, deeds: [written, failed] }
  expect(noSurprise({ ...look, written: new Map([[1, found]]) })).toEqual([])
})

test('I5: a missing sign-in is no verdict', () => {
  const error = transactionOf(1, {
    status: 'error',
    history: historyOf('committed', 'sent', 'refused'),
    lastError: { ...refused, status: 401 },
  })
  expect(noSurprise(lookOf([error]))).toMatchObject([{ check: 'I5' }])
})

test('a decision in the history excuses a row from showing what was written', () => {
  const decision = {
    kind: 'updated-both',
    table: 'account',
    id: 'a',
    column: 'name',
    base: 'old',
    local: '#1',
    remote: 'theirs',
    resolved: 'remote',
    value: 'theirs',
    policy: 'server-wins',
  } as const
  const history = [...historyOf('committed'), { at: 1, event: 'merged' as const, conflicts: [decision] }]
  const transaction = transactionOf(1, { history })
  const look = lookOf([transaction], { before: [transaction], deeds: { 1: [written] }, unsent: [shown('theirs')] })
  expect(noSurprise(look)).toEqual([])
})

test('I4: what depends on an error is stuck on it, and nothing else is', () => {
  const error = transactionOf(1, { status: 'error', lastError: refused })
  const sameRow = transactionOf(2)
  const otherRow = transactionOf(3, { changes: [updateOf('account', 'b', { name: '#3' })] })
  expect([...stuckOn(lookOf([error, sameRow, otherRow]))]).toEqual([1, 2])
})

test('I4: what an upload filter holds back is stuck', () => {
  const look = lookOf([transactionOf(1)], { uploadFilter: "name ne '#1'", unsent: [shown('#1')] })
  expect([...stuckOn(look)]).toEqual([1])
})

test('I4: what is about other rows than those that a deletion in error takes away is not stuck on it', () => {
  const deletion = { kind: 'delete', table: 'account', id: B, before: {}, version: null } as const
  const error = transactionOf(1, { status: 'error', lastError: refused, changes: [deletion] })
  const letsGo = updateOf('contact', 'c', { account: null }, { account: B })
  const pointsThere = updateOf('contact', 'd', { account: B })
  const look = lookOf([error, transactionOf(2, { changes: [letsGo] }), transactionOf(3, { changes: [pointsThere] })])
  expect([...stuckOn(look)]).toEqual([1])
})

test('I4: a deletion is stuck on what points to the row, or lets go of it', () => {
  const error = transactionOf(1, {
    status: 'error',
    lastError: refused,
    changes: [updateOf('contact', 'c', { account: null }, { account: B })],
  })
  const deletion = { kind: 'delete', table: 'account', id: B, before: {}, version: null } as const
  expect([...stuckOn(lookOf([error, transactionOf(2, { changes: [deletion] })]))]).toEqual([1, 2])
})

test('I4: what nobody may look at after its answer was lost is stuck', () => {
  const lost = { outcome: 'unknown', attempts: 3 } as const
  const unseen = transactionOf(1, { ...lost, lastError: { ...refused, code: 'forbidden' } })
  expect([
    ...stuckOn(lookOf([unseen, transactionOf(2, { ...lost, changes: [updateOf('account', 'b', {})] })])),
  ]).toEqual([1])
})

test('I4: what an upload filter holds back is judged as it was where it is deleted here', () => {
  const deletion = { kind: 'delete', table: 'account', id: 'a', before: { name: '#1' }, version: null } as const
  const look = lookOf([transactionOf(1), transactionOf(2, { changes: [deletion] })], { uploadFilter: "name ne '#1'" })
  expect([...stuckOn(look)]).toEqual([1, 2])
})

test('I4: what was sent although it needs something in error went ahead of it', () => {
  const first = transactionOf(1, { status: 'error', lastError: refused })
  const second = transactionOf(2, { status: 'error', lastError: refused })
  expect(noHostage(lookOf([first, second], { before: [first, transactionOf(2)] }))).toMatchObject([{ check: 'I4' }])
})

test('moves: a step that there is not is told', () => {
  const before = [
    transactionOf(1, { status: 'processed', outcome: 'known', history: historyOf('committed', 'delivered') }),
  ]
  const now = transactionOf(1, { history: historyOf('committed', 'delivered', 'set-pending') })
  expect(moves(lookOf([now], { before }))).toMatchObject([{ check: 'moves' }])
})

test('moves: a history that begins anew is told', () => {
  const before = [transactionOf(1, { history: historyOf('committed', 'sent', 'deferred') })]
  expect(moves(lookOf([transactionOf(1, { history: historyOf('sent') })], { before }))).toMatchObject([
    { check: 'moves' },
  ])
})

test('moves: a deferred transaction that is in error is told', () => {
  const now = transactionOf(1, {
    status: 'error',
    lastError: refused,
    history: historyOf('committed', 'sent', 'deferred'),
  })
  const before = [transactionOf(1, { history: historyOf('committed', 'sent') })]
  expect(moves(lookOf([now], { before }))).toMatchObject([{ check: 'moves' }])
})

test('moves: what is in flight is left alone by all but its sender', () => {
  const before = [transactionOf(1)]
  const now = (...events: readonly TransactionEvent[]): OfflineTransaction =>
    transactionOf(1, { history: historyOf('committed', ...events) })
  for (const taken of ['verified', 'sent'] as const)
    expect(moves(lookOf([now('sent', taken)], { before }))).toMatchObject([
      { check: 'moves', words: `device 0: #1 is ${taken} while it is in flight` },
    ])
  expect(moves(lookOf([now('sent', 'deferred', 'verified', 'sent')], { before }))).toEqual([])
  // Who died while it was sending says nothing more.
  expect(moves({ ...lookOf([now('sent', 'verified')], { before }), isWhole: false })).toEqual([])
})

test('upload filters are read as far as they are simple, and not beyond', () => {
  expect(passes('creditonhold eq false', { creditonhold: null })).toBe(false)
  expect(passes("not startswith(name,'zeta')", { name: 'Zeta #1' })).toBe(false)
  expect(passes("not startswith(name,'zeta') or level ge 2", { name: 'Zeta #1', level: 2 })).toBe(true)
  expect(passes("not startswith(name,'zeta')", { name: null })).toBe(false)
  expect(passes("endswith(name,'a')", { name: 'a' })).toBeNull()
})
