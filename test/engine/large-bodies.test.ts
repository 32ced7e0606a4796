import { ClientOrg } from '@outpost/core'
import type { Configuration, MasterOrg } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { World } from './world.ts'

/* Invariant I4: pulls run whatever the outbox holds, and so they do while large bodies are sent, however slowly. */

const NOTES: Configuration = {
  tables: {
    account: { columns: ['name'] },
    annotation: { columns: ['subject', 'documentbody', 'filename', 'isdocument'] },
  },
}

const MINUTE = 60_000

interface Line {
  readonly there: World
  readonly org: ClientOrg
  readonly addPhoto: (subject: string) => Promise<number>
  readonly photosThere: () => number
}

/** A device on a line that takes a minute for every photo. */
async function slowLine(delivery: 'at-once' | 'on-demand'): Promise<Line> {
  const there = world()
  const inner = there.master()
  const master: MasterOrg = {
    ...inner,
    push: async (transactions, signal) => {
      const isPhoto = transactions.some(({ changes }) => changes.some(({ table }) => table === 'annotation'))
      if (isPhoto) await there.env.sleep(MINUTE, signal)
      return inner.push(transactions, signal)
    },
  }
  const org = await ClientOrg.open({ store: memoryStore(), master, env: there.env, delivery })
  await org.connect()
  await org.configure(NOTES)
  await org.sync()
  const photo = { filename: 'photo.jpg', isdocument: true, documentbody: 'QUJD'.repeat(400_000) }
  return {
    there,
    org,
    addPhoto: async (subject) =>
      Number((await org.write((draft) => draft.create('annotation', { subject, ...photo }))).seq),
    photosThere: () =>
      there.emulator.master.rows('annotation').filter(({ values }) => values['filename'] === 'photo.jpg').length,
  }
}

test('a sync has pulled before it sends what is large, and ends when that is sent', async () => {
  const { there, org, addPhoto, photosThere } = await slowLine('on-demand')
  for (const subject of ['One', 'Two']) await addPhoto(subject)
  await org.write((draft) => draft.create('account', { name: 'Small' }))
  const news = there.emulator.master.create('account', { name: 'News' })
  const syncing = org.sync()
  await there.env.advance(1_000)
  expect(await org.table('account').get(news)).toMatchObject({ name: 'News' })
  expect(photosThere()).toBe(0)
  await there.env.advance(2 * MINUTE)
  const { pushed, tables } = await syncing
  expect(pushed).toEqual({ processed: 3, refused: 0, overruled: 0, conflicts: 0, left: 0 })
  expect(tables['account']).toMatchObject({ written: 1 })
})

test('a sync waits for one large body that is on its way in the background, not for all of them', async () => {
  const { there, org, addPhoto, photosThere } = await slowLine('at-once')
  for (const subject of ['One', 'Two', 'Three', 'Four']) await addPhoto(subject)
  await there.env.advance(1_000)
  const news = there.emulator.master.create('account', { name: 'News' })
  const syncing = org.sync()
  await there.env.advance(MINUTE)
  expect(await org.table('account').get(news)).toMatchObject({ name: 'News' })
  expect(photosThere()).toBe(1)
  await there.env.advance(4 * MINUTE)
  await syncing
  await org.idle()
  expect(photosThere()).toBe(4)
  expect(await org.outbox.counts()).toMatchObject({ pending: 0, processed: 4 })
})

test('a push that lets others have a turn between large bodies ends when everything is sent', async () => {
  const { there, org, addPhoto, photosThere } = await slowLine('on-demand')
  for (const subject of ['One', 'Two', 'Three']) await addPhoto(subject)
  const news = there.emulator.master.create('account', { name: 'News' })
  const pushes = Promise.all([org.push(), org.push(), org.sync()])
  await there.env.advance(2 * MINUTE)
  expect(await org.table('account').get(news)).toMatchObject({ name: 'News' })
  await there.env.advance(2 * MINUTE)
  const [one, other, { pushed }] = await pushes
  expect([one, other, pushed].map(({ left }) => left)).toEqual([0, 0, 0])
  expect(one.processed + other.processed + pushed.processed).toBe(3)
  expect(photosThere()).toBe(3)
})

test('a large body that never ends keeps neither what is small nor what is new from arriving', async () => {
  const { there, org, addPhoto } = await slowLine('at-once')
  there.emulator.faults.add({ match: { body: /"Hangs"/ }, times: Infinity, fault: { kind: 'hang' } })
  const hanging = await addPhoto('Hangs')
  await addPhoto('Second')
  await there.env.advance(1_000)
  const { seq } = await org.write((draft) => draft.create('account', { name: 'Small' }))
  await there.env.advance(1_000)
  expect((await org.outbox.get(Number(seq)))?.status).toBe('processed')
  const news = there.emulator.master.create('account', { name: 'News' })
  const syncing = org.sync().catch((error: unknown) => error)
  await there.env.advance(5 * MINUTE)
  expect(await org.table('account').get(news)).toMatchObject({ name: 'News' })
  await there.env.advance(60 * MINUTE)
  await syncing
  expect(await org.outbox.counts()).toMatchObject({ pending: 1, processed: 2 })
  there.emulator.faults.clear()
  await there.env.advance(10 * MINUTE)
  await org.idle()
  expect((await org.outbox.get(hanging))?.status).toBe('processed')
})
