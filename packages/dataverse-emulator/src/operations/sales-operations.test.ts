import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Answer, Bench } from '../ask.test-support.ts'

async function openCase({ ask, emulator }: Bench): Promise<string> {
  const [account] = emulator.master.rows('account')
  return made(ask, 'incidents', {
    title: 'Sample Case',
    'customerid_account@odata.bind': `accounts(${account?.id ?? ''})`,
  })
}

function codeOf({ status, json }: Answer): unknown[] {
  return [status, json?.error?.code, json?.error?.message]
}

test('§16.24: CloseIncident resolves a case and leaves a completed case resolution behind', async () => {
  const b = bench()
  const key = await openCase(b)
  const plain = await b.ask('PATCH', `incidents(${key})`, { body: { statecode: 1, statuscode: 5 } })
  expect(plain.status).toBe(400)
  const body = {
    IncidentResolution: { subject: 'Solved', timespent: 60, 'incidentid@odata.bind': `/incidents(${key})` },
    Status: 5,
  }
  const closed = await b.ask('POST', 'CloseIncident', { body })
  expect([closed.status, closed.text]).toEqual([204, ''])
  expect(b.emulator.master.row('incident', key)?.values).toMatchObject({ statecode: 1, statuscode: 5 })
  const [resolution, ...more] = b.emulator.master.rows('incidentresolution')
  expect(more).toEqual([])
  expect(resolution?.values).toMatchObject({
    subject: 'Solved',
    incidentid: key,
    statecode: 1,
    statuscode: 2,
    timespent: 60,
  })
  expect(b.emulator.master.row('activitypointer', resolution?.id ?? '')?.values).toMatchObject({
    activitytypecode: 'incidentresolution',
    statecode: 1,
  })
  const linked = await b.ask('GET', `incidents(${key})/Incident_IncidentResolutions/$ref`)
  expect(linked.json.value).toHaveLength(1)
})

test('a case that is resolved already is refused, and no second resolution is made', async () => {
  const b = bench()
  const key = await openCase(b)
  const body = { IncidentResolution: { subject: 'x', 'incidentid@odata.bind': `incidents(${key})` }, Status: -1 }
  expect((await b.ask('POST', 'CloseIncident', { body })).status).toBe(204)
  expect(codeOf(await b.ask('POST', 'CloseIncident', { body }))).toEqual([
    400,
    '0x800404cf',
    'This case has already been resolved. Close and reopen the case record to see the updates.',
  ])
  expect(b.emulator.master.count('incidentresolution')).toBe(1)
})

test('CloseIncident needs its parameters, the case, and a status of the resolved state; a refusal leaves nothing', async () => {
  const b = bench()
  const key = await openCase(b)
  const resolution = { subject: 'x', 'incidentid@odata.bind': `incidents(${key})` }
  const refused = async (body: object): Promise<unknown[]> =>
    codeOf(await b.ask('POST', 'CloseIncident', { body })).slice(0, 2)
  expect(await refused({ Status: 5 })).toEqual([400, '0x80040203'])
  expect(await refused({ IncidentResolution: resolution })).toEqual([400, '0x80040203'])
  expect(await refused({ IncidentResolution: { subject: 'x' }, Status: 5 })).toEqual([400, '0x80040203'])
  expect(await refused({ IncidentResolution: resolution, Status: 5, Extra: 1 })).toEqual([400, '0x80048d19'])
  expect(await refused({ IncidentResolution: resolution, Status: 'five' })).toEqual([400, '0x80048d19'])
  expect(await refused({ IncidentResolution: resolution, Status: 6 })).toEqual([400, '0x80048408'])
  const absent = { subject: 'x', 'incidentid@odata.bind': `incidents(${id(404)})` }
  expect(await refused({ IncidentResolution: absent, Status: 5 })).toEqual([404, '0x80040217'])
  expect(b.emulator.master.count('incidentresolution')).toBe(0)
  expect(b.emulator.master.row('incident', key)?.values['statecode']).toBe(0)
})

test('CloseIncident in a change set that fails is taken back', async () => {
  const b = bench()
  const key = await openCase(b)
  const part = (contentId: number, path: string, body: object): string =>
    `--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${contentId}\r\n\r\nPOST ${path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}\r\n`
  const close = { IncidentResolution: { subject: 'x', 'incidentid@odata.bind': `incidents(${key})` }, Status: 5 }
  const body = `--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n${part(1, 'CloseIncident', close)}${part(2, 'accounts', { name: 'x'.repeat(200) })}--c--\r\n--b--\r\n`
  const answer = await b.ask('POST', '$batch', { body, headers: { 'Content-Type': 'multipart/mixed; boundary=b' } })
  expect(answer.status).toBe(400)
  expect(b.emulator.master.row('incident', key)?.values['statecode']).toBe(0)
  expect(b.emulator.master.count('incidentresolution')).toBe(0)
})

