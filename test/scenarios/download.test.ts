import type { Configuration, OutpostEvent } from '@outpost/core'
import type { Emulator } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { day } from './script.ts'
import type { Day, Technician } from './script.ts'

/* The first download, which is large and is broken off. */

const tables: Configuration['tables'] = {
  account: { columns: ['name'], priority: 1 },
  contact: { columns: ['lastname'], priority: 5 },
}
const PAGE = 20

/** An office with many rows, and Ann with a device that has not downloaded any yet. */
async function firstMorning(): Promise<Day & { readonly ann: Technician }> {
  const today = day()
  for (let at = 0; at < 100; at += 1) {
    today.office.adds('account', { name: `Customer ${at}` })
    today.office.adds('contact', { lastname: `Person ${at}` })
  }
  const ann = await today.technician('Ann', { configuration: { tables }, pageSize: PAGE, boxed: true })
  await ann.org.connect()
  await ann.org.configure({ tables })
  return { ...today, ann }
}

test('C15: a download that is broken off at every page goes on behind the last one, and brings no row twice', async () => {
  const { office, ann } = await firstMorning()
  const served = rowsServed(office.emulator)
  let rounds = 0
  for (let done = false; !done; rounds += 1) {
    if (rounds > 100) throw new Error('it does not get on')
    ann.line.losesNothing()
    ann.line.loses('request', 1 + (rounds % 15))
    done = (await ann.syncs()) === 'synced'
    if (!done) await ann.restarts()
  }
  expect(rounds).toBeGreaterThan(3)
  for (const table of ['account', 'contact']) {
    const rows = office.emulator.master.count(table)
    expect((await ann.org.status()).tables[table]).toEqual({ rows, complete: true })
    expect(served(table).filter((page, at, all) => all.indexOf(page) !== at)).toEqual([])
  }
})

test('C15: the table of greater priority is whole, and can be used, before the next one begins', async () => {
  const { office, ann } = await firstMorning()
  office.emulator.faults.add({
    match: { path: /accounts\?\$select=accountid,name/ },
    times: Infinity,
    fault: { kind: 'dropBeforeCommit' },
  })
  expect(await ann.syncs()).toBe('offline')
  const { tables: held } = await ann.org.status()
  expect(held['contact']).toEqual({ rows: office.emulator.master.count('contact'), complete: true })
  expect(held['account']).toMatchObject({ complete: false })
  expect(await ann.org.table('contact').query({ where: "lastname eq 'Person 7'" })).toHaveLength(1)
  const { id } = await ann.adds('contact', { lastname: 'Written during the download' })
  expect(await ann.sees('contact', id)).toMatchObject({ lastname: 'Written during the download' })
})

test('C15: the rows of the pages that have come can be read while the rest is on its way', async () => {
  const { ann } = await firstMorning()
  const seen: number[] = []
  const reading: Promise<unknown>[] = []
  ann.org.subscribe((event) => {
    if (event.type === 'pull.page' && event.table === 'contact')
      reading.push(
        ann.org
          .table('contact')
          .count()
          .then((count) => seen.push(count)),
      )
  })
  await ann.syncs()
  await Promise.all(reading)
  expect(seen.length).toBeGreaterThan(4)
  expect(seen[0]).toBeGreaterThan(0)
  expect(seen[0]).toBeLessThan(seen.at(-1) ?? 0)
})

test('C17: a download says how far it is: an estimate that says so, never less than before, and at the end everything', async () => {
  const { ann } = await firstMorning()
  await ann.syncs()
  const told = ann.events.flatMap((event) => (event.type === 'pull.progress' ? [event] : []))
  expect(told.length).toBeGreaterThan(8)
  const fractions = told.map(({ fraction }) => fraction)
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
  expect(fractions[0]).toBeLessThan(0.5)
  expect(fractions.at(-1)).toBe(1)
  for (const { of, estimated } of told) if (of !== undefined) expect(estimated).toBe(true)
  expect(told.some(({ of }) => of !== undefined && of > 0)).toBe(true)
})

test('C17: progress goes on where it was when the device was started again', async () => {
  const { office, ann } = await firstMorning()
  office.emulator.faults.add({ match: { path: /contacts\?/ }, nth: 4, fault: { kind: 'dropBeforeCommit' } })
  expect(await ann.syncs()).toBe('offline')
  const before = fractionsOf(ann.events).at(-1) ?? 0
  const seen = ann.events.length
  await ann.restarts()
  await ann.syncs()
  const after = fractionsOf(ann.events.slice(seen))
  expect(before).toBeGreaterThan(0)
  expect(after[0]).toBeGreaterThanOrEqual(before)
  expect(after.at(-1)).toBe(1)
})

function fractionsOf(events: readonly OutpostEvent[]): readonly number[] {
  return events.flatMap((event) => (event.type === 'pull.progress' ? [event.fraction] : []))
}

/** Which pages of the first download of a table were asked for and answered. */
function rowsServed(emulator: Emulator): (table: string) => readonly string[] {
  return (table) =>
    emulator
      .requests()
      .filter(({ path, status }) => status === 200 && path.includes(`/${table}s?`))
      .map(({ path }) => decodeURIComponent(path))
      .filter((path) => /\$select=[^&]*name/.test(path) && !path.includes('modifiedon ge'))
}
