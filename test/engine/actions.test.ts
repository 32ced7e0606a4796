import { OutpostError } from '@outpost/core'
import type { ActionChange, Configuration, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * Actions of the master, changes of owner and of state: written offline, in order with the other changes of their row,
 * delivered once, and shown as the master has them.
 */

const CASES: Configuration = {
  tables: {
    incident: { columns: ['title', 'description', 'statecode', 'statuscode', 'customerid', 'ownerid'] },
    account: { columns: ['name', 'telephone1', 'numberofemployees', 'statecode', 'statuscode', 'ownerid'] },
  },
}

const RESOLVED = 5

interface Office extends World {
  readonly device1: Device
  /** An open case. */
  readonly incident: string
  readonly account: string
}

async function office(): Promise<Office> {
  const there = world()
  registerActions(there)
  const device1 = await there.device({ configuration: CASES })
  await device1.sync()
  const [incident] = await device1.org.table('incident').query({ where: 'statecode eq 0', limit: 1 })
  const [account] = await device1.org.table('account').query({ where: 'statecode eq 0', limit: 1 })
  there.requests()
  return { ...there, device1, incident: String(incident?.['incidentid']), account: String(account?.['accountid']) }
}

/** A bound action that counts on its row, and an unbound one that writes a note about a row. */
function registerActions({ emulator }: World): void {
  emulator.operations.register({
    name: 'new_Hire',
    kind: 'action',
    binding: { to: 'row', table: 'account' },
    parameters: { Count: 'Edm.Int32' },
    run: ({ parameters, row, service }) => {
      const count = Number(row?.values['numberofemployees'] ?? 0) + Number(parameters['Count'])
      service.update('account', row?.id ?? '', { numberofemployees: count })
    },
  })
  emulator.operations.register({
    name: 'new_Remark',
    kind: 'action',
    parameters: { About: 'mscrm.account', Lines: 'Collection(Edm.String)' },
    run: ({ parameters, reference, service }) => {
      service.create('annotation', { subject: JSON.stringify(parameters['Lines']), objectid: reference('About') })
    },
  })
}

/** Closes a case with an activity whose id is made here: that it is there proves that the case was closed by us. */
function close(draft: Parameters<Parameters<Device['org']['write']>[0]>[0], incident: string, activity: string): void {
  draft.action('CloseIncident', {
    on: { table: 'incident', id: incident },
    parameters: {
      IncidentResolution: {
        $row: {
          table: 'incidentresolution',
          id: activity,
          values: { subject: 'Replaced the seal', incidentid: incident },
        },
      },
      Status: RESOLVED,
    },
    happened: { table: 'incidentresolution', id: activity },
    effect: { statecode: 1, statuscode: RESOLVED },
  })
}

const ACTIVITY = '5c1f0d4e-0000-4000-8000-00000000000a'

async function rowOf(device: Device, table: string, id: string): Promise<Row | undefined> {
  return (await device.rows(table)).get(id)
}

function resolutions({ emulator }: World): number {
  return emulator.master.rows('incidentresolution').length
}

async function refusal(attempt: Promise<unknown>): Promise<OutpostError> {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof OutpostError)) throw new Error(`it was not refused: ${String(error)}`)
  return error
}

