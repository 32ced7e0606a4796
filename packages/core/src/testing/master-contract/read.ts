import type { RowVersion } from '../../ports/master-org.ts'
import type { ContractMaster, MasterContract } from './contract.ts'
import { textsOf } from './contract.ts'

/** Rows by id, and the list of what there is. */
export function readContract({ test, expect }: MasterContract): void {
  test('rows are read by id, as far as they are there', async (org) => {
    const [one = '', other = ''] = await org.rows(3)
    const rows = await org.read([other, org.newId(), one])
    expect(textsOf(rows, org.text)).toStrictEqual(['row 0', 'row 1'])
  })

  test('rows are read under a scope where there is one', async (org) => {
    const ids = await org.rows(3)
    expect(textsOf(await org.read(ids, org.scope(`${org.number} ne 1`)), org.text)).toStrictEqual(['row 0', 'row 2'])
  })

  test('a row that is asked for by nobody is not read', async (org) => {
    await org.rows(1)
    expect(await org.read([])).toStrictEqual([])
  })

  test('the list of versions has every wanted row, with the version that it is read with', async (org) => {
    const ids = await org.rows(5)
    const read = new Map((await org.read(ids)).map(({ id, version }) => [id, version]))
    const listed = await versionsOf(org, null)
    expect(listed.filter(({ id }) => read.has(id)).length).toStrictEqual(5)
    expect(listed.filter(({ id, version }) => read.has(id) && read.get(id) !== version)).toStrictEqual([])
    expect((await versionsOf(org, `${org.number} lt 2`)).length).toStrictEqual(2)
  })

  test('what others delete is neither listed nor read', async (org) => {
    const [gone = '', left = ''] = await org.rows(2)
    await org.others.remove(gone)
    const listed = await versionsOf(org, null)
    expect(listed.map(({ id }) => id).filter((id) => id === gone || id === left)).toStrictEqual([left])
    expect((await org.read([gone, left])).map(({ id }) => id)).toStrictEqual([left])
  })
}

async function versionsOf(org: ContractMaster, filter: string | null): Promise<readonly RowVersion[]> {
  const scope = filter === null ? { filter } : org.scope(filter)
  const all: RowVersion[] = []
  for await (const part of org.master.versions({ table: org.metadata, scope }, org.signal)) all.push(...part)
  return all
}
