import { expect, test } from 'vitest'
import { world } from './world.ts'

/* How fast the outbox is sent: how many transactions in a request, how many requests at once, and what slows it down. */

test('every request has an id of its own, which is stored before it is sent and shared by what it carries', async () => {
  const there = world()
  const device = await there.device()
  for (const name of ['One', 'Two']) await device.org.write((draft) => draft.create('account', { name }))
  there.emulator.faults.add({ match: { batch: true }, fault: { kind: 'dropBeforeCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })

  const idsSent = async (): Promise<readonly (readonly (string | undefined)[])[]> =>
    (await device.org.outbox.list({ statuses: 'all' })).map(({ history }) =>
      history.filter(({ event }) => event === 'sent').map(({ requestId }) => requestId),
    )
  const [unanswered] = await idsSent()
  expect(unanswered).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])

  await device.org.push()
  const [one, two] = await idsSent()
  expect(one).toEqual(two)
  expect(new Set(one).size).toBe(2)
})