test('a case is closed offline: shown closed at once, closed once on the master, and shown as the master has it', async () => {
  const there = await office()
  const { device1: device, incident } = there
  await device.org.write((draft) => close(draft, incident, ACTIVITY))
  expect(await rowOf(device, 'incident', incident)).toMatchObject({ statecode: 1, statuscode: RESOLVED })
  expect(there.requests()).toEqual([])

  expect(await device.org.push()).toMatchObject({ processed: 1, refused: 0, left: 0 })
  expect(there.requests().map((request) => request.split('?')[0])).toEqual([
    expect.stringMatching(/^POST .*\/CloseIncident$/),
    expect.stringMatching(/^GET .*\/incidents$/),
  ])
  expect(there.emulator.master.row('incident', incident)?.values).toMatchObject({ statecode: 1, statuscode: RESOLVED })
  expect(there.emulator.master.row('incidentresolution', ACTIVITY)?.values).toMatchObject({ incidentid: incident })
  expect(await differences(there, device)).toEqual([])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('what an action was said to do gives way to what the master did, before any pull', async () => {
  const there = await office()
  const { device1: device, account } = there
  await device.org.write((draft) =>
    draft.action('new_Hire', {
      on: { table: 'account', id: account },
      bound: true,
      parameters: { Count: 3 },
      happened: 'repeatable',
      effect: { numberofemployees: 99999, telephone1: 'to be announced' },
    }),
  )
  expect(await rowOf(device, 'account', account)).toMatchObject({ numberofemployees: 99999 })
  await device.org.push()
  expect(await differences(there, device)).toEqual([])
  expect(there.requests()[0]).toMatch(/accounts\([^)]*\)\/Microsoft\.Dynamics\.CRM\.new_Hire$/)
})

test('an effect that the master did not have goes, even when the row cannot be read after the action', async () => {
  const there = await office()
  const { device1: device, account } = there
  await device.org.write((draft) =>
    draft.action('new_Remark', {
      on: { table: 'account', id: account },
      parameters: { About: { $row: { table: 'account', id: account } }, Lines: [] },
      happened: 'repeatable',
      effect: { telephone1: 'to be announced' },
    }),
  )
  there.emulator.faults.add({ match: { method: 'GET', table: 'account' }, fault: { kind: 'dropBeforeCommit' } })
  expect(await device.org.push()).toMatchObject({ processed: 1 })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('an unbound action takes rows and lists as parameters', async () => {
  const there = await office()
  const { device1: device, account } = there
  await device.org.write((draft) =>
    draft.action('new_Remark', {
      on: { table: 'account', id: account },
      parameters: { About: { $row: { table: 'account', id: account } }, Lines: ['one', 'two'] },
      happened: 'repeatable',
    }),
  )
  await device.org.push()
  const notes = there.emulator.master.rows('annotation').filter((row) => row.values['subject'] === '["one","two"]')
  expect(notes.map((row) => row.values['objectid'])).toEqual([account])
  expect(await differences(there, device)).toEqual([])
})

test.each([
  ['the colleague’s change', { telephone1: '555' }, 'error'],
  ['nothing but what the action was said to do', {}, 'processed'],
])('a deletion behind an action meets %s', async (_, theirs, status) => {
  const there = await office()
  const { device1: device, emulator } = there
  const account = emulator.master.create('account', { name: 'Pump works', numberofemployees: 4 })
  await device.sync()
  await device.org.write((draft) =>
    draft.action('new_Hire', {
      on: { table: 'account', id: account },
      bound: true,
      parameters: { Count: 3 },
      happened: 'repeatable',
      effect: { numberofemployees: 99999 },
    }),
  )
  const { seq } = await device.org.write((draft) => draft.delete('account', account))
  if (Object.keys(theirs).length > 0) emulator.master.update('account', account, theirs)
  await device.org.push()
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status })
  const decisions = status === 'error' ? [{ kind: 'deleted-here', column: 'telephone1', remote: '555' }] : []
  expect(await device.org.conflicts.list()).toMatchObject(decisions)
})
test('an action waits for the changes of its row before it, and those after it wait for the action', async () => {
  const there = await office()
  const { device1: device, account } = there
  const hire = { on: { table: 'account', id: account }, bound: true, happened: 'repeatable' } as const
  await device.org.write((draft) => draft.update('account', account, { numberofemployees: 10 }))
  await device.org.write((draft) =>
    draft.action('new_Hire', { ...hire, parameters: { Count: 5 }, effect: { numberofemployees: 15 } }),
  )
  await device.org.write((draft) => draft.update('account', account, { telephone1: '555 15' }))
  await device.org.write((draft) => draft.update('account', account, { numberofemployees: 16 }))
  await device.org.push()
  const counts = await device.org.outbox.counts()
  expect(counts).toMatchObject({ pending: 0, error: 0 })
  expect(there.emulator.master.row('account', account)?.values).toMatchObject({
    numberofemployees: 16,
    telephone1: '555 15',
  })
  expect(await device.org.conflicts.list()).toEqual([])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a row that is made offline can be acted upon, in the same write and in a later one', async () => {
  const there = await office()
  const { device1: device, account } = there
  let together = ''
  await device.org.write((draft) => {
    together = draft.create('incident', { title: 'Leak', customerid: account, customerid$table: 'account' })
    close(draft, together, ACTIVITY)
  })
  let later = ''
  await device.org.write((draft) => {
    later = draft.create('incident', { title: 'Noise', customerid: account, customerid$table: 'account' })
  })
  const other = ACTIVITY.replace('a', 'b')
  await device.org.write((draft) => close(draft, later, other))
  expect(await rowOf(device, 'incident', together)).toMatchObject({ title: 'Leak', statecode: 1 })

  await device.org.push()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
  for (const id of [together, later]) {
    expect(there.emulator.master.row('incident', id)?.values).toMatchObject({ statecode: 1, statuscode: RESOLVED })
  }
  expect(resolutions(there)).toBe(2)
  expect(await differences(there, device)).toEqual([])
})

test('a row that only a parameter names must be there first', async () => {
  const there = await office()
  const { device1: device, account } = there
  let made = ''
  const { seq } = await device.org.write((draft) => void (made = draft.create('account', { name: 'Made offline' })))
  const { seq: acting } = await device.org.write((draft) =>
    draft.action('new_Remark', {
      on: { table: 'account', id: account },
      parameters: { About: { $row: { table: 'account', id: made } }, Lines: [] },
      happened: 'repeatable',
    }),
  )
  const listed = await device.org.outbox.get(acting ?? 0)
  expect(listed?.reason).toEqual({ kind: 'blocked', by: seq })
  const { seq: going } = await device.org.write((draft) => draft.delete('account', made))
  expect(going).not.toBeNull()
  await device.org.push()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
})

test('a refused action is an error of its class, shown until it is archived, and holds up only what follows on its row', async () => {
  const there = await office()
  const { device1: device, incident, account } = there
  await device.org.write((draft) => close(draft, incident, ACTIVITY))
  await device.org.write((draft) => draft.update('account', account, { telephone1: '555 20' }))
  // A colleague was faster.
  const colleague = await there.device({ configuration: CASES })
  await colleague.sync()
  await colleague.org.write((draft) => close(draft, incident, ACTIVITY.replace('a', 'c')))
  await colleague.org.push()

  expect(await device.org.push()).toMatchObject({ processed: 1, refused: 1 })
  const [refused] = await device.org.outbox.list()
  expect(refused).toMatchObject({
    status: 'error',
    outcome: 'known',
    lastError: { rejection: 'state', masterCode: '0x800404cf', change: 0 },
  })
  expect(resolutions(there)).toBe(1)
  expect(await rowOf(device, 'incident', incident)).toMatchObject({ statecode: 1 })
  await device.org.outbox.archive([refused?.seq ?? 0])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('an archived action leaves the row, and what was written on top of it, as if it had never been', async () => {
  const there = await office()
  const { device1: device, account } = there
  const before = await rowOf(device, 'account', account)
  const { seq } = await device.org.write((draft) =>
    draft.action('new_Hire', {
      on: { table: 'account', id: account },
      bound: true,
      parameters: { Count: 1 },
      happened: 'repeatable',
      effect: { numberofemployees: 4711 },
    }),
  )
  await device.org.write((draft) => draft.update('account', account, { numberofemployees: 12 }))
  await device.org.outbox.archive([seq ?? 0])
  await device.org.push()
  expect(await device.org.conflicts.list()).toEqual([])
  expect(there.emulator.master.row('account', account)?.values['numberofemployees']).toBe(12)
  expect(before?.['numberofemployees']).not.toBe(12)
})

test.each([{ policy: 'merge' }, { policy: 'server-wins' }] as const)(
  'what was written on top of an edit and an action in one stands on what was there before both ($policy)',
  async ({ policy }) => {
    const there = await office()
    const { device1: device, account } = there
    const columns = ['name', 'numberofemployees']
    await device.org.configure({ tables: { account: { columns, conflictPolicy: policy } } })
    const both = await device.org.write((draft) => {
      draft.update('account', account, { name: 'Ours', numberofemployees: 10 })
      draft.action('new_Hire', {
        on: { table: 'account', id: account },
        parameters: { Count: 1 },
        happened: 'numberofemployees eq 11',
        effect: { numberofemployees: 11 },
      })
    })
    const later = await device.org.write((draft) => draft.update('account', account, { numberofemployees: 20 }))
    if (policy === 'merge') await device.org.outbox.archive([both.seq ?? 0])
    there.emulator.master.update('account', account, { name: 'Theirs' })
    await device.sync()
    expect(await device.org.outbox.get(both.seq ?? 0)).toMatchObject({ status: 'archived' })
    expect(await device.org.outbox.get(later.seq ?? 0)).toMatchObject({ status: 'processed' })
    expect(there.emulator.master.row('account', account)?.values).toMatchObject({
      name: 'Theirs',
      numberofemployees: 20,
    })
    expect(await differences(there, device)).toEqual([])
  },
)

test('an action that the master does not have, or whose code refuses it, is an error that says so', async () => {
  const there = await office()
  const { device1: device, account, incident } = there
  there.emulator.operations.register({
    name: 'new_Refuse',
    kind: 'action',
    run: ({ refuse }) => refuse('Not on Sundays.'),
  })
  await device.org.write((draft) =>
    draft.action('new_Refuse', { on: { table: 'account', id: account }, happened: 'repeatable' }),
  )
  await device.org.write((draft) =>
    draft.action('new_NoSuch', { on: { table: 'incident', id: incident }, happened: 'repeatable' }),
  )
  await device.org.push()
  const refused = await device.org.outbox.list()
  expect(refused.map(({ lastError }) => [lastError?.rejection, lastError?.message])).toEqual([
    ['business', 'Not on Sundays.'],
    ['invalid', expect.stringContaining('new_NoSuch')],
  ])
})

test('an action and other changes are one unit: none of it happens when one part is refused', async () => {
  const there = await office()
  const { device1: device, incident, account } = there
  there.emulator.plugins.register({
    name: 'Sundays',
    message: 'Update',
    table: 'account',
    stage: 'preOperation',
    run: ({ refuse }) => refuse('Not on Sundays.'),
  })
  await device.org.write((draft) => {
    draft.update('account', account, { telephone1: '555 30' })
    close(draft, incident, ACTIVITY)
  })
  expect(await device.org.push()).toMatchObject({ processed: 0, refused: 1 })
  expect(resolutions(there)).toBe(0)
  const [refused] = await device.org.outbox.list()
  expect(refused?.lastError).toMatchObject({ rejection: 'business', message: 'Not on Sundays.', change: 0 })
})

test('rows are given to other owners, and their state is changed, as updates', async () => {
  const there = await office()
  const { device1: device, account, incident } = there
  const owner = there.emulator.users.at(-1)?.id ?? ''
  await device.org.write((draft) => {
    draft.assign('account', account, { table: 'systemuser', id: owner })
    draft.setState('account', account, 1, 2)
    draft.setState('incident', incident, 0, 2)
  })
  expect(await rowOf(device, 'account', account)).toMatchObject({
    ownerid: owner,
    ownerid$table: 'systemuser',
    statecode: 1,
    statuscode: 2,
  })
  await device.org.push()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
  expect(there.emulator.master.row('account', account)?.values).toMatchObject({ ownerid: owner, statecode: 1 })
  expect(there.emulator.master.row('incident', incident)?.values).toMatchObject({ statecode: 0, statuscode: 2 })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
  const wrong = device.org.write((draft) => draft.setState('account', account, 0, 2))
  expect((await refusal(wrong)).place).toMatchObject({ table: 'account', row: account, rule: 'status-of-state' })
})

test('what cannot be sent, or could not be verified, is refused when it is written', async () => {
  const { device1: device, incident, account } = await office()
  const on = { table: 'incident', id: incident }
  const nowhere = '00000000-0000-4000-8000-00000000dead'
  const cases: readonly [string, string, object, object][] = [
    [
      'CloseIncident',
      'row',
      { on: { table: 'incident', id: nowhere }, happened: 'repeatable' },
      { rule: 'unknown-row' },
    ],
    [
      'CloseIncident',
      'table',
      { on: { table: 'lead', id: nowhere }, happened: 'repeatable' },
      { rule: 'unknown-table', table: 'lead' },
    ],
    [
      'Close Incident',
      'name',
      { on, happened: 'repeatable' },
      { rule: 'action-name', table: 'incident', row: incident },
    ],
    ['Microsoft.Dynamics.CRM.CloseIncident', 'namespace', { on, happened: 'repeatable' }, { rule: 'action-name' }],
    ['CloseIncident', 'no evidence', { on }, { rule: 'happened' }],
    ['CloseIncident', 'a bad filter', { on, happened: 'statecode is 1' }, { table: 'incident' }],
    [
      'CloseIncident',
      'a filter over no column',
      { on, happened: 'nosuch eq 1' },
      { rule: 'unknown-column', column: 'nosuch' },
    ],
    ['CloseIncident', 'evidence that is there', { on, happened: 'statecode eq 0' }, { rule: 'happened' }],
    ['CloseIncident', 'a row that is there', { on, happened: { table: 'account', id: account } }, { rule: 'happened' }],
    [
      'CloseIncident',
      'no table',
      { on, happened: { table: 'nosuch', id: account } },
      { rule: 'unknown-table', table: 'nosuch' },
    ],
    ['CloseIncident', 'no id', { on, happened: { table: 'lead', id: 'x' } }, { rule: 'happened' }],
    [
      'CloseIncident',
      'gone and matching',
      { on, happened: { table: 'lead', id: nowhere, gone: true, filter: 'statecode eq 1' } },
      { rule: 'happened' },
    ],
    ['CloseIncident', 'no JSON', { on, happened: 'repeatable', parameters: { At: new Date(0) } }, { rule: 'json' }],
    [
      'CloseIncident',
      'no table of a row',
      { on, happened: 'repeatable', parameters: { Row: { $row: { table: 'nosuch', id: account } } } },
      { rule: 'unknown-table', table: 'nosuch' },
    ],
    [
      'CloseIncident',
      'no id of a row',
      { on, happened: 'repeatable', parameters: { Row: { $row: { table: 'account', id: '1' } } } },
      { rule: 'row-parameter' },
    ],
    [
      'CloseIncident',
      'a column of a row',
      {
        on,
        happened: 'repeatable',
        parameters: { Row: { $row: { table: 'incidentresolution', values: { nosuch: 1 } } } },
      },
      { rule: 'unknown-column', table: 'incidentresolution', column: 'nosuch' },
    ],
    [
      'CloseIncident',
      'a value of a row',
      {
        on,
        happened: 'repeatable',
        parameters: { Row: { $row: { table: 'incidentresolution', values: { incidentid: 7 } } } },
      },
      { rule: 'value-type', table: 'incidentresolution', column: 'incidentid' },
    ],
    [
      'CloseIncident',
      'an effect',
      { on, happened: 'repeatable', effect: { statecode: 12 } },
      { rule: 'option', column: 'statecode' },
    ],
  ]
  for (const [action, what, options, place] of cases) {
    const error = await refusal(device.org.write((draft) => draft.action(action, options as never)))
    expect({ what, code: error.code, place: error.place }).toMatchObject({ what, code: 'invalid', place })
  }
  const after = device.org.write((draft) => {
    draft.action('new_Any', { on, happened: 'repeatable' })
    draft.update('incident', incident, { title: 'Later' })
  })
  expect((await refusal(after)).place).toMatchObject({ rule: 'after-action', table: 'incident', row: incident })
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0 })
})

test('an action is kept as it was checked: ids canonical, the targets of lookups beside them', async () => {
  const { device1: device, incident } = await office()
  const parameters = {
    Status: 5,
    Row: { $row: { table: 'incidentresolution', values: { incidentid: incident.toUpperCase() } } },
  }
  const { seq } = await device.org.write((draft) =>
    draft.action('CloseIncident', {
      on: { table: 'incident', id: `{${incident.toUpperCase()}}` },
      parameters,
      happened: 'statecode eq 1',
    }),
  )
  parameters.Status = 6
  const change = (await device.org.outbox.get(seq ?? 0))?.changes[0] as ActionChange
  expect(change).toEqual({
    kind: 'action',
    action: 'CloseIncident',
    table: 'incident',
    id: incident,
    bound: false,
    parameters: {
      Status: 5,
      Row: {
        $row: {
          table: 'incidentresolution',
          values: { incidentid: incident, incidentid$table: 'incident' },
        },
      },
    },
    evidence: { kind: 'row-matches', table: 'incident', id: incident, filter: 'statecode eq 1' },
    effect: {},
    before: {},
  })
})

test('an action that may be repeated is, when its answer is lost', async () => {
  const there = await office()
  const { device1: device, account } = there
  const before = Number((await rowOf(device, 'account', account))?.['numberofemployees'])
  const { seq } = await device.org.write((draft) =>
    draft.action('new_Hire', {
      on: { table: 'account', id: account },
      bound: true,
      parameters: { Count: 1 },
      happened: 'repeatable',
    }),
  )
  there.emulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'dropAfterCommit' } })
  expect(await refusal(device.org.push())).toMatchObject({ code: 'offline' })
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'pending', outcome: 'unknown' })
  await there.env.advance(60_000)
  await device.org.push()
  expect(there.emulator.master.row('account', account)?.values['numberofemployees']).toBe(before + 2)
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'processed', outcome: 'known' })
})

