import { expect, test } from 'vitest'
import type { ActionChange, ActionEvidence, Change, LinkChange } from '../change.ts'
import { checkConfiguration } from '../copy/check-configuration.ts'
import { afterActions, evidenceKey, standingOf } from './evidence.ts'
import type { MasterRows } from '../rows/local-rows.ts'
import type { ColumnMetadata, TableMetadata } from '../metadata.ts'
import type { Row } from '../row.ts'

const column = (name: string): ColumnMetadata => {
  return { name, label: name, type: 'text', required: false, creatable: true, updatable: true, readable: true }
}

const metadata: TableMetadata = {
  name: 'case',
  label: 'Case',
  primaryId: 'caseid',
  primaryName: null,
  ownership: 'user',
  intersect: false,
  versioned: true,
  changeTracking: false,
  columns: [{ ...column('caseid'), type: 'guid' }, column('title'), column('state')],
  keys: [],
  oneToMany: [],
  manyToMany: [],
  wire: null,
}
const links: TableMetadata = { ...metadata, name: 'case_case' }
const tables = checkConfiguration(
  { tables: { case: {}, case_case: {} } },
  new Map([
    ['case', metadata],
    ['case_case', links],
  ]),
)

const SOLVED: ActionEvidence = { kind: 'row-matches', table: 'case', id: 'a', filter: "state eq 'solved'" }
const NOTED: ActionEvidence = { kind: 'row-exists', table: 'note', id: 'n' }

function action(evidence: ActionEvidence, effect: Row = {}): ActionChange {
  const call = { action: 'Solve', bound: false, parameters: {}, before: {} }
  return { kind: 'action', table: 'case', id: 'a', ...call, evidence, effect }
}
const create = (id: string, more: object = {}): Change => {
  return { kind: 'create', table: 'case', id, values: { title: 'T' }, ...more }
}
const update = (id: string, values: Row): Change => {
  return { kind: 'update', table: 'case', id, values, before: {}, patch: [], version: 'v1' }
}
const remove = (id: string): Change => ({ kind: 'delete', table: 'case', id, before: {}, version: 'v1' })
const link: LinkChange = {
  kind: 'associate',
  relationship: 'r',
  table: 'case_case',
  id: 'a:b',
  first: { table: 'case', id: 'a' },
  second: { table: 'case', id: 'b' },
}

/** Rows by id; null for one that was looked for and not found. */
function masters(rows: Readonly<Record<string, Row | null>>): MasterRows {
  const known = new Map(
    Object.entries(rows).map(([id, values]) => [id, { id, row: values && { values, version: 'v2' } }]),
  )
  return new Map([
    ['case', known],
    ['case_case', known],
  ])
}

function standing(
  changes: readonly Change[],
  rows: Readonly<Record<string, Row | null>>,
  ...seen: readonly ActionEvidence[]
): string {
  const happened = new Map(seen.map((evidence) => [evidenceKey(evidence), true]))
  return standingOf(changes, masters(rows), happened, tables)
}

test('an action alone is told by its evidence', () => {
  expect(standing([action(SOLVED)], { a: { state: 'open' } })).toBe('not-delivered')
  expect(standing([action(SOLVED)], { a: { state: 'solved' } }, SOLVED)).toBe('delivered')
})

test('an action that may be repeated is sent again, unless something else of its transaction proves it', () => {
  const repeatable = action({ kind: 'repeatable' })
  expect(standing([repeatable], { a: {} })).toBe('not-delivered')
  expect(standing([update('a', { title: 'T' }), repeatable], { a: { title: 'T' } })).toBe('not-delivered')
  expect(standing([create('c'), repeatable], { a: {}, c: { title: 'T' } })).toBe('delivered')
})

test('a row that only the transaction can have made proves all of it', () => {
  expect(standing([create('c'), action(SOLVED), link], { a: {}, c: { title: 'changed since' } })).toBe('delivered')
  expect(standing([update('a', { title: 'T' }), action(NOTED)], { a: { title: 'changed since' } }, NOTED)).toBe(
    'delivered',
  )
})

test('nothing of a transaction happened when none of its evidence is there', () => {
  expect(standing([create('c'), action(SOLVED)], { a: {}, c: null })).toBe('not-delivered')
  expect(standing([update('b', { title: 'T' }), action(SOLVED)], { a: {}, b: { title: 'T' } })).toBe('not-delivered')
})

