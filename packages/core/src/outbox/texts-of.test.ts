import { expect, test } from 'vitest'
import type { Change } from '../change.ts'
import type { OfflineTransaction } from './offline-transaction.ts'
import { textsOf } from './texts-of.ts'

const ID = '00000000-0000-4000-8000-000000000001'

const CHANGES: readonly (readonly [Change, readonly string[]])[] = [
  [
    { kind: 'create', table: 'account', id: ID, values: { name: 'Pump', employees: 12, donotphone: false, fax: null } },
    ['create', 'account', ID, 'name', 'Pump', 'employees', '12', 'donotphone', 'false', 'fax'],
  ],
  [
    {
      ...{ kind: 'update', table: 'account', id: ID, version: null, patch: [] },
      ...{ values: { name: 'New' }, before: { name: 'Old' } },
    },
    ['update', 'account', ID, 'name', 'New', 'name', 'Old'],
  ],
  [
    { kind: 'delete', table: 'account', id: ID, version: null, before: { name: 'Old' } },
    ['delete', 'account', ID, 'name', 'Old'],
  ],
  [
    {
      ...{ kind: 'associate', relationship: 'new_Skills', table: 'new_skills', id: 'a:b' },
      ...{ first: { table: 'account', id: 'a' }, second: { table: 'contact', id: 'b' } },
    },
    ['associate', 'new_skills', 'a:b', 'new_Skills', 'account', 'a', 'contact', 'b'],
  ],
  [
    {
      ...{ kind: 'action', action: 'CloseIncident', table: 'incident', id: ID, bound: false },
      ...{ evidence: { kind: 'repeatable' }, effect: { statecode: 1 }, before: { statecode: 0 } },
      parameters: { Lines: ['one', { $row: { table: 'annotation', values: { subject: 'Deep' } } }] },
    },
    ['action', 'incident', ID, 'CloseIncident', 'Lines', 'one', 'annotation', 'subject', 'Deep', 'statecode', '1'],
  ],
]

test.each(CHANGES)('a change is found by everything in it: %o', (change, texts) => {
  expect(textsOf(transactionWith([change]))).toEqual(expect.arrayContaining([...texts]))
})

test('a transaction is found by what went wrong, now and before', () => {
  const texts = textsOf({
    ...transactionWith([]),
    lastError: { code: 'rejected', rejection: 'key-clash', message: 'Taken', remedy: 'Change it', at: 1, attempt: 1 },
    history: [{ at: 1, event: 'deferred', note: 'the row has changed', requestId: 'request-1' }],
  })
  expect(texts).toEqual(
    expect.arrayContaining(['rejected', 'key-clash', 'Taken', 'Change it', 'the row has changed', 'request-1']),
  )
  expect(texts).not.toContain('undefined')
})

function transactionWith(changes: readonly Change[]): OfflineTransaction {
  return {
    ...{ seq: 1, id: 'a', organizationId: 'o', userId: 'u', catalogueStamp: 's', changes, touches: [], dependsOn: [] },
    ...{ status: 'pending', outcome: 'not-sent', attempts: 0, nextAttemptAt: null, lease: null, lastError: null },
    ...{ history: [], createdAt: 1 },
  }
}