test('where a lost action may have been a colleague’s, a person decides, and nothing is sent again', async () => {
  const there = await office()
  const { device1: device, incident, account } = there
  const { seq } = await device.org.write((draft) => {
    draft.update('account', account, { telephone1: '555 40' })
    const values = { subject: 'Done', incidentid: incident }
    draft.action('CloseIncident', {
      on: { table: 'incident', id: incident },
      parameters: { IncidentResolution: { $row: { table: 'incidentresolution', values } }, Status: RESOLVED },
      happened: 'statecode eq 1',
      effect: { statecode: 1, statuscode: RESOLVED },
    })
  })
  there.emulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'dropBeforeCommit' } })
  expect(await refusal(device.org.push())).toMatchObject({ code: 'offline' })
  const colleague = await there.device({ configuration: CASES })
  await colleague.sync()
  await colleague.org.write((draft) => close(draft, incident, ACTIVITY))
  await colleague.org.push()

  await there.env.advance(60_000)
  await device.org.push()
  const doubtful = await device.org.outbox.get(seq ?? 0)
  expect(doubtful).toMatchObject({ status: 'error', outcome: 'unknown', lastError: { rejection: 'conflict' } })
  expect(there.emulator.master.row('account', account)?.values['telephone1']).not.toBe('555 40')
  await device.org.outbox.setPending([seq ?? 0])
  await device.org.push()
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'error', outcome: 'unknown' })
  expect(resolutions(there)).toBe(1)
  await device.org.outbox.archive([seq ?? 0])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('evidence that cannot be read keeps only its own transaction waiting', async () => {
  const there = await office()
  const { device1: device, incident, account } = there
  const { seq } = await device.org.write((draft) => close(draft, incident, ACTIVITY))
  there.emulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'dropAfterCommit' } })
  expect(await refusal(device.org.push())).toMatchObject({ code: 'offline' })
  await there.env.advance(60_000)
  await device.org.write((draft) => draft.update('account', account, { telephone1: '555 50' }))
  const forbidden = { status: 403, code: '0x80040220', message: 'Not for you.' }
  there.emulator.faults.add({
    match: { path: /incidentresolutions/ },
    times: 3,
    fault: { kind: 'status', ...forbidden },
  })
  await device.org.push()
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({
    status: 'pending',
    outcome: 'unknown',
    lastError: { code: 'forbidden' },
  })
  expect(there.emulator.master.row('account', account)?.values['telephone1']).toBe('555 50')
  there.emulator.faults.clear()
  await there.env.advance(3_600_000)
  await device.org.push()
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'processed' })
  expect(resolutions(there)).toBe(1)
})