test('WinOpportunity and LoseOpportunity close an opportunity as the documented request does', async () => {
  const b = bench()
  for (const [action, state, status] of [
    ['WinOpportunity', 1, 3],
    ['LoseOpportunity', 2, 5],
  ] as const) {
    const key = await made(b.ask, 'opportunities', { name: 'Opportunity to win' })
    const url = `${b.emulator.root}api/data/v9.0/opportunities(${key})`
    const close = { subject: 'Closed', actualrevenue: 120.5, 'opportunityid@odata.bind': url }
    const answer = await b.ask('POST', action, { body: { Status: status, OpportunityClose: close } })
    expect([answer.status, answer.headers.get('OData-Version')]).toEqual([204, '4.0'])
    const won = b.emulator.master.row('opportunity', key)?.values
    expect(won).toMatchObject({
      statecode: state,
      statuscode: status,
      actualvalue: 120.5,
      actualclosedate: '2025-06-02',
    })
    const linked = await b.ask(
      'GET',
      `opportunities(${key})/Opportunity_OpportunityClose?$select=subject,opportunitystatecode,statecode`,
    )
    expect(linked.json.value).toMatchObject([{ subject: 'Closed', opportunitystatecode: state, statecode: 1 }])
    const again = await b.ask('POST', action, { body: { Status: status, OpportunityClose: close } })
    expect(codeOf(again)).toEqual([400, '0x80040515', 'The opportunity is already closed.'])
  }
})

test('an opportunity that was won can be opened again, and then be lost', async () => {
  const b = bench()
  const key = await made(b.ask, 'opportunities', { name: 'x' })
  const OpportunityClose = { subject: 'x', 'opportunityid@odata.bind': `opportunities(${key})` }
  expect((await b.ask('POST', 'WinOpportunity', { body: { Status: 3, OpportunityClose } })).status).toBe(204)
  expect((await b.ask('PATCH', `opportunities(${key})`, { body: { statecode: 0, statuscode: 2 } })).status).toBe(204)
  expect((await b.ask('POST', 'LoseOpportunity', { body: { Status: 4, OpportunityClose } })).status).toBe(204)
  expect(b.emulator.master.count('opportunityclose')).toBe(2)
})

test('QualifyLead makes account, contact and opportunity of a lead and returns their references', async () => {
  const b = bench()
  const key = await made(b.ask, 'leads', {
    subject: 'Cold store',
    firstname: 'Jon',
    lastname: 'Fogg',
    companyname: 'Fogg Foods',
    estimatedamount: 1000,
    telephone1: '555',
  })
  const body = {
    CreateAccount: true,
    CreateContact: true,
    CreateOpportunity: true,
    Status: 3,
    OpportunityCurrencyId: null,
  }
  const answer = await b.ask('POST', `leads(${key})/Microsoft.Dynamics.CRM.QualifyLead`, { body })
  expect(answer.status).toBe(200)
  const [account, contact, opportunity] = answer.json.value
  expect(answer.json.value.map((one: Record<string, unknown>) => one['@odata.type'])).toEqual([
    '#Microsoft.Dynamics.CRM.account',
    '#Microsoft.Dynamics.CRM.contact',
    '#Microsoft.Dynamics.CRM.opportunity',
  ])
  const { master } = b.emulator
  expect(master.row('account', account.accountid)?.values).toMatchObject({
    name: 'Fogg Foods',
    telephone1: '555',
    originatingleadid: key,
    primarycontactid: contact.contactid,
  })
  expect(master.row('contact', contact.contactid)?.values).toMatchObject({
    lastname: 'Fogg',
    parentcustomerid: account.accountid,
  })
  expect(master.row('opportunity', opportunity.opportunityid)?.values).toMatchObject({
    name: 'Cold store',
    estimatedvalue: 1000,
    customerid: account.accountid,
    'customerid@table': 'account',
    originatingleadid: key,
    parentcontactid: contact.contactid,
  })
  expect(master.row('lead', key)?.values).toMatchObject({
    statecode: 1,
    statuscode: 3,
    qualifyingopportunityid: opportunity.opportunityid,
  })
  const again = await b.ask('POST', `leads(${key})/Microsoft.Dynamics.CRM.QualifyLead`, { body })
  expect(codeOf(again)).toEqual([400, '0x80040519', 'The lead is already closed.'])
})

