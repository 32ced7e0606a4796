import type { ActionChange, ActionParameter } from '@outpost/core'
import { expect, test } from 'vitest'
import { create, done, link, push, pushOne, transaction } from './sample-changes.test-support.ts'
import { A, B, C, json, refusal } from './sample-tables.test-support.ts'

function action(
  parameters: Readonly<Record<string, ActionParameter>> = {},
  more: Partial<ActionChange> = {},
): ActionChange {
  return {
    kind: 'action',
    action: 'CloseIncident',
    table: 'incident',
    id: A,
    bound: false,
    parameters,
    evidence: { kind: 'repeatable' },
    effect: { title: 'Closed' },
    before: {},
    ...more,
  }
}

test('an unbound action is posted under its name, without conditions and without what the row is shown with', async () => {
  const { outcome, sent } = await pushOne(done(), action({ Status: 5, Note: 'say "hi"', On: true, None: null }))
  expect(sent).toMatchObject({
    method: 'POST',
    path: 'CloseIncident',
    body: String.raw`{"Status":5,"Note":"say \"hi\"","On":true,"None":null}`,
  })
  expect(sent?.headers).toMatchObject({ 'Content-Type': 'application/json; charset=utf-8' })
  expect(sent?.headers).not.toHaveProperty('If-Match')
  expect(sent?.headers).not.toHaveProperty('If-None-Match')
  expect(outcome).toEqual({ kind: 'processed', rows: [] })
})

test('a bound action is posted to its row, by its full name', async () => {
  const { sent } = await pushOne(done(), action({}, { bound: true, action: 'new_Approve' }))
  expect(sent).toMatchObject({
    method: 'POST',
    path: `incidents(${A})/Microsoft.Dynamics.CRM.new_Approve`,
    body: '{}',
  })
})

test('a row as a parameter says its type and its key, and binds lookups by their navigation properties', async () => {
  const parameters = {
    Target: { $row: { table: 'account', id: B } },
    Case: {
      $row: {
        table: 'incident',
        id: C,
        values: { title: 'Done', customerid: B, customerid$table: 'contact' },
      },
    },
    New: {
      $row: {
        table: 'account',
        values: { revenue: '922337203685477.5807', new_region: A, new_region$table: 'territory' },
      },
    },
    Many: [{ $row: { table: 'contact', id: A } }, { deep: { $row: { table: 'contact', id: B } } }],
  }
  const { sent } = await pushOne(done(), action(parameters))
  expect(sent?.body).toBe(
    `{"Target":{"@odata.type":"Microsoft.Dynamics.CRM.account","accountid":"${B}"},` +
      `"Case":{"@odata.type":"Microsoft.Dynamics.CRM.incident","incidentid":"${C}","title":"Done","customerid_contact@odata.bind":"/contacts(${B})"},` +
      `"New":{"@odata.type":"Microsoft.Dynamics.CRM.account","revenue":922337203685477.5807,"new_Region@odata.bind":"/territories(${A})"},` +
      `"Many":[{"@odata.type":"Microsoft.Dynamics.CRM.contact","contactid":"${A}"},{"deep":{"@odata.type":"Microsoft.Dynamics.CRM.contact","contactid":"${B}"}}]}`,
  )
})

test.each<[string, Readonly<Record<string, ActionParameter>>]>([
  ['of an unknown table', { Row: { $row: { table: 'nosuch', id: A } } }],
  ['with an unknown column', { Row: { $row: { table: 'account', values: { nosuch: 1 } } } }],
])('a row %s is refused without asking', async (_name, parameters) => {
  const { outcomes, sent } = await push(done, transaction(create(B), action(parameters)))
  expect(outcomes).toMatchObject([{ kind: 'rejected', rejection: { rejection: 'invalid', change: 1 } }])
  expect(sent).toEqual([])
})

test('what an action answers is not taken for a row', async () => {
  const { outcome } = await pushOne(json({ '@odata.context': 'x', incidentid: A, title: 'T' }), action())
  expect(outcome).toEqual({ kind: 'processed', rows: [] })
})

test('with other changes an action goes in their change set', async () => {
  const group = transaction(create(B), link('associate'), action({ Status: 5 }))
  const { sent } = await push(() => refusal(400, '0x80048d19'), group)
  const lines = [...(sent[0]?.body.matchAll(/^(?:PATCH|POST) \/api\/data\/v9\.2\/(\w+)/gm) ?? [])]
  expect(lines.map(([, path]) => path)).toEqual(['contacts', 'accounts', 'CloseIncident'])
  expect(sent[0]?.body.match(/boundary="changeset_/g)).toHaveLength(1)
})

test.each([
  ['a case that is closed already', 400, '0x800404cf'],
  ['a row that is not there', 404, '0x80040217'],
  ['a missing privilege', 403, '0x80040220'],
])('a refusal is a verdict: %s', async (_name, status, code) => {
  const { outcome } = await pushOne(refusal(status, code), action())
  expect(outcome).toMatchObject({ kind: 'rejected', rejection: { masterCode: code, change: 0 } })
})
