import type { Configuration } from '@outpost/core'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device, World } from './world.ts'

/* Rows that are kept because of rows of other tables: over several tables, up and down, and in circles. */

const to = (table: string, id: string): { readonly table: string; readonly id: string } => ({ table, id })

const held = async (device: Device, table: string): Promise<readonly string[]> =>
  [...(await device.rows(table)).keys()].toSorted()

/** Long after what was there before has changed, so that nothing comes only because it is new. */
async function settled({ env }: World, device: Device): Promise<void> {
  await device.sync()
  await device.sync()
  await env.advance(3_600_000)
}

interface Firm {
  readonly account: string
  readonly contact: string
  readonly task: string
}

/** A company, somebody who works there, and a task about that person. */
function firm({ emulator: { master } }: World, fax: string): Firm {
  const account = master.create('account', { name: `Firm ${fax}`, fax })
  const contact = master.create('contact', { lastname: fax, parentcustomerid: to('account', account) })
  const task = master.create('task', { subject: fax, regardingobjectid: to('contact', contact) })
  return { account, contact, task }
}

const DOWN: Configuration = {
  tables: {
    account: { columns: ['name', 'fax'], syncFilter: "fax eq 'ours'", syncDeletion: true },
    contact: {
      columns: ['lastname', 'parentcustomerid'],
      related: [{ direction: 'children', table: 'account', lookup: 'parentcustomerid' }],
    },
    task: {
      columns: ['subject', 'regardingobjectid'],
      related: [{ direction: 'children', table: 'contact', lookup: 'regardingobjectid' }],
    },
  },
}

test('rows are followed over several tables, and come and go with the first of them', async () => {
  const there = world()
  const [ours, theirs] = [firm(there, 'ours'), firm(there, 'theirs')]
  const device = await there.device({ configuration: DOWN })
  await settled(there, device)
  expect(await held(device, 'contact')).toEqual([ours.contact])
  expect(await held(device, 'task')).toEqual([ours.task])

  there.emulator.master.update('account', theirs.account, { fax: 'ours' })
  there.emulator.master.update('account', ours.account, { fax: 'theirs' })
  await settled(there, device)
  expect(await held(device, 'account')).toEqual([theirs.account])
  expect(await held(device, 'contact')).toEqual([theirs.contact])
  expect(await held(device, 'task')).toEqual([theirs.task])

  // In the middle of the chain.
  there.emulator.master.update('contact', ours.contact, { parentcustomerid: to('account', theirs.account) })
  await settled(there, device)
  expect(await held(device, 'contact')).toEqual([ours.contact, theirs.contact].toSorted())
  expect(await held(device, 'task')).toEqual([ours.task, theirs.task].toSorted())
  expect((await device.org.verify('task')).same).toBe(true)
})

const OF_M: Configuration = {
  tables: {
    account: {
      columns: ['name'],
      syncFetchXml: `<fetch><entity name="account"><link-entity name="contact" from="contactid" to="primarycontactid"><filter><condition attribute="lastname" operator="like" value="M%"/></filter></link-entity></entity></fetch>`,
    },
    contact: { columns: ['lastname', 'jobtitle'], syncFilter: "jobtitle eq 'ours'", conflictPolicy: 'server-wins' },
  },
}

test.each([{ whose: 'an edit' }, { whose: 'what an edit met' }])(
  'rows come because of a row that no pull brings, as it has left its filter with $whose',
  async ({ whose }) => {
    const there = world()
    const { master } = there.emulator
    const contact = master.create('contact', { lastname: 'Aalto', jobtitle: 'ours' })
    const account = master.create('account', { name: 'Firm', primarycontactid: to('contact', contact) })
    const seen = master.create('contact', { lastname: 'Mori', jobtitle: 'ours' })
    master.create('account', { name: 'Newer', primarycontactid: to('contact', seen) })
    const device = await there.device({ configuration: OF_M })
    for (let round = 0; round < 2; round += 1) await settled(there, device)
    expect(await held(device, 'account')).not.toContain(account)

    const values = { lastname: 'Marsh', jobtitle: 'theirs' }
    if (whose !== 'an edit') master.update('contact', contact, values)
    await device.org.write((draft) =>
      draft.update('contact', contact, whose === 'an edit' ? values : { jobtitle: 'still ours' }),
    )
    await settled(there, device)
    expect(await held(device, 'account')).toContain(account)
    expect((await device.org.explainPull('account')).due).toEqual([])
  },
)

