import { columnOf } from '../../metadata.ts'
import type { MasterContract } from './contract.ts'

/** Who answers, and what it says of its tables. */
export function identityContract({ test, expect, rejects }: MasterContract): void {
  test('the same organisation, user and address answer each time', async ({ master, signal }) => {
    const one = await master.identify(signal)
    expect(await master.identify(signal)).toStrictEqual(one)
    expect([one.organizationId, one.userId, one.url].every((text) => text.length > 0)).toStrictEqual(true)
    expect(one.url.endsWith('/')).toStrictEqual(false)
  })

  test('every table has its key among its columns, and what can be written is said', async (org) => {
    const { tables } = await org.master.metadata(org.signal)
    const keyless = tables.filter((table) => columnOf(table, table.primaryId)?.readable !== true)
    expect(keyless.map(({ name }) => name)).toStrictEqual([])
    for (const [name, type] of [
      [org.text, 'text'],
      [org.number, 'integer'],
    ] as const) {
      const column = columnOf(org.metadata, name)
      expect([column?.type, column?.creatable, column?.updatable]).toStrictEqual([type, true, true])
    }
    expect([org.metadata.versioned, org.metadata.intersect]).toStrictEqual([true, false])
    expect(org.definition(org.links).intersect).toStrictEqual(true)
  })

  test('the stamp of the metadata stays as long as the metadata does', async (org) => {
    const { stamp } = await org.master.metadata(org.signal)
    await org.rows(2)
    expect(await org.master.metadataStamp(org.signal)).toStrictEqual(stamp)
  })

  test('a call that was aborted asks for nothing', async (org) => {
    const aborted = AbortSignal.abort()
    await rejects('aborted', org.master.identify(aborted))
    await rejects('aborted', org.master.metadataStamp(aborted))
    const id = org.newId()
    await rejects('aborted', org.master.push([org.transaction(org.creation(id, { [org.text]: 'x' }))], aborted))
    expect(await org.read([id])).toStrictEqual([])
  })
}
