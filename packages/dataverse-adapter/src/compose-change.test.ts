import type { Change } from '@outpost/core'
import { expect, test } from 'vitest'
import { create, done, link, made, push, pushOne, remove, transaction, update } from './sample-changes.test-support.ts'
import { A, B, C, contact, json } from './sample-tables.test-support.ts'

test('a create is an upsert that must not find the row, and shows what the master made of it', async () => {
  const { outcome, sent } = await pushOne(json(made(A, 9), { status: 201 }), create())
  expect(sent).toMatchObject({
    method: 'PATCH',
    path: `contacts(${A})?$select=contactid,fullname,versionnumber`,
    body: '{"fullname":"N"}',
  })
  expect(sent?.headers).toMatchObject({
    'If-None-Match': '*',
    Prefer: 'return=representation',
    'Content-Type': 'application/json; charset=utf-8',
  })
  expect(sent?.headers).not.toHaveProperty('If-Match')
  expect(outcome).toEqual({
    kind: 'processed',
    rows: [{ table: 'contact', id: A, version: 'W/"9"', values: { fullname: 'Made' } }],
  })
})

test('an update names the version it was made on', async () => {
  const { outcome, sent } = await pushOne(json(made(A, 9)), update())
  expect(sent?.headers).toMatchObject({ 'If-Match': 'W/"7"', Prefer: 'return=representation' })
  expect(outcome?.kind).toBe('processed')
})

test.each([
  ['whose version is not known', contact, null],
  ['of a table without versions', { ...contact, versioned: false }, 'W/"7"'],
  ['whose version is no etag', contact, 'content:{}'],
])('an update of a row %s still cannot create it anew', async (_name, table, version) => {
  const change: Change = {
    kind: 'update',
    table: 'contact',
    id: A,
    values: { fullname: 'N' },
    before: {},
    patch: [],
    version,
  }
  const { sent } = await push(() => json(made(A, 9)), { ...transaction(change), tables: new Map([['contact', table]]) })
  expect(sent[0]?.headers['If-Match']).toBe('*')
})

test('a delete names the version, and has nothing to show', async () => {
  const { outcome, sent } = await pushOne(done(), remove())
  expect(sent).toMatchObject({ method: 'DELETE', path: `contacts(${A})`, body: '' })
  expect(sent?.headers['If-Match']).toBe('W/"7"')
  expect(outcome).toEqual({ kind: 'processed', rows: [] })
  expect((await pushOne(done(), remove(A, null))).sent?.headers['If-Match']).toBe('*')
})

test('links are made and removed by the navigation property of the first side', async () => {
  const made = await pushOne(done(), link('associate'))
  expect(made.sent).toMatchObject({
    method: 'POST',
    path: `accounts(${A})/new_contacts/$ref`,
    body: `{"@odata.id":"https://contoso.crm.dynamics.com/api/data/v9.2/contacts(${B})"}`,
  })
  expect(made.outcome).toEqual({ kind: 'processed', rows: [] })
  const removed = await pushOne(done(), link('disassociate'))
  expect(removed.sent).toMatchObject({ method: 'DELETE', path: `accounts(${A})/new_contacts(${B})/$ref`, body: '' })
})

test('lookups are bound by their navigation properties, exact case included', async () => {
  const values = {
    name: null,
    primarycontactid: B,
    ownerid: C,
    ownerid$table: 'systemuser',
    new_region: A,
    accountid: A,
    revenue: '922337203685477.5807',
  }
  const { sent } = await pushOne(done(), update(A, values, 'account'))
  expect(sent?.body).toBe(
    `{"name":null,"primarycontactid@odata.bind":"/contacts(${B})","ownerid@odata.bind":"/systemusers(${C})","new_Region@odata.bind":"/territories(${A})","revenue":922337203685477.5807}`,
  )
  expect(sent?.headers['Prefer']).toContain('lookuplogicalname')
})

test('a polymorphic lookup is bound by the property of its target, and emptied by that of its last one', async () => {
  const bound = await pushOne(done(), create(A, { customerid: B, customerid$table: 'contact' }, 'incident'))
  expect(bound.sent?.body).toBe(`{"customerid_contact@odata.bind":"/contacts(${B})"}`)
  const emptied = await pushOne(
    done(),
    update(A, { customerid: null, customerid$table: null }, 'incident', { customerid: B, customerid$table: 'account' }),
  )
  expect(emptied.sent?.body).toBe('{"customerid_account@odata.bind":null}')
  const single = await pushOne(done(), update(A, { primarycontactid: null }, 'account'))
  expect(single.sent?.body).toBe('{"primarycontactid@odata.bind":null}')
})

test.each<[string, Change, string | undefined]>([
  ['an unknown column', create(A, { nosuchcolumn: 1 }), 'nosuchcolumn'],
  ['a lookup that does not say where it points', create(A, { customerid: B }, 'incident'), 'customerid'],
  [
    'a lookup to a table it cannot point to',
    create(A, { customerid: B, customerid$table: 'systemuser' }, 'incident'),
    'customerid',
  ],
  ['a number that is none', update(A, { revenue: 'a lot' }, 'account'), 'revenue'],
  ['an infinite number', update(A, { revenue: Number.POSITIVE_INFINITY }, 'account'), 'revenue'],
  ['an unknown table', create(A, {}, 'nosuchtable'), undefined],
  ['an unknown relationship', { ...link('associate'), relationship: 'nosuch' } as Change, undefined],
])('%s is refused without asking, and does not hold up the others', async (_name, change, column) => {
  const { outcomes, sent } = await push(() => json(made(B, 9)), transaction(change), transaction(create(B)))
  expect(outcomes[0]).toMatchObject({ kind: 'rejected', rejection: { rejection: 'invalid', change: 0 } })
  expect(outcomes[0]?.kind === 'rejected' && outcomes[0].rejection.column).toBe(column)
  expect(outcomes[1]?.kind).toBe('processed')
  expect(sent).toHaveLength(1)
})