test('QualifyLead for an existing customer makes the opportunity only', async () => {
  const b = bench()
  const [lead] = b.emulator.master.rows('lead')
  const [account] = b.emulator.master.rows('account')
  const answer = await b.ask('POST', `leads(${lead?.id ?? ''})/Microsoft.Dynamics.CRM.QualifyLead`, {
    body: {
      CreateAccount: false,
      CreateContact: false,
      CreateOpportunity: true,
      Status: 3,
      OpportunityCustomerId: { '@odata.type': 'Microsoft.Dynamics.CRM.account', accountid: account?.id },
    },
  })
  expect(answer.json.value).toHaveLength(1)
  const made = b.emulator.master.row('opportunity', answer.json.value[0].opportunityid)
  expect(made?.values['customerid']).toBe(account?.id)
})

test('QualifyLead is all or nothing', async () => {
  const b = bench()
  const [lead] = b.emulator.master.rows('lead')
  b.emulator.plugins.register({
    name: 'No',
    message: 'Create',
    table: 'opportunity',
    stage: 'preOperation',
    run: ({ refuse }) => refuse('no'),
  })
  const before = b.emulator.master.count('account')
  const body = { CreateAccount: true, CreateContact: true, CreateOpportunity: true, Status: 3 }
  const answer = await b.ask('POST', `leads(${lead?.id ?? ''})/Microsoft.Dynamics.CRM.QualifyLead`, { body })
  expect(codeOf(answer)).toEqual([400, '0x80040265', 'no'])
  expect(b.emulator.master.count('account')).toBe(before)
})

const ACCOUNT = { '@odata.type': 'Microsoft.Dynamics.CRM.account' }

test('Merge moves what belongs to the subordinate, updates the target and deactivates the subordinate', async () => {
  const b = bench()
  const target = await made(b.ask, 'accounts', { name: 'Account 1' })
  const subordinate = await made(b.ask, 'accounts', { name: 'Account 2' })
  const contact = await made(b.ask, 'contacts', {
    lastname: 'x',
    'parentcustomerid_account@odata.bind': `accounts(${subordinate})`,
  })
  const task = await made(b.ask, 'tasks', {
    subject: 'x',
    'regardingobjectid_account_task@odata.bind': `accounts(${subordinate})`,
  })
  const answer = await b.ask('POST', 'Merge', {
    body: {
      Target: { ...ACCOUNT, name: 'Account 1', accountid: target },
      Subordinate: { ...ACCOUNT, name: 'Account 2', accountid: subordinate },
      UpdateContent: { ...ACCOUNT, accountnumber: '1234' },
      PerformParentingChecks: false,
    },
  })
  expect([answer.status, answer.text]).toEqual([204, ''])
  const { master } = b.emulator
  expect(master.row('account', target)?.values).toMatchObject({
    name: 'Account 1',
    accountnumber: '1234',
    statecode: 0,
  })
  expect(master.row('account', subordinate)?.values).toMatchObject({
    statecode: 1,
    statuscode: 2,
    merged: true,
    masterid: target,
  })
  expect(master.row('contact', contact)?.values['parentcustomerid']).toBe(target)
  expect(master.row('task', task)?.values['regardingobjectid']).toBe(target)
  expect(master.row('activitypointer', task)?.values['regardingobjectid']).toBe(target)
})

test('Merge refuses what cannot be merged with the codes of the service', async () => {
  const b = bench()
  const target = await made(b.ask, 'accounts', { name: '1' })
  const parent = await made(b.ask, 'accounts', { name: 'parent' })
  const subordinate = await made(b.ask, 'accounts', { name: '2', 'parentaccountid@odata.bind': `accounts(${parent})` })
  const merge = async (Target: object, Subordinate: object, PerformParentingChecks = false): Promise<unknown[]> =>
    codeOf(await b.ask('POST', 'Merge', { body: { Target, Subordinate, PerformParentingChecks } })).slice(0, 2)
  const account = (key: string): object => ({ ...ACCOUNT, accountid: key })
  expect(await merge(account(target), account(target))).toEqual([400, '0x80045305'])
  expect(await merge(account(target), account(subordinate), true)).toEqual([400, '0x80045317'])
  expect(await merge(account(subordinate), account(parent))).toEqual([400, '0x80045300'])
  expect(await merge(account(target), account(id(404)))).toEqual([404, '0x80040217'])
  expect(await merge(account(target), { accountid: subordinate })).toEqual([400, '0x80048d19'])
  const [task] = b.emulator.master.rows('task')
  const asTask = { '@odata.type': 'Microsoft.Dynamics.CRM.task', activityid: task?.id }
  expect(await merge(asTask, asTask)).toEqual([400, '0x80040800'])
  expect(await merge(account(target), account(subordinate))).toEqual([204, undefined])
  expect(await merge(account(target), account(subordinate))).toEqual([400, '0x80045304'])
})