test('rows are followed upwards, too, and a filter of a table in between adds to what it has as related', async () => {
  const there = world()
  const [one, other, third] = [firm(there, 'one'), firm(there, 'other'), firm(there, 'third')]
  const device = await there.device({
    configuration: {
      tables: {
        task: { columns: ['subject', 'regardingobjectid'], syncFilter: "subject eq 'one'" },
        contact: {
          columns: ['lastname', 'parentcustomerid'],
          syncFilter: "lastname eq 'other'",
          related: [{ direction: 'parents', table: 'task', lookup: 'regardingobjectid' }],
        },
        account: {
          columns: ['name'],
          related: [{ direction: 'parents', table: 'contact', lookup: 'parentcustomerid' }],
        },
      },
    },
  })
  await settled(there, device)
  expect(await held(device, 'contact')).toEqual([one.contact, other.contact].toSorted())
  expect(await held(device, 'account')).toEqual([one.account, other.account].toSorted())
  there.emulator.master.update('task', third.task, { subject: 'one' })
  await settled(there, device)
  expect(await held(device, 'account')).toEqual([one.account, other.account, third.account].toSorted())
})

test('tables that are kept because of each other begin with the rows of a filter', async () => {
  const there = world()
  const ours = firm(there, 'ours')
  firm(there, 'theirs')
  const { master } = there.emulator
  // The company's first contact works elsewhere.
  const elsewhere = master.create('contact', { lastname: 'elsewhere' })
  master.update('account', ours.account, { primarycontactid: to('contact', elsewhere) })
  const circle = (account: Configuration['tables'][string]): Configuration => ({
    tables: {
      account: {
        columns: ['name', 'primarycontactid'],
        related: [{ direction: 'parents', table: 'contact', lookup: 'parentcustomerid' }],
        ...account,
      },
      contact: {
        columns: ['lastname', 'parentcustomerid'],
        related: [
          { direction: 'children', table: 'account', lookup: 'parentcustomerid' },
          { direction: 'parents', table: 'account', lookup: 'primarycontactid' },
        ],
      },
    },
  })
  const device = await there.device({ configuration: circle({ syncFilter: "fax eq 'ours'" }) })
  await settled(there, device)
  expect(await held(device, 'account')).toEqual([ours.account])
  expect(await held(device, 'contact')).toEqual([ours.contact, elsewhere].toSorted())
  await expect(device.org.configure(circle({}))).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'account', rule: 'related-circle' },
  })
})

test('rows that are related to rows of their own table come and go with these', async () => {
  const there = world()
  const { master } = there.emulator
  const head = master.create('account', { name: 'Head', fax: 'ours' })
  const branch = master.create('account', { name: 'Branch', parentaccountid: to('account', head) })
  const device = await there.device({
    configuration: {
      tables: {
        account: {
          columns: ['name', 'fax', 'parentaccountid'],
          syncFilter: "fax eq 'ours'",
          related: [{ direction: 'children', table: 'account', lookup: 'parentaccountid' }],
        },
      },
    },
  })
  await settled(there, device)
  expect(await held(device, 'account')).toEqual([head, branch].toSorted())
  const other = master.create('account', { name: 'Other', fax: 'theirs' })
  const shop = master.create('account', { name: 'Shop', parentaccountid: to('account', other) })
  await settled(there, device)
  // What is pulled later moves past them.
  const late = master.create('account', { name: 'Late', fax: 'ours' })
  await settled(there, device)
  await settled(there, device)
  await settled(there, device)
  master.update('account', other, { fax: 'ours' })
  await settled(there, device)
  expect(await held(device, 'account')).toEqual([head, branch, other, shop, late].toSorted())
})

test('a related table that the user may not read at all leads to no rows, and the filter goes on to select its own', async () => {
  const there = world()
  const { emulator, env } = there
  const user = 'Amara Okafor'
  for (const table of ['account', 'contact']) emulator.security.privilegeDepth(user, table, 'organization', ['read'])
  const filtered = emulator.master.create('account', { name: 'Filtered', fax: 'ours' })
  const { account: led } = firm(there, 'theirs')
  const contacts = { columns: ['lastname', 'parentcustomerid'], syncFilter: "lastname eq 'theirs'", syncDeletion: true }
  const through = { direction: 'parents', table: 'contact', lookup: 'parentcustomerid' } as const
  const device = await there.device({
    user,
    configuration: {
      tables: {
        account: { columns: ['name', 'fax'], syncFilter: "fax eq 'ours'", related: [through], syncDeletion: true },
        contact: contacts,
        task: {
          columns: ['subject'],
          related: [{ direction: 'children', table: 'account', lookup: 'regardingobjectid' }],
        },
      },
    },
  })
  await device.sync()
  expect(await held(device, 'account')).toEqual([filtered, led].toSorted())

  await env.advance(3_600_000)
  emulator.security.privilegeDepth(user, 'contact', 'none', ['read'])
  const { tables } = await device.org.sync()
  expect([tables['account']?.error, tables['contact']?.error?.code]).toEqual([undefined, 'forbidden'])
  expect(await held(device, 'account')).toEqual([filtered])
  expect((await device.org.plan(device.org.configuration)).tables).toEqual({})

  emulator.security.privilegeDepth(user, 'contact', 'organization', ['read'])
  await env.advance(3_600_000)
  await device.org.sync()
  expect(await held(device, 'account')).toEqual([filtered, led].toSorted())
})
