import { inOrder } from './contract.ts'
import type { MasterContract } from './contract.ts'

/** What becomes of transactions, each done as a whole or not at all. */
export function pushContract({ test, expect }: MasterContract): void {
  test('a created row has its id, and is given back as the master has it', async (org) => {
    const id = org.newId()
    const outcome = await org.push(org.creation(id, { [org.text]: 'created', [org.number]: 3 }))
    expect(outcome.kind).toStrictEqual('processed')
    const row = await org.row(id)
    expect([row.values[org.text], row.values[org.number]]).toStrictEqual(['created', 3])
    const given = outcome.kind === 'processed' ? outcome.rows.find((each) => each.id === id) : undefined
    expect([given?.table, given?.version]).toStrictEqual([org.metadata.name, row.version])
    expect(given?.values[org.text]).toStrictEqual('created')
  })

  test('a row that is created a second time is there already, and stays as it is', async (org) => {
    const id = org.newId()
    await org.push(org.creation(id, { [org.text]: 'once' }))
    expect((await org.push(org.creation(id, { [org.text]: 'twice' }))).kind).toStrictEqual('exists')
    expect((await org.row(id)).values[org.text]).toStrictEqual('once')
  })

  test('an update changes its columns alone, and the row has another version', async (org) => {
    const [id = ''] = await org.rows(1)
    const before = await org.row(id)
    const outcome = await org.push(org.update(id, before.version, { [org.text]: 'updated' }))
    const after = await org.row(id)
    expect([outcome.kind, after.values[org.text], after.values[org.number]]).toStrictEqual(['processed', 'updated', 0])
    expect(after.version === before.version).toStrictEqual(false)
    const given = outcome.kind === 'processed' ? outcome.rows.find((each) => each.id === id)?.version : undefined
    expect(given).toStrictEqual(after.version)
  })

  test('an update and a deletion of a row that others changed are stale, and nothing is done', async (org) => {
    const [id = ''] = await org.rows(1)
    const before = await org.row(id)
    await org.others.update(id, { [org.number]: 7 })
    expect((await org.push(org.update(id, before.version, { [org.text]: 'late' }))).kind).toStrictEqual('stale')
    expect((await org.push(org.deletion(before))).kind).toStrictEqual('stale')
    const row = await org.row(id)
    expect([row.values[org.text], row.values[org.number]]).toStrictEqual(['row 0', 7])
  })

  test('an update of a row that is gone does not make it again', async (org) => {
    const [id = ''] = await org.rows(1)
    const before = await org.row(id)
    await org.others.remove(id)
    const outcome = await org.push(org.update(id, before.version, { [org.text]: 'late' }))
    expect(outcome.kind === 'rejected' || outcome.kind === 'stale', outcome.kind).toStrictEqual(true)
    expect(await org.read([id])).toStrictEqual([])
  })

  test('a deletion takes the row away', async (org) => {
    const [id = ''] = await org.rows(1)
    expect((await org.push(org.deletion(await org.row(id)))).kind).toStrictEqual('processed')
    expect(await org.read([id])).toStrictEqual([])
  })

  test('what the master does not take is rejected with its reason', async (org) => {
    const id = org.newId()
    const outcome = await org.push(org.creation(id, { [org.text]: 'x', [org.number]: 'no number' }))
    const reason = outcome.kind === 'rejected' ? outcome.rejection.message : ''
    expect([outcome.kind, reason.length > 0]).toStrictEqual(['rejected', true])
    expect(await org.read([id])).toStrictEqual([])
  })

  test('a transaction is done whole or not at all, and without regard to the others', async (org) => {
    const [one = '', other = ''] = await org.rows(2)
    const [first, second] = [await org.row(one), await org.row(other)]
    const [made, alone] = [org.newId(), org.newId()]
    await org.others.update(other, { [org.text]: 'changed by others' })
    const outcomes = await org.master.push(
      [
        org.transaction(
          org.creation(made, { [org.text]: 'not alone' }),
          org.update(one, first.version, { [org.text]: 'not alone' }),
          org.update(other, second.version, { [org.text]: 'stale' }),
        ),
        org.transaction(org.creation(alone, { [org.text]: 'alone' })),
      ],
      org.signal,
    )
    expect(outcomes.map(({ kind }) => kind)).toStrictEqual(['stale', 'processed'])
    const texts = (await org.read([made, one, other, alone])).map(
      ({ id, values }) => `${id} ${String(values[org.text])}`,
    )
    expect(inOrder(texts)).toStrictEqual(inOrder([`${one} row 0`, `${other} changed by others`, `${alone} alone`]))
  })

  test('what was pushed comes back with the next pull, in the version that the push gave', async (org) => {
    await org.rows(2)
    const { checkpoint } = await org.pullAll(null)
    const id = org.newId()
    const outcome = await org.push(org.creation(id, { [org.text]: 'ours' }))
    const { rows } = await org.pullAll(checkpoint)
    const given = outcome.kind === 'processed' ? outcome.rows.map(({ version }) => version) : []
    expect(rows.filter((row) => row.id === id).map(({ version }) => version)).toStrictEqual(given)
  })
}
