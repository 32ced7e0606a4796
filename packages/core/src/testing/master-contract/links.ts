import type { ContractMaster, MasterContract } from './contract.ts'
import { linkOf } from './contract.ts'

/** Many-to-many links are the rows of their intersect table. */
export function linksContract({ test, expect }: MasterContract): void {
  test('a link is made, listed, given once however often it is made, and removed', async (org) => {
    const ids = await ends(org)
    const link = linkOf(org, 'associate', ids)
    const before = (await linksOf(org)).length
    expect((await org.push(link)).kind).toStrictEqual('processed')
    expect((await linksOf(org)).filter((id) => id === link.id)).toStrictEqual([link.id])
    await org.push(link)
    expect((await linksOf(org)).length).toStrictEqual(before + 1)
    expect((await org.push(linkOf(org, 'disassociate', ids))).kind).toStrictEqual('processed')
    expect((await linksOf(org)).length).toStrictEqual(before)
  })

  test('a link is pulled with the ids of both of its ends', async (org) => {
    const ids = await ends(org)
    const link = linkOf(org, 'associate', ids)
    await org.push(link)
    const { first, second, intersectTable } = org.relationship
    const table = org.definition(intersectTable)
    const request = { table, columns: [table.primaryId, first.column, second.column], scope: { filter: null } }
    const { rows } = await org.master.pull({ ...request, checkpoint: null, pageSize: 5000 }, org.signal)
    const pulled = rows.find(({ id }) => id === link.id)
    expect([pulled?.values[first.column], pulled?.values[second.column]]).toStrictEqual([ids.first, ids.second])
  })
}

async function ends(org: ContractMaster): Promise<{ readonly first: string; readonly second: string }> {
  const { first, second } = org.relationship
  const make = (table: string): Promise<string> =>
    table === org.metadata.name ? org.others.create({ [org.text]: 'an end' }) : org.others.create({}, table)
  return { first: await make(first.table), second: await make(second.table) }
}

async function linksOf(org: ContractMaster): Promise<readonly string[]> {
  const table = org.definition(org.relationship.intersectTable)
  const all: string[] = []
  for await (const part of org.master.versions({ table, scope: { filter: null } }, org.signal)) {
    all.push(...part.map(({ id }) => id))
  }
  return all
}
