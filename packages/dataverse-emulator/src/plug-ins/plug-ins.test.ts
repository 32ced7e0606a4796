import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Bench } from '../ask.test-support.ts'
import type { PluginStep } from './step.ts'

function withPlugin(step: Partial<PluginStep> & Pick<PluginStep, 'run'>): Bench {
  const made = bench()
  made.emulator.plugins.register({
    name: 'Tested',
    message: 'Create',
    table: 'account',
    stage: 'preOperation',
    ...step,
  })
  return made
}

const account = async ({ ask }: Bench, key: string) => (await ask('GET', `accounts(${key})`)).json

/** A value that is text; any other shows as empty. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

test('§16.21: a plug-in rewrites what is stored, and adds columns that nobody sent', async () => {
  const b = withPlugin({
    run: ({ target }) => {
      target['name'] = textOf(target['name']).toUpperCase()
      target['description'] = 'by the plug-in'
      delete target['telephone1']
    },
  })
  const key = await made(b.ask, 'accounts', { name: 'quiet', telephone1: '1' })
  expect(await account(b, key)).toMatchObject({ name: 'QUIET', description: 'by the plug-in', telephone1: null })
})

test('a plug-in refuses with its own message as 400 0x80040265, and nothing of the request remains', async () => {
  const b = withPlugin({
    stage: 'postOperation',
    run: ({ service, refuse }) => {
      service.create('task', { subject: 'side row' })
      refuse('Credit limit exceeded.')
    },
  })
  const tasks = b.emulator.master.count('task')
  const refused = await b.ask('POST', 'accounts', { body: { accountid: id(1), name: 'x' } })
  expect([refused.status, refused.json.error.code, refused.json.error.message]).toEqual([
    400,
    '0x80040265',
    'Credit limit exceeded.',
  ])
  expect(b.emulator.master.row('account', id(1))).toBeUndefined()
  expect(b.emulator.master.count('task')).toBe(tasks)
})

test('a plug-in that crashes answers an ISV error, with the status and code of the knob', async () => {
  const b = withPlugin({
    run: () => {
      throw new TypeError('null reference')
    },
  })
  const crash = await b.ask('POST', 'accounts', { body: { name: 'x' } })
  expect([crash.status, crash.json.error.code]).toEqual([400, '0x80040224'])
  expect(crash.json.error.message).toContain('null reference')
  b.emulator.knobs.pluginCrash = { status: 500, code: '0x8004418d' }
  const later = await b.ask('POST', 'accounts', { body: { name: 'x' } })
  expect([later.status, later.json.error.code]).toEqual([500, '0x8004418d'])
})

test('what a plug-in puts into the target that the table cannot hold is a crash of the plug-in', async () => {
  const b = withPlugin({
    run: ({ target }) => {
      target['no_such_column'] = 1
    },
  })
  const crash = await b.ask('POST', 'accounts', { body: { name: 'x' } })
  expect([crash.status, crash.json.error.code]).toEqual([400, '0x80040224'])
})

test('§16.17: a plug-in changes the row after it is stored, so that the answer has a later version than the write made', async () => {
  const b = withPlugin({
    message: 'Update',
    stage: 'postOperation',
    filteringColumns: ['telephone1'],
    run: ({ id: key, systemService }) => systemService.update('account', String(key), { description: 'called' }),
  })
  const key = await made(b.ask, 'accounts', { name: 'x' })
  const answer = await b.ask('PATCH', `accounts(${key})`, {
    body: { telephone1: '2' },
    headers: { Prefer: 'return=representation' },
  })
  expect(answer.json.description).toBe('called')
  expect(answer.headers.get('ETag')).toBe((await account(b, key))['@odata.etag'])
})

test('filtering columns decide whether an update runs the plug-in', async () => {
  const seen: string[] = []
  const b = withPlugin({
    message: 'Update',
    filteringColumns: ['telephone1'],
    run: ({ target }) => {
      seen.push(Object.keys(target).join())
    },
  })
  const key = await made(b.ask, 'accounts', { name: 'x' })
  await b.ask('PATCH', `accounts(${key})`, { body: { name: 'y' } })
  await b.ask('PATCH', `accounts(${key})`, { body: { name: 'z', telephone1: '3' } })
  expect(seen).toEqual(['name,telephone1'])
})

test('images show the row before and after', async () => {
  const seen: unknown[] = []
  const b = withPlugin({
    message: 'Update',
    stage: 'postOperation',
    run: ({ preImage, postImage }) => {
      seen.push(preImage?.['name'], postImage?.['name'])
    },
  })
  const key = await made(b.ask, 'accounts', { name: 'before' })
  await b.ask('PATCH', `accounts(${key})`, { body: { name: 'after' } })
  expect(seen).toEqual(['before', 'after'])
})

test('an update of state or owner together with other columns runs the plug-ins once for each kind', async () => {
  const seen: string[] = []
  const b = withPlugin({
    message: 'Update',
    run: ({ target }) => {
      seen.push(Object.keys(target).sort().join())
    },
  })
  const early: string[] = []
  b.emulator.plugins.register({
    name: 'Early',
    message: 'Update',
    table: 'account',
    stage: 'preValidation',
    run: ({ target }) => {
      early.push(Object.keys(target).sort().join())
    },
  })
  const key = await made(b.ask, 'accounts', { name: 'x' })
  const me = (await b.ask('GET', 'WhoAmI')).json.UserId as string
  const body = { name: 'y', statecode: 1, statuscode: 2, 'ownerid@odata.bind': `systemusers(${me})` }
  expect((await b.ask('PATCH', `accounts(${key})`, { body })).status).toBe(204)
  expect(seen).toEqual(['name', 'ownerid', 'statecode,statuscode'])
  expect(early).toEqual(['name,ownerid,statecode,statuscode'])
  expect(await account(b, key)).toMatchObject({ name: 'y', statecode: 1 })
})

test('the tag of a request, its user and the depth are known to the plug-in', async () => {
  const seen: unknown[] = []
  const b = withPlugin({
    run: ({ sharedVariables, user, depth, service, target }) => {
      seen.push([sharedVariables.get('tag'), user.name, depth])
      if (depth === 1) service.create('account', { name: `${textOf(target['name'])} branch` })
    },
  })
  await b.ask('POST', 'accounts?tag=A%20string%20value', { body: { name: 'x' } })
  expect(seen).toEqual([
    ['A string value', 'Sunniva Admin', 1],
    ['A string value', 'Sunniva Admin', 2],
  ])
})

test('plug-ins that keep causing each other are stopped as an infinite loop, and all is taken back', async () => {
  const b = withPlugin({ run: ({ service }) => void service.create('account', { name: 'again' }) })
  const before = b.emulator.master.count('account')
  const loop = await b.ask('POST', 'accounts', { body: { name: 'x' } })
  expect([loop.status, loop.json.error.code]).toEqual([400, '0x80044182'])
  expect(b.emulator.master.count('account')).toBe(before)
})

test('a plug-in that swallows the failure of its own write loses the transaction', async () => {
  const b = withPlugin({
    run: ({ service }) => {
      try {
        service.create('account', { name: 'x', accountid: id(9), primarycontactid: id(404) })
      } catch {
        // as careless plug-ins do
      }
    },
  })
  const lost = await b.ask('POST', 'accounts', { body: { name: 'x' } })
  expect([lost.status, lost.json.error.code]).toEqual([400, '0x8009000c'])
})

test('plug-ins write with the privileges of the caller, or without any limit as the system', async () => {
  const technician = 'Amara Okafor'
  const b = bench()
  const register = (which: 'service' | 'systemService'): string =>
    b.emulator.plugins.register({
      name: which,
      message: 'Create',
      table: 'task',
      stage: 'postOperation',
      run: (context) => void context[which].create('account', { name: 'made by a plug-in' }),
    })
  b.emulator.users.find((one) => one.name === technician)?.setDepth('account', 'create', 'none')
  const limited = register('service')
  expect((await b.ask('POST', 'tasks', { as: technician, body: { subject: 'x' } })).status).toBe(403)
  b.emulator.plugins.unregister(limited)
  register('systemService')
  expect((await b.ask('POST', 'tasks', { as: technician, body: { subject: 'x' } })).status).toBe(204)
})

test('deleted rows run plug-ins, those that a cascade deletes included', async () => {
  const seen: string[] = []
  const b = withPlugin({
    message: 'Delete',
    table: 'contact',
    run: ({ preImage }) => {
      seen.push(String(preImage?.['lastname']))
    },
  })
  const key = await made(b.ask, 'accounts', { name: 'x' })
  await made(b.ask, 'contacts', { lastname: 'Child', 'parentcustomerid_account@odata.bind': `accounts(${key})` })
  expect((await b.ask('DELETE', `accounts(${key})`)).status).toBe(204)
  expect(seen).toEqual(['Child'])
})

test('N:N links run plug-ins of Associate and Disassociate with both ends', async () => {
  const seen: unknown[] = []
  const b = bench()
  for (const message of ['Associate', 'Disassociate']) {
    b.emulator.plugins.register({
      name: message,
      message,
      stage: 'preOperation',
      run: ({ relationship, related, table }) => {
        seen.push([message, relationship, table, related?.table])
      },
    })
  }
  const [team] = b.emulator.master.rows('team')
  const [user] = b.emulator.master.rows('systemuser').filter((row) => row.values['firstname'] === 'Amara')
  const path = `teams(${team?.id ?? ''})/teammembership_association/$ref`
  const url = `systemusers(${user?.id ?? ''})`
  const first = await b.ask('DELETE', `${path}?$id=${url}`)
  const second = await b.ask('POST', path, { body: { '@odata.id': url } })
  expect([first.status === 204 || first.status === 404, second.status]).toEqual([true, 204])
  expect(seen).toContainEqual(['Associate', 'teammembership_association', 'team', 'systemuser'])
  expect(seen).toContainEqual(['Disassociate', 'teammembership_association', 'team', 'systemuser'])
})

test('bypass headers skip plug-ins for those who may, and are 403 for those who may not', async () => {
  const ran: string[] = []
  const b = bench()
  const register = (name: string, mode: 'sync' | 'async'): string =>
    b.emulator.plugins.register({
      name,
      mode,
      message: 'Create',
      table: 'task',
      stage: 'postOperation',
      run: () => {
        ran.push(name)
      },
    })
  const step = register('sync', 'sync')
  register('async', 'async')
  const create = async (headers: Record<string, string>, as = 'Sunniva Admin') => {
    ran.length = 0
    const answer = await b.ask('POST', 'tasks', { body: { subject: 'x' }, headers, as })
    b.emulator.runJobs()
    return [answer.status, ...ran]
  }
  const logic = 'MSCRM.BypassBusinessLogicExecution'
  expect(await create({})).toEqual([204, 'sync', 'async'])
  expect(await create({ 'MSCRM.BypassCustomPluginExecution': 'true' })).toEqual([204, 'async'])
  expect(await create({ [logic]: 'CustomSync' })).toEqual([204, 'async'])
  expect(await create({ [logic]: 'CustomAsync' })).toEqual([204, 'sync'])
  expect(await create({ [logic]: 'CustomSync,CustomAsync' })).toEqual([204])
  expect(await create({ [`${logic}StepIds`]: `"${step}"` })).toEqual([204, 'async'])
  expect(await create({ 'MSCRM.SuppressCallbackRegistrationExpanderJob': 'true' })).toEqual([204, 'sync', 'async'])
  expect(await create({ [logic]: 'Everything' })).toEqual([400])
  expect(await create({ [`${logic}StepIds`]: [step, step, step, step].join() })).toEqual([400])
  expect(await create({ 'MSCRM.BypassCustomPluginExecution': 'true' }, 'Amara Okafor')).toEqual([403])
  expect(await create({ [logic]: 'CustomSync' }, 'Amara Okafor')).toEqual([403])
})

test('an async plug-in runs after the answer, raises the version later, and not at all where the request failed', async () => {
  const b = withPlugin({
    message: 'Update',
    stage: 'postOperation',
    mode: 'async',
    filteringColumns: ['name'],
    run: ({ id: key, service }) => service.update('account', String(key), { description: 'later' }),
  })
  const key = await made(b.ask, 'accounts', { name: 'x' })
  await b.ask('PATCH', `accounts(${key})`, { body: { name: 'y' } })
  const before = await account(b, key)
  expect(b.emulator.runJobs()).toEqual([{ name: 'Tested' }])
  const after = await account(b, key)
  expect([before.description, after.description]).toEqual([null, 'later'])
  expect(after['@odata.etag']).not.toBe(before['@odata.etag'])
  const failed = await b.ask('PATCH', `accounts(${key})`, {
    body: { name: 'z', 'primarycontactid@odata.bind': `contacts(${id(404)})` },
  })
  expect(failed.status).toBe(404)
  expect(b.emulator.runJobs()).toEqual([])
})

test('jobs run by themselves once the server has had time, where the knob says so', async () => {
  const b = withPlugin({
    stage: 'postOperation',
    mode: 'async',
    run: ({ id: key, service }) => service.update('account', String(key), { description: 'later' }),
  })
  b.emulator.knobs.jobDelayMs = 1000
  const key = await made(b.ask, 'accounts', { name: 'x' })
  expect((await account(b, key)).description).toBeNull()
  b.clock.advance(1000)
  expect((await account(b, key)).description).toBe('later')
})

test("plug-ins run for the server's own hand only where it acts as somebody", () => {
  const { emulator } = withPlugin({ run: ({ target }) => void (target['description'] = 'seen') })
  const quiet = emulator.master.create('account', { name: 'x' })
  const seen = emulator.master.create('account', { name: 'x' }, { as: 'Dorian Vestergaard' })
  expect([quiet, seen].map((key) => emulator.master.row('account', key)?.values['description'])).toEqual([null, 'seen'])
})

test('a plug-in that could never run is refused at once', () => {
  const { plugins } = bench().emulator
  const step = { name: 'x', message: 'Create', stage: 'preOperation', run: () => undefined } as const
  expect(() => plugins.register({ ...step, message: 'Created' })).toThrow(RangeError)
  expect(() => plugins.register({ ...step, table: 'no_table' })).toThrow(RangeError)
  expect(() => plugins.register({ ...step, mode: 'async' })).toThrow(RangeError)
  expect(() => plugins.register({ ...step, table: 'account', filteringColumns: ['name'] })).toThrow(RangeError)
  expect(() => plugins.register({ ...step, message: 'Update', table: 'account', filteringColumns: ['x'] })).toThrow(
    RangeError,
  )
})

test('a plug-in is told of what has committed, not of what was taken back', async () => {
  const committed: string[] = []
  const b = withPlugin({
    stage: 'postOperation',
    run: ({ target, refuse, onCommit }) => {
      const name = textOf(target['name'])
      onCommit(() => committed.push(name))
      if (name === 'No') refuse('Not that one.')
    },
  })
  await made(b.ask, 'accounts', { name: 'Yes' })
  expect((await b.ask('POST', 'accounts', { body: { name: 'No' } })).status).toBe(400)
  expect(committed).toEqual(['Yes'])
})
