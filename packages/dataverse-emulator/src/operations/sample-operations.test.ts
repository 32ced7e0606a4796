import { expect, test } from 'vitest'
import { ADMIN, bench, id, made, TECHNICIAN } from '../ask.test-support.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM.'

/** A value that is text; any other shows as empty. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

test('AddToQueue puts a letter into the queue of the user, as the documented sample does', async () => {
  const { ask, emulator } = bench()
  const letter = await made(ask, 'letters', { description: 'Example letter' })
  const me = (await ask('GET', 'WhoAmI')).json.UserId as string
  const queue = (await ask('GET', `systemusers(${me})/queueid/$ref`)).json['@odata.id'] as string
  const body = { Target: { activityid: letter, '@odata.type': `${NAMESPACE}letter` } }
  const answer = await ask('POST', `${queue}/${NAMESPACE}AddToQueue`, { body })
  expect(answer.status).toBe(200)
  expect(answer.json['@odata.context']).toBe(`${emulator.root}api/data/v9.2/$metadata#${NAMESPACE}AddToQueueResponse`)
  const item = emulator.master.row('queueitem', answer.json.QueueItemId)
  expect(item?.values).toMatchObject({ objectid: letter, 'objectid@table': 'letter', objecttypecode: 4207 })
  const [desk] = emulator.master.rows('queue').filter((row) => row.values['name'] === 'Service Desk')
  const moved = await ask('POST', `queues(${desk?.id ?? ''})/${NAMESPACE}AddToQueue`, { body })
  expect(moved.json.QueueItemId).toBe(answer.json.QueueItemId)
  expect(emulator.master.row('queueitem', answer.json.QueueItemId)?.values['queueid']).toBe(desk?.id)
})

test('AddToQueue refuses tables without queues, inactive queues and targets without a type', async () => {
  const { ask, emulator } = bench()
  const [desk] = emulator.master.rows('queue')
  const path = `queues(${desk?.id ?? ''})/${NAMESPACE}AddToQueue`
  const [account] = emulator.master.rows('account')
  const [task] = emulator.master.rows('task')
  const add = (Target: object) => ask('POST', path, { body: { Target } })
  expect((await add({ '@odata.type': `${NAMESPACE}account`, accountid: account?.id })).status).toBe(400)
  const untyped = await add({ activityid: task?.id })
  expect([untyped.status, untyped.json.error.message]).toEqual([
    400,
    expect.stringContaining('EdmEntityObject passed should have the key property value set.'),
  ])
  emulator.master.update('queue', desk?.id ?? '', { statecode: 1 })
  const inactive = await add({ '@odata.type': `${NAMESPACE}task`, activityid: task?.id })
  expect([inactive.status, inactive.json.error.code]).toEqual([400, '0x80040521'])
})

test('AddMembersTeam and RemoveMembersTeam take users by their ownerid, as documented', async () => {
  const { ask, emulator } = bench()
  const [team] = emulator.master.rows('team')
  const user = emulator.users.find((one) => one.name === ADMIN)?.id ?? ''
  const members = () =>
    emulator.master
      .rows('teammembership')
      .filter((row) => row.values['teamid'] === team?.id && row.values['systemuserid'] === user)
  const body = { Members: [{ '@odata.type': `${NAMESPACE}systemuser`, ownerid: user }] }
  for (const [verb, count] of [
    ['Add', 1],
    ['Add', 1],
    ['Remove', 0],
    ['Remove', 0],
  ] as const) {
    const answer = await ask('POST', `teams(${team?.id ?? ''})/${NAMESPACE}${verb}MembersTeam`, { body })
    expect([answer.status, members().length]).toEqual([204, count])
  }
  const keyless = await ask('POST', `teams(${team?.id ?? ''})/${NAMESPACE}AddMembersTeam`, { body: { Members: [{}] } })
  expect([keyless.status, keyless.json.error.code]).toEqual([400, '0x80048d19'])
})

test('FormatAddress writes addresses of the United States and of Japan, and no others', async () => {
  const { ask } = bench()
  const format = (values: readonly string[]) => {
    const aliases = values.map((value, index) => `@p${index + 1}='${encodeURIComponent(value)}'`).join('&')
    return ask('GET', `FormatAddress(Line1=@p1,City=@p2,StateOrProvince=@p3,PostalCode=@p4,Country=@p5)?${aliases}`)
  }
  const seattle = await format(['123 Maple St.', 'Seattle', 'WA', '98007', 'USA'])
  expect(seattle.json.Address).toBe('123 Maple St.\r\nSeattle, WA 98007\r\nUSA')
  const nagoya = await format(['1-2-3 Sakura', 'Nagoya', 'Aichi', '455-2345', 'JAPAN'])
  expect(nagoya.json.Address).toBe('455-2345\r\nAichi\r\nNagoya\r\n1-2-3 Sakura\r\nJAPAN')
  expect((await format(['x', 'x', 'x', 'x', 'Norway'])).status).toBe(501)
})

test('GetTimeZoneCodeByLocalizedName takes its parameters inline and by alias', async () => {
  const { ask } = bench()
  for (const path of [
    "GetTimeZoneCodeByLocalizedName(LocalizedStandardName='Pacific Standard Time',LocaleId=1033)",
    "GetTimeZoneCodeByLocalizedName(LocalizedStandardName=@p1,LocaleId=@p2)?@p1='Pacific Standard Time'&@p2=1033",
  ]) {
    expect((await ask('GET', path)).json.TimeZoneCode).toBe(4)
  }
})

test('InitializeFrom gives a new row that refers to the one it comes from, and the new row can be created of it', async () => {
  const { ask, emulator } = bench()
  const account = await made(ask, 'accounts', { name: 'Contoso Consulting' })
  const type = `${NAMESPACE}TargetFieldType'ValidForCreate'`
  const path = `InitializeFrom(EntityMoniker=@p1,TargetEntityName=@p2,TargetFieldType=@p3)?@p1={'@odata.id':'accounts(${account})'}&@p2='account'&@p3=${type}`
  const answer = await ask('GET', path)
  expect(answer.json).toEqual({
    '@odata.context': `${emulator.root}api/data/v9.2/$metadata#accounts/$entity`,
    '@odata.type': `#${NAMESPACE}account`,
    'parentaccountid@odata.bind': `accounts(${account})`,
  })
  const branch = await made(ask, 'accounts', { ...answer.json, name: 'Contoso Consulting Chicago Branch' })
  expect(emulator.master.row('account', branch)?.values['parentaccountid']).toBe(account)
  const none = await ask('GET', path.replace("@p2='account'", "@p2='systemuser'"))
  expect([none.status, none.json.error.code]).toEqual([400, '0x80040e01'])
})

test('RetrieveTotalRecordCount answers from a count that is up to a day old', async () => {
  const { ask, emulator, clock } = bench()
  const count = async (): Promise<number[]> =>
    (await ask('GET', 'RetrieveTotalRecordCount(EntityNames=@p1)?@p1=["account","contact"]')).json
      .EntityRecordCountCollection.Values
  const before = [emulator.master.count('account'), emulator.master.count('contact')]
  await made(ask, 'accounts', { name: 'new' })
  expect(await count()).toEqual(before)
  clock.advance(24 * 3_600_000)
  expect(await count()).toEqual([(before[0] ?? 0) + 1, before[1]])
  const shape = await ask('GET', "RetrieveTotalRecordCount(EntityNames=['account'])")
  expect(shape.json.EntityRecordCountCollection).toMatchObject({ Count: 1, IsReadOnly: false, Keys: ['account'] })
  expect((await ask('GET', "RetrieveTotalRecordCount(EntityNames=['no_table'])")).status).toBe(400)
})

test('CalculateTotalTimeIncident adds up the completed activities of a case', async () => {
  const { ask, emulator } = bench()
  const [account] = emulator.master.rows('account')
  const incident = await made(ask, 'incidents', {
    title: 'Sample Case',
    'customerid_account@odata.bind': `accounts(${account?.id ?? ''})`,
    Incident_Tasks: [1, 2, 3].map((n) => ({ subject: `Task ${n}`, actualdurationminutes: 30 })),
  })
  const path = `incidents(${incident})/${NAMESPACE}CalculateTotalTimeIncident()`
  expect((await ask('GET', path)).json.TotalTime).toBe(0)
  const tasks = await ask('GET', `incidents(${incident})/Incident_Tasks/$ref`)
  for (const task of tasks.json.value) {
    expect((await ask('PATCH', task['@odata.id'], { body: { statecode: 1, statuscode: 5 } })).status).toBe(204)
  }
  expect((await ask('GET', path)).json).toEqual({
    '@odata.context': `${emulator.root}api/data/v9.2/$metadata#${NAMESPACE}CalculateTotalTimeIncidentResponse`,
    TotalTime: 90,
  })
})

test('RetrieveVersion, languages and rollups', async () => {
  const { ask, emulator } = bench()
  expect((await ask('GET', 'RetrieveVersion()')).json.Version).toMatch(/^9\.2\./)
  expect((await ask('GET', 'RetrieveProvisionedLanguages')).json.RetrieveProvisionedLanguages).toEqual([1033])
  expect((await ask('GET', 'RetrieveAvailableLanguages')).json.LocaleIds).toEqual([1033])
  const [account] = emulator.master.rows('account')
  const rollup = await ask(
    'GET',
    `CalculateRollupField(Target=@t,FieldName='revenue')?@t={'@odata.id':'accounts(${account?.id ?? ''})'}`,
  )
  expect(rollup.status).toBe(400)
})

test('a bound operation on a row that is not there is 404', async () => {
  const { ask } = bench()
  const answer = await ask('GET', `incidents(${id(404)})/${NAMESPACE}CalculateTotalTimeIncident()`)
  expect(answer.status).toBe(404)
})

test('respond-async: 202 at once, the work later, told by the status monitor and by backgroundoperations', async () => {
  const { ask, emulator } = bench()
  emulator.operations.register({
    name: 'sample_Export',
    kind: 'action',
    parameters: { FetchXml: 'Edm.String' },
    returns: { AnnotationId: 'Edm.Guid' },
    run: ({ service, parameters }) => ({
      AnnotationId: service.create('annotation', { notetext: textOf(parameters['FetchXml']) }),
    }),
  })
  const headers = { Prefer: 'respond-async' }
  const notes = emulator.master.count('annotation')
  const accepted = await ask('POST', 'sample_Export', { body: { FetchXml: '<fetch/>' }, headers })
  const operation = accepted.headers.get('x-ms-dyn-backgroundoperationid') ?? ''
  expect([accepted.status, accepted.text, accepted.headers.get('Preference-Applied')]).toEqual([
    202,
    '',
    'respond-async',
  ])
  const monitor = accepted.headers.get('Location') ?? ''
  expect(monitor).toBe(`${emulator.root}api/backgroundoperation/${operation}`)
  expect(emulator.master.count('annotation')).toBe(notes)
  expect((await ask('GET', monitor)).json).toEqual({
    backgroundOperationStateCode: 0,
    backgroundOperationStatusCode: 0,
  })
  emulator.runJobs()
  const done = await ask('GET', monitor)
  expect(done.json).toMatchObject({ backgroundOperationStateCode: 3, backgroundOperationStatusCode: 30 })
  expect(emulator.master.row('annotation', done.json.AnnotationId)).toBeDefined()
  const row = await ask(
    'GET',
    `backgroundoperations(${operation})?$select=name,backgroundoperationstatuscode,outputparameters,errorcode`,
  )
  expect(row.json).toMatchObject({ name: 'sample_Export', backgroundoperationstatuscode: 30, errorcode: null })
  expect(JSON.parse(row.json.outputparameters)).toEqual([{ Key: 'AnnotationId', Value: done.json.AnnotationId }])
  const late = await ask('DELETE', monitor)
  expect([late.status, late.json.error.message]).toEqual([
    400,
    'Canceling background operation is not allowed after it is in terminal state.',
  ])
  expect((await ask('GET', monitor, { as: TECHNICIAN })).status).toBe(404)
})

test('respond-async: a failure is told by code and message, a cancelled operation does not run, nothing else runs in the background', async () => {
  const { ask, emulator } = bench()
  let runs = 0
  emulator.operations.register({
    name: 'new_Fail',
    kind: 'action',
    run: ({ refuse }) => {
      runs += 1
      refuse('no')
    },
  })
  const start = async (): Promise<string> =>
    (await ask('POST', 'new_Fail', { body: {}, headers: { Prefer: 'respond-async' } })).headers.get('Location') ?? ''
  const failing = await start()
  const cancelled = await start()
  expect((await ask('DELETE', cancelled)).json).toEqual({
    backgroundOperationStateCode: 2,
    backgroundOperationStatusCode: 22,
  })
  emulator.runJobs()
  expect((await ask('GET', failing)).json).toEqual({
    backgroundOperationErrorCode: -2147220891,
    backgroundOperationErrorMessage: 'no',
    backgroundOperationStateCode: 3,
    backgroundOperationStatusCode: 31,
  })
  expect((await ask('GET', cancelled)).json.backgroundOperationStatusCode).toBe(32)
  expect(runs).toBe(1)
  expect((await ask('GET', 'WhoAmI', { headers: { Prefer: 'respond-async' } })).status).toBe(501)
  expect((await ask('POST', 'accounts', { body: {}, headers: { Prefer: 'respond-async' } })).status).toBe(501)
})
