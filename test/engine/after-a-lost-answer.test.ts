import { OutpostError } from '@outpost/core'
import type { Configuration } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * What follows when an answer was lost, or the read behind it, and something else stands beside or behind the write.
 */

test.each(['recreate', 'drop', 'error'] as const)(
  'a row that was given away, the answer lost, is not taken for a deleted one (on deleted row: %s)',
  async (onDeletedRow) => {
    const there = world()
    const orders: Configuration = { tables: { msdyn_workorder: { columns: ['msdyn_name', 'ownerid'], onDeletedRow } } }
    const device = await there.device({ user: 'Bram Bakker', configuration: orders })
    await device.sync()
    const [me = '', other = ''] = ['Bram Bakker', 'Lowri Kettering'].map((name) => userOf(there, name))
    const [mine] = await device.org.table('msdyn_workorder').query({ where: `ownerid eq ${me}`, limit: 1 })
    const id = String(mine?.['msdyn_workorderid'])
    const before = there.emulator.master.rows('msdyn_workorder').length
    const { seq } = await device.org.write((draft) =>
      draft.assign('msdyn_workorder', id, { table: 'systemuser', id: other }),
    )
    // Asking for the row takes the write back, so the second attempt is the one that lands.
    there.emulator.faults.add({ match: { method: 'PATCH' }, nth: 2, fault: { kind: 'dropAfterCommit' } })
    await pushUntilQuiet(there, device)

    expect(there.emulator.master.row('msdyn_workorder', id)?.values['ownerid']).toBe(other)
    expect(there.emulator.master.rows('msdyn_workorder')).toHaveLength(before)
    const transaction = await device.org.outbox.get(seq ?? 0)
    expect(transaction).toMatchObject({ status: 'error', outcome: 'unknown', lastError: { rejection: 'gone' } })
    expect(transaction?.changes).toMatchObject([{ kind: 'update', values: { ownerid: other } }])
  },
)

test('a deletion behind an action whose row could not be read is made on what the action left', async () => {
  const there = world()
  registerCount(there)
  const device = await there.device()
  await device.sync()
  const account = there.emulator.master.create('account', { name: 'Counted', numberofemployees: 7 })
  await device.sync()
  await device.org.write((draft) => count(draft, account))
  await device.org.write((draft) => draft.delete('account', account), { coalesce: false })
  // The action is answered, and then the line goes down until the next push.
  there.emulator.faults.add({ match: { method: 'GET', table: 'account' }, fault: { kind: 'dropBeforeCommit' } })
  await pushUntilQuiet(there, device)

  expect(statuses(await device.org.outbox.list({ statuses: 'all' }))).toEqual(['processed', 'processed'])
  expect(there.emulator.master.row('account', account)).toBeUndefined()
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('links that were made and removed in one write happen once, whichever request or answer is lost', async () => {
  const tables: Configuration['tables'] = {
    new_skill: { columns: ['new_name'] },
    bookableresource: { columns: ['name'] },
    new_skill_bookableresource: {},
  }
  for (const kind of ['dropBeforeCommit', 'dropAfterCommit'] as const) {
    for (let nth = 1; nth <= 4; nth += 1) {
      const there = world()
      const { master } = there.emulator
      const skill = master.create('new_skill', { new_name: 'Welding' })
      const [old = '', next = ''] = ['Old', 'New'].map((name) => master.create('bookableresource', { name }))
      const end = (id: string): { table: string; id: string } => ({ table: 'bookableresource', id })
      master.associate('new_skill', skill, LINK, end(old))
      const heard: string[] = []
      for (const message of ['Associate', 'Disassociate']) {
        there.emulator.plugins.register({
          name: message,
          message,
          table: 'new_skill',
          stage: 'postOperation',
          run: () => heard.push(message),
        })
      }
      const device = await there.device({ configuration: { tables } })
      await device.sync()
      await device.org.write((draft) => {
        draft.disassociate(LINK, { table: 'new_skill', id: skill }, end(old))
        draft.associate(LINK, { table: 'new_skill', id: skill }, end(next))
      })
      there.emulator.faults.add({ nth, fault: { kind } })
      await pushUntilQuiet(there, device)
      expect({ kind, nth, heard: heard.toSorted() }).toEqual({ kind, nth, heard: ['Associate', 'Disassociate'] })
      expect(statuses(await device.org.outbox.list({ statuses: 'all' }))).toEqual(['processed'])
      there.emulator.faults.clear()
      await device.sync()
      expect(await differences(there, device)).toEqual([])
    }
  }
})

const LINK = 'new_Skill_BookableResource'

function userOf({ emulator }: World, name: string): string {
  return emulator.users.find((user) => user.name === name)?.id ?? ''
}

function registerCount({ emulator }: World): void {
  emulator.operations.register({
    name: 'new_Count',
    kind: 'action',
    binding: { to: 'row', table: 'account' },
    run: ({ row, service }) => {
      const next = Number(row?.values['numberofemployees'] ?? 0) + 1
      service.update('account', row?.id ?? '', { numberofemployees: next })
    },
  })
}

function count(draft: Parameters<Parameters<Device['org']['write']>[0]>[0], id: string): void {
  draft.action('new_Count', { on: { table: 'account', id }, bound: true, happened: 'numberofemployees gt 7' })
}

function statuses(transactions: readonly { readonly status: string }[]): readonly string[] {
  return transactions.map(({ status }) => status)
}

/** Pushes until a push is whole and nothing is left to wait for, as a device that comes and goes does. */
async function pushUntilQuiet({ env }: World, device: Device): Promise<void> {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const whole = await device.org.push().then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(OutpostError)
        return false
      },
    )
    await env.advance(600_000)
    if (whole && (await device.org.outbox.counts()).pending === 0) return
  }
}
