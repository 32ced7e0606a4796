import { expect, test } from 'vitest'
import { bench, id, made, TECHNICIAN } from '../ask.test-support.ts'
import type { Bench } from '../ask.test-support.ts'
import type { CustomOperation } from './custom-operation.ts'

function withOperation(operation: Partial<CustomOperation>): Bench {
  const b = bench()
  b.emulator.operations.register({ name: 'new_Approve', kind: 'action', run: () => undefined, ...operation })
  return b
}

const NAMESPACE = 'Microsoft.Dynamics.CRM.'

/** A value that is text; any other shows as empty. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

test('an unbound action takes its parameters from the body and answers 204 where it returns nothing', async () => {
  const seen: unknown[] = []
  const b = withOperation({
    parameters: { Amount: 'Edm.Decimal', Note: { type: 'Edm.String', optional: true }, Ids: 'Collection(Edm.Guid)' },
    run: ({ parameters, user }) => {
      seen.push(parameters, user.name)
    },
  })
  const body = { Amount: 12.5, Ids: [id(1)] }
  const answer = await b.ask('POST', 'new_Approve', { body, as: TECHNICIAN })
  expect([answer.status, answer.text]).toEqual([204, ''])
  expect(seen).toEqual([body, TECHNICIAN])
})

test('an action bound to a row adds a note to a contact and returns the note, as the documented one does', async () => {
  const b = withOperation({
    name: 'new_AddNoteToContact',
    binding: { to: 'row', table: 'contact' },
    parameters: { NoteTitle: 'Edm.String', NoteText: 'Edm.String' },
    returns: { NoteReference: 'mscrm.annotation' },
    run: ({ parameters, row, service }) => {
      const note = service.create('annotation', {
        subject: textOf(parameters['NoteTitle']),
        notetext: textOf(parameters['NoteText']),
        objectid: { table: 'contact', id: row?.id ?? '' },
      })
      return { NoteReference: { table: 'annotation', id: note } }
    },
  })
  const contact = await made(b.ask, 'contacts', { lastname: 'Fogg' })
  const path = `contacts(${contact})/${NAMESPACE}new_AddNoteToContact`
  const answer = await b.ask('POST', path, { body: { NoteTitle: 'New Note Title', NoteText: 'the text' } })
  expect(answer.status).toBe(200)
  const note = String(answer.json.annotationid)
  expect(answer.json).toEqual({
    '@odata.context': `${b.emulator.root}api/data/v9.2/$metadata#annotations/$entity`,
    annotationid: note,
  })
  expect(b.emulator.master.row('annotation', note)?.values).toMatchObject({
    subject: 'New Note Title',
    objectid: contact,
  })
  const short = await b.ask('POST', `contacts(${contact})/new_AddNoteToContact`, { body: {} })
  expect([short.status, short.json.error.message]).toEqual([400, 'Request message has unresolved parameters.'])
})

test('a bound function answers a complex type, as the documented sample_IsSystemAdmin does', async () => {
  const b = withOperation({
    name: 'sample_IsSystemAdmin',
    kind: 'function',
    binding: { to: 'row', table: 'systemuser' },
    returns: { HasRole: 'Edm.Boolean' },
    run: ({ row, user }) => ({ HasRole: row?.id === user.id }),
  })
  const me = (await b.ask('GET', 'WhoAmI')).json.UserId as string
  const answer = await b.ask('GET', `systemusers(${me})/${NAMESPACE}sample_IsSystemAdmin`)
  expect([answer.status, answer.json]).toEqual([
    200,
    {
      '@odata.context': `${b.emulator.root}api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.sample_IsSystemAdminResponse`,
      HasRole: true,
    },
  ])
})

test('a function takes parameters inline and by alias, rows as single-quoted JSON', async () => {
  const b = withOperation({
    name: 'new_Describe',
    kind: 'function',
    parameters: { Target: 'mscrm.crmbaseentity', Words: 'Collection(Edm.String)', Count: 'Edm.Int32' },
    returns: { Text: 'Edm.String' },
    run: ({ parameters, reference }) => ({
      Text: JSON.stringify([reference('Target'), parameters['Words'], parameters['Count']]),
    }),
  })
  const inline = `new_Describe(Target={'@odata.id':'accounts(${id(1)})'},Words=["a","b"],Count=3)`
  const aliases = `new_Describe(Target=@t,Words=@w,Count=@c)?@t={'@odata.id':'accounts(${id(1)})'}&@w=['a','b']&@c=3`
  for (const path of [inline, aliases]) {
    expect((await b.ask('GET', path)).json).toMatchObject({
      Text: JSON.stringify([{ table: 'account', id: id(1) }, ['a', 'b'], 3]),
    })
  }
})

test('parameters that are missing, unknown or of another type are 400', async () => {
  const b = withOperation({ parameters: { Count: 'Edm.Int32', When: { type: 'Edm.DateTimeOffset', optional: true } } })
  const refused = async (body: object): Promise<unknown[]> => {
    const answer = await b.ask('POST', 'new_Approve', { body })
    return [answer.status, answer.json?.error?.code]
  }
  expect(await refused({})).toEqual([400, '0x80040203'])
  expect(await refused({ Count: null })).toEqual([400, '0x80040203'])
  for (const body of [
    { Count: 'x' },
    { Count: 1.5 },
    { Count: 3e9 },
    { Count: 1, When: 'today' },
    { Count: 1, Counted: 2 },
  ]) {
    expect(await refused(body)).toEqual([400, '0x80048d19'])
  }
  b.emulator.operations.register({
    name: 'new_Ask',
    kind: 'function',
    parameters: { Count: 'Edm.Int32' },
    returns: { Text: 'Edm.String' },
    run: () => ({ Text: '' }),
  })
  for (const path of ['new_Ask', 'new_Ask()', 'new_Ask(Counted=1)', 'new_Ask(Count=@p1)', "new_Ask(Count='x')"]) {
    expect([path, (await b.ask('GET', path)).status]).toEqual([path, 400])
  }
})

test('an action refuses with its own message, and what it wrote is taken back', async () => {
  const b = withOperation({
    run: ({ service, refuse }) => {
      service.create('account', { name: 'lost' }, id(1))
      refuse('Not enough budget.')
    },
  })
  const answer = await b.ask('POST', 'new_Approve', { body: {} })
  expect([answer.status, answer.json.error.code, answer.json.error.message]).toEqual([
    400,
    '0x80040265',
    'Not enough budget.',
  ])
  expect(b.emulator.master.row('account', id(1))).toBeUndefined()
})

test('an action writes as its caller: with the privileges of the caller, unless it writes as the system', async () => {
  const b = withOperation({
    parameters: { AsSystem: 'Edm.Boolean' },
    run: (context) => {
      const hand = context.parameters['AsSystem'] === true ? context.systemService : context.service
      hand.create('account', { name: 'x' }, id(context.parameters['AsSystem'] === true ? 2 : 1))
    },
  })
  b.emulator.users.find((one) => one.name === TECHNICIAN)?.setDepth('account', 'create', 'none')
  const limited = await b.ask('POST', 'new_Approve', { body: { AsSystem: false }, as: TECHNICIAN })
  const system = await b.ask('POST', 'new_Approve', { body: { AsSystem: true }, as: TECHNICIAN })
  expect([limited.status, system.status]).toEqual([403, 204])
})

test('a crash of an action is a crash of ISV code', async () => {
  const b = withOperation({
    run: () => {
      throw new TypeError('null')
    },
  })
  const answer = await b.ask('POST', 'new_Approve', { body: {} })
  expect([answer.status, answer.json.error.code]).toEqual([400, '0x80040224'])
})

test('plug-ins run around an action by its name', async () => {
  const seen: unknown[] = []
  const b = withOperation({ parameters: { Count: 'Edm.Int32' }, run: () => void seen.push('run') })
  for (const stage of ['postOperation', 'preOperation'] as const) {
    b.emulator.plugins.register({
      name: stage,
      message: 'new_Approve',
      stage,
      run: ({ parameters }) => void seen.push([stage, parameters['Count']]),
    })
  }
  await b.ask('POST', 'new_Approve', { body: { Count: 4 } })
  expect(seen).toEqual([['preOperation', 4], 'run', ['postOperation', 4]])
})

test('an operation that Dataverse would not take is refused at once', () => {
  const b = withOperation({})
  const register = (operation: Partial<CustomOperation>): void =>
    b.emulator.operations.register({ name: 'new_Other', kind: 'action', run: () => undefined, ...operation })
  expect(() => register({ name: 'NEW_approve' })).toThrow(RangeError)
  expect(() => register({ name: 'Approve' })).toThrow(RangeError)
  expect(() => register({ kind: 'function' })).toThrow(RangeError)
  expect(() => register({ binding: { to: 'row', table: 'no_table' } })).toThrow(RangeError)
  expect(() => register({ parameters: { Count: 'Int32' } })).toThrow(RangeError)
})

test('an unbound function does not go by its full name', async () => {
  const { ask } = bench()
  const answer = await ask('GET', `${NAMESPACE}WhoAmI()`)
  expect(answer.status).toBe(404)
})
