import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Ask } from './ask.test-support.ts'
import type { Emulator } from './emulator.ts'
import { lookup, text } from './schema.ts'
import type { CascadeBehavior, CascadeConfiguration } from './schema.ts'

const cascade = (assign: CascadeBehavior, onDelete: CascadeBehavior): CascadeConfiguration => ({
  assign,
  delete: onDelete,
  merge: 'NoCascade',
  reparent: 'NoCascade',
  share: 'NoCascade',
  unshare: 'NoCascade',
  rollupView: 'NoCascade',
})

/** A table below accounts whose relationship to them behaves as given. */
function below(emulator: Emulator, name: string, behavior: CascadeConfiguration, parent = 'account'): void {
  emulator.schema.addTable({
    schemaName: `new_${name}`,
    objectTypeCode: 10_900 + name.length,
    displayName: name,
    primaryName: 'new_name',
    columns: [
      text('new_Name'),
      lookup('new_Parent', { table: parent, relationship: `new_${parent}_${name}`, cascade: behavior }),
      lookup(
        'ownerid',
        { table: 'owner', relationship: `owner_new_${name}`, navigation: 'ownerid' },
        { type: 'Owner' },
      ),
    ],
  })
}

const child = (ask: Ask, name: string, parent: string, set = 'accounts'): Promise<string> =>
  made(ask, `new_${name}s`, { new_name: name, 'new_Parent@odata.bind': `/${set}(${parent})` })

async function ownerOf(ask: Ask, path: string): Promise<string> {
  return (await ask('GET', `${path}?$select=_ownerid_value`)).json._ownerid_value
}

test('§16.25: deleting a row deletes, unlinks or is refused as each relationship says, and raises every touched version', async () => {
  const { ask, emulator } = bench()
  below(emulator, 'part', cascade('NoCascade', 'Cascade'))
  below(emulator, 'note', cascade('NoCascade', 'RemoveLink'))
  below(emulator, 'contract', cascade('NoCascade', 'Restrict'))
  const account = await made(ask, 'accounts', { name: 'a' })
  const part = await child(ask, 'part', account)
  const note = await child(ask, 'note', account)
  const contract = await child(ask, 'contract', account)
  const refused = await ask('DELETE', `accounts(${account})`)
  expect([refused.status, refused.json.error.code]).toEqual([405, '0x80040227'])
  expect((await ask('GET', `new_parts(${part})`)).status).toBe(200)
  expect((await ask('GET', `new_notes(${note})`)).json._new_parent_value).toBe(account)
  await ask('DELETE', `new_contracts(${contract})`)
  const version = emulator.master.row('new_note', note)?.version ?? 0n
  expect((await ask('DELETE', `accounts(${account})`)).status).toBe(204)
  expect((await ask('GET', `new_parts(${part})`)).status).toBe(404)
  expect((await ask('GET', `new_notes(${note})`)).json._new_parent_value).toBeNull()
  expect(emulator.master.row('new_note', note)?.version).toBeGreaterThan(version)
})

test('a restriction found deep inside of a cascade takes everything back', async () => {
  const { ask, emulator } = bench()
  below(emulator, 'part', cascade('NoCascade', 'Cascade'))
  below(emulator, 'lock', cascade('NoCascade', 'Restrict'), 'new_part')
  const account = await made(ask, 'accounts', { name: 'a' })
  const parts = [await child(ask, 'part', account), await child(ask, 'part', account)]
  await child(ask, 'lock', parts[1] ?? '', 'new_parts')
  expect((await ask('DELETE', `accounts(${account})`)).status).toBe(405)
  for (const part of parts) expect((await ask('GET', `new_parts(${part})`)).json._new_parent_value).toBe(account)
  expect((await ask('GET', `accounts(${account})`)).status).toBe(200)
})

test('rows that cascade in a circle, and rows that lead to themselves, are deleted once', async () => {
  const { ask, emulator } = bench()
  below(emulator, 'ring', cascade('NoCascade', 'Cascade'))
  emulator.schema.addColumn(
    'new_ring',
    lookup('new_Next', { table: 'new_ring', relationship: 'new_ring_next', cascade: cascade('Cascade', 'Cascade') }),
  )
  const [one, two, self] = [id(1), id(2), id(3)]
  for (const ring of [one, two, self]) await made(ask, 'new_rings', { new_ringid: ring })
  const next = (from: string, to: string): Promise<unknown> =>
    ask('PATCH', `new_rings(${from})`, { body: { 'new_Next@odata.bind': `/new_rings(${to})` } })
  await next(one, two)
  await next(two, one)
  await next(self, self)
  expect((await ask('DELETE', `new_rings(${one})`)).status).toBe(204)
  expect((await ask('GET', `new_rings(${two})`)).status).toBe(404)
  expect((await ask('DELETE', `new_rings(${self})`)).status).toBe(204)
})

