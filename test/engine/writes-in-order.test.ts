import { expect, test } from 'vitest'
import { world } from './world.ts'

/* An application need not await one write before it begins the next. */

/** What it points to is not kept, so that its definition has to be read. */
const CONTACT = '00000000-0000-4000-8000-00000000c0de'

test('of two writes of one value the later one stays, although the first has to read more before it is committed', async () => {
  const there = world()
  const before = await there.device({
    configuration: { tables: { account: { columns: ['name', 'primarycontactid'] } } },
  })
  await before.sync()
  const device = await before.crash()
  const [account] = await device.org.table('account').query({ limit: 1 })
  const id = String(account?.['accountid'])
  const [first, second] = await Promise.all([
    device.org.write((draft) => draft.update('account', id, { name: 'First', primarycontactid: CONTACT })),
    device.org.write((draft) => draft.update('account', id, { name: 'Second' })),
  ])
  expect(second.seq).toBe(first.seq)
  expect((await device.rows('account')).get(id)).toMatchObject({ name: 'Second' })
})