test('an action that can be somebody else’s proves the rest only where that shows', () => {
  const group = [update('b', { title: 'T' }), remove('d'), link, action(SOLVED)]
  const solved = { a: { state: 'solved' } }
  const rest = { ...solved, b: { title: 'T' }, d: null, 'a:b': {} }
  expect(standing(group, rest, SOLVED)).toBe('delivered')
  expect(standing(group, { ...rest, b: { title: 'another' } }, SOLVED)).toBe('doubtful')
  expect(standing(group, { ...rest, d: {} }, SOLVED)).toBe('doubtful')
  expect(standing(group, { ...rest, 'a:b': null }, SOLVED)).toBe('doubtful')
  expect(standing([create('c'), action(SOLVED)], { ...solved, c: null }, SOLVED)).toBe('doubtful')
})

test('a link is told by whether it is there', () => {
  const cut: LinkChange = { ...link, kind: 'disassociate', id: 'a:c' }
  expect(standing([link], { 'a:b': {} })).toBe('delivered')
  expect(standing([link], { 'a:b': null })).toBe('not-delivered')
  expect(standing([cut], { 'a:c': null })).toBe('delivered')
  expect(standing([cut], { 'a:c': {} })).toBe('not-delivered')
  expect(standing([link, cut], { 'a:b': {}, 'a:c': {} })).toBe('not-delivered')
  expect(standing([update('b', { title: 'T' }), link, cut], { b: { title: 'T' }, 'a:b': {}, 'a:c': null })).toBe(
    'delivered',
  )
})

test('of two actions with evidence both must show', () => {
  const gone: ActionEvidence = { kind: 'row-gone', table: 'note', id: 'n' }
  expect(standing([action(SOLVED), action(gone)], { a: {} }, SOLVED, gone)).toBe('delivered')
  expect(standing([action(SOLVED), action(gone)], { a: {} }, gone)).toBe('doubtful')
})

test('evidence that cannot be looked for any more tells nothing, unless a new row tells all', () => {
  const untold = new Map([[evidenceKey(SOLVED), null]])
  const rows = masters({ a: { title: 'T' }, b: { title: 'T' }, c: { title: 'T' } })
  expect(standingOf([action(SOLVED)], rows, untold, tables)).toBe('doubtful')
  expect(standingOf([update('b', { title: 'T' }), action(SOLVED)], rows, untold, tables)).toBe('doubtful')
  expect(standingOf([create('c'), action(SOLVED)], rows, untold, tables)).toBe('delivered')
})

test('a column that the action writes over is not looked for', () => {
  const group = [update('a', { title: 'T', state: 'almost' }), action(SOLVED, { state: 'solved' })]
  expect(standing(group, { a: { title: 'T', state: 'solved' } }, SOLVED)).toBe('delivered')
  expect(standing(group, { a: { title: 'U', state: 'solved' } }, SOLVED)).toBe('doubtful')
})

test('evidence is the same whatever the order of its members', () => {
  const { kind, table, id } = NOTED as Extract<ActionEvidence, { kind: 'row-exists' }>
  expect(evidenceKey({ id, table, kind })).toBe(evidenceKey(NOTED))
  expect(evidenceKey(SOLVED)).not.toBe(evidenceKey({ ...SOLVED, filter: "state eq 'open'" }))
})

test('the row that an update gave back is not what an action behind it has left', () => {
  const pushed = masters({ a: { state: 'open' }, b: { state: 'open' } })
  const rowOf = (rows: MasterRows, id: string): unknown => rows.get('case')?.get(id)?.row?.values
  const plain = [update('a', {}), update('b', {})]
  expect(afterActions(plain, pushed, masters({ a: { state: 'solved' } }))).toBe(pushed)

  const read = afterActions([...plain, action(SOLVED)], pushed, masters({ a: { state: 'solved' } }))
  expect([rowOf(read, 'a'), rowOf(read, 'b')]).toEqual([{ state: 'solved' }, { state: 'open' }])
  const unread = afterActions([...plain, action(SOLVED)], pushed, new Map())
  expect(unread.get('case')?.has('a')).toBe(false)
  const unseen = afterActions([...plain, action(SOLVED)], pushed, masters({ a: null }))
  expect(unseen.get('case')?.has('a')).toBe(false)
  const gone = action({ kind: 'row-gone', table: 'case', id: 'a' })
  expect(afterActions([gone], pushed, new Map()).get('case')?.get('a')).toEqual({ id: 'a', row: null })
})