test('an assignment goes to all rows below, to the active ones, to those of the same owner, or to none', async () => {
  const { ask, emulator } = bench()
  const behaviors = ['Cascade', 'Active', 'UserOwned', 'NoCascade'] as const
  for (const behavior of behaviors) below(emulator, behavior.toLowerCase(), cascade(behavior, 'RemoveLink'))
  emulator.schema.addColumn('new_active', {
    ...text('statecode'),
    type: 'State',
    options: [
      { value: 0, label: 'Active', defaultStatus: 1 },
      { value: 1, label: 'Inactive', defaultStatus: 2 },
    ],
  })
  const [, other] = emulator.users
  const [team] = emulator.master.rows('team')
  const account = await made(ask, 'accounts', { name: 'a' })
  const before = await ownerOf(ask, `accounts(${account})`)
  const ids = new Map<string, string>()
  for (const behavior of behaviors) ids.set(behavior, await child(ask, behavior.toLowerCase(), account))
  const inactive = await child(ask, 'active', account)
  await ask('PATCH', `new_actives(${inactive})`, { body: { statecode: 1 } })
  const foreign = await child(ask, 'userowned', account)
  await ask('PATCH', `new_userowneds(${foreign})`, { body: { 'ownerid@odata.bind': `/systemusers(${other?.id})` } })
  await ask('PATCH', `accounts(${account})`, { body: { 'ownerid@odata.bind': `/teams(${team?.id})` } })
  const owner = (behavior: string): Promise<string> =>
    ownerOf(ask, `new_${behavior.toLowerCase()}s(${ids.get(behavior)})`)
  expect(await Promise.all(behaviors.map(owner))).toEqual([team?.id, team?.id, team?.id, before])
  expect(await ownerOf(ask, `new_actives(${inactive})`)).toBe(before)
  expect(await ownerOf(ask, `new_userowneds(${foreign})`)).toBe(other?.id)
})

test('assigning a row to the owner it has does not cascade', async () => {
  const { ask, emulator } = bench()
  const [, other] = emulator.users
  const account = await made(ask, 'accounts', { name: 'a' })
  const task = await made(ask, 'tasks', {
    subject: 't',
    'regardingobjectid_account_task@odata.bind': `/accounts(${account})`,
  })
  await ask('PATCH', `tasks(${task})`, { body: { 'ownerid_task@odata.bind': `/systemusers(${other?.id})` } })
  const owner = await ownerOf(ask, `accounts(${account})`)
  await ask('PATCH', `accounts(${account})`, { body: { 'ownerid@odata.bind': `/systemusers(${owner})` } })
  expect(await ownerOf(ask, `tasks(${task})`)).toBe(other?.id)
})

test('a row does not become its own ancestor', async () => {
  const { ask } = bench()
  for (const [at, parent] of [id(1), id(2), id(3)].entries()) {
    const bind = at === 0 ? {} : { 'parentaccountid@odata.bind': `/accounts(${id(at)})` }
    await made(ask, 'accounts', { accountid: parent, name: 'a', ...bind })
  }
  for (const parent of [id(1), id(2), id(3)]) {
    const body = { 'parentaccountid@odata.bind': `/accounts(${parent})` }
    const { status, json } = await ask('PATCH', `accounts(${id(1)})`, { body })
    expect([status, json.error.code]).toEqual([400, '0x80040387'])
  }
  const down = await ask('PUT', `accounts(${id(1)})/parentaccountid/$ref`, {
    body: { '@odata.id': `accounts(${id(3)})` },
  })
  expect(down.json.error.code).toBe('0x80040387')
  const { status } = await ask('PATCH', `accounts(${id(3)})`, {
    body: { 'parentaccountid@odata.bind': `/accounts(${id(1)})` },
  })
  expect(status).toBe(204)
})
