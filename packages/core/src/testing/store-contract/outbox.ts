import type { OfflineTransaction } from '../../outbox/offline-transaction.ts'
import type { TransactionQuery } from '../../ports/store.ts'
import type { Contract } from './contract.ts'
import { ACCOUNT, guid, transaction } from './samples.ts'

const STATUSES = ['pending', 'error', 'processed', 'archived'] as const
const KEYS = [`account/${guid(1)}`, `account/${guid(2)}`, `contact/${guid(1)}`] as const

/** Twelve transactions: every status three times, touching one, two or three rows. */
const TWELVE = Array.from({ length: 12 }, (_, n) =>
  transaction(`t${n}`, { status: STATUSES[n % 4] ?? 'pending', touches: KEYS.slice(0, 1 + (n % 3)) }),
)

export function outboxContract({ test, expect, rejects }: Contract): void {
  test('seqs ascend in the order of adding', async (database) => {
    const store = await database.open()
    const first = await store.write('append', (tx) => tx.appendTransactions([transaction('a'), transaction('b')]))
    const second = await store.write('append', async (tx) => [
      ...(await tx.appendTransactions([transaction('c')])),
      ...(await tx.appendTransactions([])),
      ...(await tx.appendTransactions([transaction('d')])),
    ])
    const seqs = [...first, ...second]
    expect(seqs).toStrictEqual([...new Set(seqs)].sort((a, b) => a - b))
    const outbox = await store.read('list', (tx) => tx.findTransactions({}))
    expect(outbox.map(({ seq, id }) => [seq, id])).toStrictEqual(seqs.map((seq, n) => [seq, 'abcd'.charAt(n)]))
  })

  test('a seq is never used twice: not after a rollback, not after clearing, not after reopening', async (database) => {
    const store = await database.open([ACCOUNT])
    const used: number[] = []
    const append = async (on: typeof store, fail = false): Promise<void> => {
      const write = on.write('append', async (tx) => {
        used.push(...(await tx.appendTransactions([transaction('a'), transaction('b')])))
        if (fail) throw new Error('planned')
      })
      await write.catch((error: unknown) => {
        if (!fail) throw error
      })
    }
    await append(store)
    await append(store, true)
    await append(store, true)
    await append(store)
    await store.write('clear', (tx) => tx.clear())
    await append(store)
    await store.write('clear', (tx) => tx.clear())
    const reopened = await database.reopen()
    await append(reopened)
    expect(used).toStrictEqual([...new Set(used)].sort((a, b) => a - b))
    expect(used.length).toStrictEqual(12)
  })

  test('a transaction comes back as it was given, with its seq', async (database) => {
    const store = await database.open()
    const full = transaction('full', {
      changes: [
        { kind: 'create', table: 'account', id: guid(1), values: { name: 'Ärger "x"', revenue: '1.10', flag: false } },
        {
          ...{ kind: 'update' as const, table: 'account', id: guid(2), version: null },
          ...{
            values: { name: null },
            before: { name: 'x' },
            patch: [{ op: 'replace' as const, path: '/name', value: null }],
          },
        },
      ],
      dependsOn: [1, 2],
      nextAttemptAt: 5,
      lease: { owner: 'tab', until: 6 },
      lastError: { code: 'rejected', rejection: 'invalid', message: 'm', remedy: 'r', at: 1, attempt: 2 },
    })
    const [seq = 0] = await store.write('append', (tx) => tx.appendTransactions([full]))
    const reopened = await database.reopen()
    const [kept, none] = await reopened.read('get', (tx) => tx.transactions([seq, seq + 1]))
    expect({ ...kept }).toStrictEqual({ ...full, seq })
    expect(none).toStrictEqual(undefined)
  })

  test('transactions are found by status, by touched row, behind a seq, in both directions, up to a limit', async (database) => {
    const store = await database.open()
    const seqs = await store.write('append', (tx) => tx.appendTransactions(TWELVE))
    const all = TWELVE.map((given, n): OfflineTransaction => ({ ...given, seq: seqs[n] ?? 0 }))
    const after = [undefined, seqs[0], seqs[5], seqs[11]]
    const queries: TransactionQuery[] = []
    for (const statuses of [undefined, [], ['pending'], ['processed', 'error'], STATUSES] as const)
      for (const touching of [undefined, [], [KEYS[2]], [KEYS[1], KEYS[2]], ['account/none']])
        for (const behind of after)
          for (const direction of ['ascending', 'descending'] as const)
            for (const limit of [undefined, 1, 3])
              queries.push({
                direction,
                ...(statuses && { statuses }),
                ...(touching && { touching }),
                ...(behind !== undefined && { after: behind }),
                ...(limit !== undefined && { limit }),
              })
    await store.read('find', async (tx) => {
      for (const query of queries) {
        const found = await tx.findTransactions(query)
        expect(
          found.map(({ seq }) => seq),
          JSON.stringify(query),
        ).toStrictEqual(matching(all, query).map(({ seq }) => seq))
      }
      const [first] = await tx.findTransactions({ limit: 1 })
      expect({ ...first }).toStrictEqual(all[0])
    })
  })

  test('of many transactions that touch a row, those in a status are found wherever they stand', async (database) => {
    const store = await database.open()
    const many = Array.from({ length: 250 }, (_, n) =>
      transaction(`t${n}`, { status: n === 120 || n === 240 ? 'error' : 'processed' }),
    )
    const seqs = await store.write('append', (tx) => tx.appendTransactions(many))
    await store.read('find', async (tx) => {
      const query = { statuses: ['error'], touching: [KEYS[0]] } as const
      const seqsOf = async (over: TransactionQuery): Promise<number[]> =>
        (await tx.findTransactions({ ...query, ...over })).map(({ seq }) => seq)
      expect(await seqsOf({})).toStrictEqual([seqs[120], seqs[240]])
      expect(await seqsOf({ limit: 1 })).toStrictEqual([seqs[120]])
      expect(await seqsOf({ limit: 1, direction: 'descending' })).toStrictEqual([seqs[240]])
      expect(await seqsOf({ limit: 3, after: seqs[120] ?? 0 })).toStrictEqual([seqs[240]])
    })
  })

  test('a transaction that is replaced is found by what it is now', async (database) => {
    const store = await database.open()
    const [first = 0, second = 0] = await store.write('append', (tx) => tx.appendTransactions(TWELVE.slice(0, 2)))
    const replaced = {
      ...transaction('t0', { status: 'archived', touches: ['incident/x', KEYS[1]], attempts: 3 }),
      seq: first,
    }
    await store.write('replace', (tx) => tx.putTransactions([replaced]))
    const reopened = await database.reopen()
    await reopened.read('find', async (tx) => {
      const seqsOf = async (query: TransactionQuery): Promise<number[]> =>
        (await tx.findTransactions(query)).map(({ seq }) => seq)
      expect(await seqsOf({ statuses: ['pending'] })).toStrictEqual([])
      expect(await seqsOf({ statuses: ['archived'] })).toStrictEqual([first])
      expect(await seqsOf({ touching: [KEYS[0]] })).toStrictEqual([second])
      expect(await seqsOf({ touching: ['incident/x'] })).toStrictEqual([first])
      expect(await seqsOf({ touching: ['incident/x', KEYS[1]] })).toStrictEqual([first, second])
      expect({ ...(await tx.transactions([first]))[0] }).toStrictEqual(replaced)
      expect(await tx.countTransactions()).toStrictEqual({ pending: 0, processed: 0, error: 1, archived: 1 })
    })
  })

  test('a transaction that is deleted is found by nothing, and its seq is not used again', async (database) => {
    const store = await database.open()
    const seqs = await store.write('append', (tx) => tx.appendTransactions(TWELVE.slice(0, 3)))
    const [first = 0, second = 0, third = 0] = seqs
    await store.write('delete', (tx) => tx.deleteTransactions([first, third]))
    const [added = 0] = await store.write('append', (tx) => tx.appendTransactions([transaction('later')]))
    expect(added > third).toStrictEqual(true)
    const reopened = await database.reopen()
    await reopened.read('find', async (tx) => {
      const seqsOf = async (query: TransactionQuery): Promise<number[]> =>
        (await tx.findTransactions(query)).map(({ seq }) => seq)
      expect(await tx.transactions([first, third])).toStrictEqual([undefined, undefined])
      expect(await seqsOf({})).toStrictEqual([second, added])
      expect(await seqsOf({ touching: [KEYS[2]] })).toStrictEqual([])
      expect(await seqsOf({ touching: KEYS })).toStrictEqual([second, added])
      expect(await seqsOf({ statuses: ['processed'] })).toStrictEqual([])
      expect(await seqsOf({ statuses: ['pending'], touching: [KEYS[0]] })).toStrictEqual([added])
      expect(await tx.countTransactions()).toStrictEqual({ pending: 1, processed: 0, error: 1, archived: 0 })
    })
  })

  test('the seq of the last transaction is not used again when that was deleted', async (database) => {
    const store = await database.open()
    const [last = 0] = await store.write('append', (tx) => tx.appendTransactions([transaction('a')]))
    await store.write('delete', (tx) => tx.deleteTransactions([last]))
    const reopened = await database.reopen()
    const [next = 0] = await reopened.write('append', (tx) => tx.appendTransactions([transaction('b')]))
    expect(next > last).toStrictEqual(true)
  })

  test('deleting what is not there changes nothing', async (database) => {
    const store = await database.open()
    const [seq = 0] = await store.write('append', (tx) => tx.appendTransactions([transaction('a')]))
    await store.write('delete', (tx) => tx.deleteTransactions([]))
    await store.write('delete', (tx) => tx.deleteTransactions([seq + 1, seq, seq]))
    await store.write('delete', (tx) => tx.deleteTransactions([seq]))
    expect(await store.read('list', (tx) => tx.findTransactions({}))).toStrictEqual([])
  })

  test('a deletion that is rolled back took nothing away', async (database) => {
    const store = await database.open()
    const [seq = 0] = await store.write('append', (tx) => tx.appendTransactions([transaction('a')]))
    const deleting = store.write('delete', async (tx) => {
      await tx.deleteTransactions([seq])
      expect(await tx.transactions([seq])).toStrictEqual([undefined])
      throw new Error('planned')
    })
    expect(await deleting.catch((error: unknown) => error)).toStrictEqual(new Error('planned'))
    await store.read('find', async (tx) => {
      expect((await tx.findTransactions({ touching: [`account/${guid(1)}`] })).map((kept) => kept.seq)).toStrictEqual([
        seq,
      ])
      expect((await tx.countTransactions()).pending).toStrictEqual(1)
    })
  })

  test('counts are by status, with zeros', async (database) => {
    const store = await database.open()
    const count = (): Promise<unknown> => store.read('count', (tx) => tx.countTransactions())
    expect(await count()).toStrictEqual({ pending: 0, processed: 0, error: 0, archived: 0 })
    await store.write('append', (tx) => tx.appendTransactions(TWELVE.slice(0, 6)))
    expect(await count()).toStrictEqual({ pending: 2, processed: 1, error: 2, archived: 1 })
  })

  test('replacing a transaction that is not there is refused as invalid', async (database) => {
    const store = await database.open()
    const [seq = 0] = await store.write('append', (tx) => tx.appendTransactions([transaction('a')]))
    const replacing = store.write('replace', (tx) =>
      tx.putTransactions([
        { ...transaction('a', { status: 'error' }), seq },
        { ...transaction('b'), seq: seq + 100 },
      ]),
    )
    await rejects('invalid', replacing)
    expect((await store.read('count', (tx) => tx.countTransactions())).pending).toStrictEqual(1)
  })
}

function matching(all: readonly OfflineTransaction[], query: TransactionQuery): OfflineTransaction[] {
  const descending = query.direction === 'descending'
  const found = all.filter(
    ({ seq, status, touches }) =>
      (!query.statuses || query.statuses.includes(status)) &&
      (!query.touching || query.touching.some((key) => touches.includes(key))) &&
      (query.after === undefined || (descending ? seq < query.after : seq > query.after)),
  )
  return (descending ? found.reverse() : found).slice(0, query.limit ?? Infinity)
}
