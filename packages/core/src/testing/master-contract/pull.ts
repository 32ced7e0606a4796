import { held, textsOf } from './contract.ts'
import type { MasterContract } from './contract.ts'

/** Rows page by page, and what is new since a checkpoint. */
export function pullContract({ test, expect }: MasterContract): void {
  test('the pages of a pull give every row, with the asked columns and a version', async (org) => {
    const ids = await org.rows(7)
    const { rows, pages } = await org.pullAll(null, { pageSize: 3 })
    const all = held(rows)
    for (const [n, id] of ids.entries()) {
      const row = all.get(id)
      const { [org.metadata.primaryId]: key, [org.text]: text, [org.number]: number } = row?.values ?? {}
      expect([key, text, number]).toStrictEqual([id, `row ${n}`, n])
      expect(Object.keys(row?.values ?? {}).toSorted()).toStrictEqual([...org.columns].toSorted())
      expect((row?.version ?? '').length > 0).toStrictEqual(true)
    }
    expect(pages >= 3).toStrictEqual(true)
  })

  test('a page has no more rows than were asked for', async (org) => {
    await org.rows(5)
    const page = await org.pull(null, { pageSize: 2 })
    expect([page.rows.length, page.more]).toStrictEqual([2, true])
  })

  test('behind its end a pull gives nothing that it has not given before', async (org) => {
    await org.rows(5)
    const first = await org.pullAll(null, { pageSize: 2 })
    const versions = new Set(first.rows.map(({ id, version }) => `${id} ${version}`))
    const again = await org.pullAll(first.checkpoint)
    expect(again.rows.filter(({ id, version }) => !versions.has(`${id} ${version}`))).toStrictEqual([])
  })

  test('what others create and change comes with the next pull, under another version', async (org) => {
    const [changed = ''] = await org.rows(3)
    const first = await org.pullAll(null)
    const before = held(first.rows).get(changed)
    await org.others.update(changed, { [org.text]: 'changed' })
    const created = await org.others.create({ [org.text]: 'created', [org.number]: 9 })
    const next = held((await org.pullAll(first.checkpoint)).rows)
    expect([next.get(changed)?.values[org.text], next.get(created)?.values[org.text]]).toStrictEqual([
      'changed',
      'created',
    ])
    expect(next.get(changed)?.version === before?.version).toStrictEqual(false)
  })

  test('a pull can go on from any of its pages', async (org) => {
    const ids = await org.rows(6)
    const page = await org.pull(null, { pageSize: 2 })
    const rest = await org.pullAll(page.checkpoint, { pageSize: 2 })
    const all = held([...page.rows, ...rest.rows])
    expect(ids.filter((id) => !all.has(id))).toStrictEqual([])
  })

  test('rows that others create and change between the pages are not lost', async (org) => {
    const ids = await org.rows(8)
    let round = 0
    const between = async (): Promise<void> => {
      round += 1
      if (round > 4) return
      await org.others.update(ids[round - 1] ?? '', { [org.text]: `early ${round}` })
      await org.others.update(ids[8 - round] ?? '', { [org.text]: `late ${round}` })
      await org.others.create({ [org.text]: `new ${round}`, [org.number]: 1 })
    }
    const first = await org.pullAll(null, { pageSize: 2, between })
    const next = await org.pullAll(first.checkpoint, { pageSize: 2 })
    const all = held([...first.rows, ...next.rows])
    const listed: string[] = []
    for await (const part of org.master.versions({ table: org.metadata, scope: { filter: null } }, org.signal)) {
      for (const { id, version } of part) {
        listed.push(id)
        expect(all.get(id)?.version, 'the newest version was given').toStrictEqual(version ?? undefined)
      }
    }
    expect([...all.keys()].filter((id) => !listed.includes(id))).toStrictEqual([])
    const created = textsOf(all.values(), org.text).filter((text) => text.startsWith('new'))
    expect(created).toStrictEqual(['new 1', 'new 2', 'new 3', 'new 4'].slice(0, round))
  })

  test('a filter gives its rows and no others, then and later', async (org) => {
    const [first = ''] = await org.rows(4)
    const scope = org.scope(`${org.number} ge 2`)
    const pulled = await org.pullAll(null, { scope, pageSize: 1 })
    expect(textsOf(held(pulled.rows).values(), org.text)).toStrictEqual(['row 2', 'row 3'])
    await org.others.update(first, { [org.number]: 20 })
    const next = held((await org.pullAll(pulled.checkpoint, { scope })).rows)
    expect(next.get(first)?.values[org.number]).toStrictEqual(20)
    expect([...next.values()].every(({ values }) => Number(values[org.number]) >= 2)).toStrictEqual(true)
  })
}
