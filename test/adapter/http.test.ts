import { MasterError } from '@outpost/core'
import { manualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import type { DataverseOptions, OrgMessages } from '@outpost/dataverse-adapter'
import { dynamicsWebApiMessages } from '@outpost/dataverse-adapter/dynamics-web-api'
import { serve } from '@outpost/dataverse-emulator/server'
import type { ServedEmulator } from '@outpost/dataverse-emulator/server'
import { afterEach, expect, test } from 'vitest'
import { organisation, pullAll, signal, storedRows } from './organisation.ts'
import type { Organisation } from './organisation.ts'

const served: ServedEmulator[] = []
afterEach(async () => {
  for (const server of served.splice(0)) await server.close()
})

interface Served extends Organisation {
  readonly server: ServedEmulator
  readonly overHttp: Organisation['master']
  readonly token: DataverseOptions['token']
}

async function servedOrganisation(): Promise<Served> {
  const org = await organisation()
  const server = await serve(org.emulator)
  served.push(server)
  const user = org.emulator.users[0]?.name ?? ''
  const token = (): Promise<string> => Promise.resolve(org.emulator.tokenFor(user, { audience: server.url }))
  return { ...org, server, token, overHttp: dataverseMaster({ url: server.url, token }) }
}

test('over HTTP: identity, metadata, rows and writes are those of the organisation', async () => {
  const org = await servedOrganisation()
  expect(await org.overHttp.identify(signal)).toMatchObject({ url: org.server.url })
  const contact = org.table('contact')
  const columns = ['fullname', 'parentcustomerid', 'birthdate']
  const { rows } = await pullAll({ master: org.overHttp }, contact, { columns })
  expect(Object.fromEntries(rows.map((row) => [row.id, row.values]))).toEqual(
    Object.fromEntries(storedRows(org.emulator, contact, columns)),
  )
  const [account, child] = [org.newId(), org.newId()]
  const [outcome] = await org.overHttp.push(
    [
      org.transaction(
        { kind: 'create', table: 'account', id: account, values: { name: 'Größe & Söhne' } },
        {
          kind: 'create',
          table: 'contact',
          id: child,
          values: { lastname: 'Ünal', parentcustomerid: account, parentcustomerid$table: 'account' },
        },
      ),
    ],
    signal,
  )
  expect(outcome).toMatchObject({
    kind: 'processed',
    rows: [{ values: { name: 'Größe & Söhne' } }, { values: { lastname: 'Ünal' } }],
  })
})

test('over HTTP: a master that is not there is known not to have been reached', async () => {
  const org = await servedOrganisation()
  await org.server.close()
  await expect(org.overHttp.identify(signal)).rejects.toMatchObject({ code: 'offline', mayHaveArrived: false })
})

test.each([
  ['a dropped connection', { kind: 'dropBeforeCommit' }, 'offline'],
  ['a lost answer', { kind: 'dropAfterCommit' }, 'offline'],
  ['a cut body', { kind: 'cutBodyAt', bytes: 20 }, 'offline'],
  ['truncated JSON', { kind: 'truncateJson' }, 'protocol'],
  ['a captive portal', { kind: 'captivePortal' }, 'protocol'],
  ['a gateway error', { kind: 'status', status: 502, body: 'html' }, 'unavailable'],
] as const)('over HTTP: %s is a typed error with an unknown effect', async (_what, fault, code) => {
  const org = await servedOrganisation()
  org.emulator.faults.add({ fault })
  const id = org.newId()
  const change = { kind: 'create', table: 'contact', id, values: { lastname: 'X' } } as const
  const error = await org.overHttp.push([org.transaction(change)], signal).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(MasterError)
  expect(error).toMatchObject({ code, mayHaveArrived: true })
})

test('over HTTP: a master that stops answering is given up at the deadline', async () => {
  const org = await servedOrganisation()
  const env = manualEnv()
  const master = dataverseMaster({ url: org.server.url, token: org.token, env })
  org.emulator.faults.add({ fault: { kind: 'hang' } })
  const asking = master.identify(signal).catch((error: unknown) => error)
  await env.advance(200_000)
  expect(await asking).toMatchObject({ code: 'timeout', mayHaveArrived: true })
})

test('with dynamics-web-api: identity and metadata are the same', async () => {
  const org = await servedOrganisation()
  const messages: OrgMessages = dynamicsWebApiMessages({ url: org.server.url, token: org.token })
  const master = dataverseMaster({ url: org.server.url, token: org.token, messages })
  expect(await master.identify(signal)).toEqual(await org.overHttp.identify(signal))
  // Where changes are asked from has the time of asking in it.
  const { since: _, ...metadata } = await org.overHttp.metadata(signal)
  expect(await master.metadata(signal)).toMatchObject(metadata)
})
