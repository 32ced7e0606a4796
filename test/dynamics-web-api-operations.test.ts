// Functions, actions and background operations of the client library as published, over HTTP, against the emulator.
import type { Emulator } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { house } from './dynamics-web-api-house.ts'

const idOf = (emulator: Emulator, table: string, state = 0): string =>
  emulator.master.rows(table).find((row) => row.values['statecode'] === state)?.id ?? ''

test('bound and unbound functions, with texts, lists and rows as parameters', async () => {
  const { api, emulator } = await house(400)
  const account = idOf(emulator, 'account')
  const counted = await api.callFunction<{ EntityRecordCountCollection: { Values: number[] } }>({
    functionName: 'RetrieveTotalRecordCount',
    parameters: { EntityNames: ['account', 'contact'] },
  })
  expect(counted.EntityRecordCountCollection.Values).toEqual([
    emulator.master.count('account'),
    emulator.master.count('contact'),
  ])
  const made = await api.callFunction<Record<string, string>>({
    functionName: 'InitializeFrom',
    parameters: {
      EntityMoniker: { '@odata.id': `accounts(${account})` },
      TargetEntityName: 'account',
      TargetFieldType: "Microsoft.Dynamics.CRM.TargetFieldType'ValidForCreate'",
    },
  })
  expect(made['parentaccountid@odata.bind']).toBe(`accounts(${account})`)
  const time = await api.callFunction<{ TotalTime: number }>({
    collection: 'incidents',
    key: idOf(emulator, 'incident'),
    functionName: 'Microsoft.Dynamics.CRM.CalculateTotalTimeIncident',
  })
  expect(time.TotalTime).toBeTypeOf('number')
})

test('bound and unbound actions', async () => {
  const { api, emulator } = await house(400)
  const incident = idOf(emulator, 'incident')
  await api.callAction({
    actionName: 'CloseIncident',
    action: { IncidentResolution: { subject: 'Done', 'incidentid@odata.bind': `incidents(${incident})` }, Status: 5 },
  })
  expect(emulator.master.row('incident', incident)?.values['statecode']).toBe(1)
  const task = emulator.master.rows('task')[0]?.id
  const queued = await api.callAction<{ QueueItemId: string }>({
    collection: 'queues',
    key: idOf(emulator, 'queue'),
    actionName: 'Microsoft.Dynamics.CRM.AddToQueue',
    action: { Target: { activityid: task, '@odata.type': 'Microsoft.Dynamics.CRM.task' } },
  })
  expect(emulator.master.row('queueitem', queued.QueueItemId)?.values['objectid']).toBe(task)
  const bulk = await api.callAction<{ Ids: string[] }>({
    collection: 'accounts',
    actionName: 'Microsoft.Dynamics.CRM.CreateMultiple',
    action: { Targets: [{ name: 'One', '@odata.type': 'Microsoft.Dynamics.CRM.account' }] },
  })
  expect(emulator.master.row('account', bulk.Ids[0] ?? '')?.values['name']).toBe('One')
})

test('an action that is accepted and done later', async () => {
  const { api, emulator } = await house(400)
  emulator.operations.register({
    name: 'sample_Count',
    kind: 'action',
    parameters: { Table: 'Edm.String' },
    returns: { Rows: 'Edm.Int32' },
    run: ({ service, parameters }) => ({
      Rows: typeof parameters['Table'] === 'string' ? service.rows(parameters['Table']).length : 0,
    }),
  })
  const accepted = await api.callAction<{ backgroundOperationId: string }>({
    actionName: 'sample_Count',
    action: { Table: 'account' },
    respondAsync: true,
  })
  const { backgroundOperationId } = accepted
  const waiting = await api.getBackgroundOperationStatus(backgroundOperationId)
  expect(waiting.backgroundOperationStatusCode).toBe(0)
  emulator.runJobs()
  const done = await api.getBackgroundOperationStatus(backgroundOperationId)
  expect([done.backgroundOperationStatusCode, done['Rows']]).toEqual([30, emulator.master.count('account')])
})

test('the tag of a request and its bypass reach the plug-ins', async () => {
  const { api, emulator } = await house(400)
  const seen: unknown[] = []
  emulator.plugins.register({
    name: 'Seen',
    message: 'Create',
    table: 'account',
    stage: 'preOperation',
    run: ({ sharedVariables }) => {
      seen.push(sharedVariables.get('tag'))
    },
  })
  await api.create({ collection: 'accounts', data: { name: 'x' }, tag: 'mine' })
  await api.create({ collection: 'accounts', data: { name: 'x' }, bypassCustomPluginExecution: true })
  expect(seen).toEqual(['mine'])
})
