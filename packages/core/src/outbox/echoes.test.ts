import { expect, test } from 'vitest'
import { memoryStore } from '../memory.ts'
import { awaitEchoes, recordEchoes } from './echoes.ts'
import type { UnsequencedTransaction } from './offline-transaction.ts'

const delivered: UnsequencedTransaction = {
  id: 'a',
  organizationId: 'o',
  userId: 'u',
  catalogueStamp: 's',
  changes: [{ kind: 'delete', table: 'account', id: 'x', before: {}, version: null }],
  touches: ['account/x'],
  dependsOn: [],
  status: 'processed',
  outcome: 'known',
  attempts: 1,
  nextAttemptAt: null,
  lease: null,
  lastError: null,
  history: [{ at: 1, event: 'committed' }],
  createdAt: 1,
}

/** The events of a transaction that wrote version 10, after a page with that version of its row was applied. */
async function afterPulled(version: string): Promise<readonly string[]> {
  const store = memoryStore()
  return store.write('pull', async (tx) => {
    const [seq = 0] = await tx.appendTransactions([delivered])
    const [transaction] = await tx.transactions([seq])
    if (!transaction) throw new Error('it was just added')
    await awaitEchoes(tx, transaction, { 'account/x': 'W/"10"' })
    await recordEchoes(tx, 'account', [{ id: 'x', version, values: {} }], { last: false, now: 5 })
    const [after] = await tx.transactions([seq])
    return after?.history.map(({ event }) => event) ?? []
  })
}

test.each([
  ['W/"10"', ['committed', 'echoed']],
  ['W/"11"', ['committed', 'echoed']],
  // A text comparison would take 9 for the newer one.
  ['W/"9"', ['committed']],
  ['another kind of version', ['committed', 'echoed']],
])('a page with version %s of a row that was written as W/"10" makes its history %j', async (version, events) => {
  expect(await afterPulled(version)).toEqual(events)
})