test('a row can be given to somebody whose rows its writer may not read', async () => {
  const there = world()
  const orders: Configuration = {
    tables: { msdyn_workorder: { columns: ['msdyn_name', 'ownerid'], syncDeletion: true } },
  }
  const device = await there.device({ user: 'Bram Bakker', configuration: orders })
  await device.sync()
  const [me, other] = ['Bram Bakker', 'Lowri Kettering'].map((name) =>
    there.emulator.users.find((user) => user.name === name),
  )
  const mine = await device.org.table('msdyn_workorder').query({ where: `ownerid eq ${me?.id ?? ''}`, limit: 2 })
  const [given = '', lost = ''] = mine.map((row) => String(row['msdyn_workorderid']))
  const owner = { table: 'systemuser', id: other?.id ?? '' } as const

  await device.org.write((draft) => draft.assign('msdyn_workorder', given, owner))
  expect(await device.org.push()).toMatchObject({ processed: 1, refused: 0 })
  expect(there.emulator.master.row('msdyn_workorder', given)?.values['ownerid']).toBe(owner.id)
  await device.sync()
  expect(await rowOf(device, 'msdyn_workorder', given)).toBeUndefined()

  // Without its answer it cannot be told from a row that somebody else took away: it is not claimed to have had no effect.
  const { seq } = await device.org.write((draft) => draft.assign('msdyn_workorder', lost, owner))
  there.emulator.faults.add({ match: { method: 'PATCH' }, nth: 2, fault: { kind: 'dropAfterCommit' } })
  expect(await refusal(device.org.push())).toMatchObject({ code: 'offline' })
  await there.env.advance(60_000)
  await device.org.push()
  expect(there.emulator.master.row('msdyn_workorder', lost)?.values['ownerid']).toBe(owner.id)
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({
    status: 'error',
    outcome: 'unknown',
    lastError: { rejection: 'permission' },
  })
})
