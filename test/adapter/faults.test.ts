import { MasterError } from '@outpost/core'
import type { Change, OutpostErrorCode } from '@outpost/core'
import { manualEnv } from '@outpost/core/testing'
import type { Fault } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { organisation, signal } from './organisation.ts'
import type { Organisation } from './organisation.ts'

/** What every method of a master does when its request meets a fault. */
const operations: readonly (readonly [string, (org: Organisation) => Promise<unknown>])[] = [
  ['identify', (org) => org.master.identify(signal)],
  ['metadata', (org) => org.master.metadata(signal)],
  ['metadataStamp', (org) => org.master.metadataStamp(signal)],
  [
    'pull',
    (org) =>
      org.master.pull(
        { table: org.table('account'), columns: ['name'], scope: { filter: null }, checkpoint: null, pageSize: 20 },
        signal,
      ),
  ],
  [
    'versions',
    async (org) => {
      for await (const _page of org.master.versions({ table: org.table('account'), scope: { filter: null } }, signal))
        break
    },
  ],
  ['read', (org) => org.master.read({ table: org.table('account'), columns: ['name'], ids: [org.newId()] }, signal)],
  ['push of one', (org) => org.master.push([org.transaction(contact(org))], signal)],
  ['push of several', (org) => org.master.push([org.transaction(contact(org)), org.transaction(contact(org))], signal)],
  ['push of a change set', (org) => org.master.push([org.transaction(contact(org), contact(org))], signal)],
]

function contact(org: Organisation): Change {
  return { kind: 'create', table: 'contact', id: org.newId(), values: { lastname: 'X' } }
}

const faults: readonly (readonly [string, Fault, OutpostErrorCode])[] = [
  ['a connection that drops', { kind: 'dropBeforeCommit' }, 'offline'],
  ['an answer that is lost', { kind: 'dropAfterCommit' }, 'offline'],
  ['a connection cut in the middle of a body', { kind: 'cutBodyAt', bytes: 25 }, 'offline'],
  ['a captive portal', { kind: 'captivePortal' }, 'protocol'],
  ['a 429', { kind: 'status', status: 429, retryAfter: 3, body: 'json', code: '0x80072322' }, 'throttled'],
  ['a 429 with a page', { kind: 'status', status: 429, body: 'html' }, 'throttled'],
  ['a 502 with a page', { kind: 'status', status: 502, body: 'html' }, 'unavailable'],
  ['a 503 without a body', { kind: 'status', status: 503, body: 'empty' }, 'unavailable'],
  ['a 504 with a page', { kind: 'status', status: 504, body: 'html' }, 'unavailable'],
  ['a 408', { kind: 'status', status: 408, body: 'empty' }, 'unavailable'],
]

test.each(faults)('%s ends every method with its own code', async (_what, fault, code) => {
  const org = await organisation()
  for (const [name, act] of operations) {
    org.emulator.faults.add({ fault })
    const error = await failure(act(org))
    expect({ name, code: error.code }).toEqual({ name, code })
    expect(error.retryAfterMs).toBe(fault.kind === 'status' && fault.retryAfter ? 3_000 : undefined)
    expect(error.remedy).toBeTruthy()
    org.emulator.faults.clear()
  }
})

test('truncated JSON ends every method with a typed error or no verdict', async () => {
  const org = await organisation()
  for (const [name, act] of operations) {
    org.emulator.faults.add({ fault: { kind: 'truncateJson' } })
    const ended = await act(org).catch((error: unknown) => error)
    if (ended instanceof MasterError) expect({ name, code: ended.code }).toEqual({ name, code: 'protocol' })
    else expect((ended as readonly { kind: string }[]).map(({ kind }) => kind)).toContain('retry')
    org.emulator.faults.clear()
  }
})

test('a master that never answers ends every method at its deadline', async () => {
  const env = manualEnv()
  const org = await organisation()
  const patient = org.masterFor({ env })
  org.emulator.faults.add({ fault: { kind: 'hang' }, times: Infinity })
  for (const [name, act] of operations) {
    const asking = failure(act({ ...org, master: patient }))
    await env.advance(200_000)
    expect({ name, code: (await asking).code }).toEqual({ name, code: 'timeout' })
  }
})

test('a refused token is renewed once, and then a sign-in is asked for', async () => {
  const org = await organisation()
  for (const [name, act] of operations) {
    org.emulator.faults.add({ fault: { kind: 'rejectToken' } })
    await act(org)
    org.emulator.faults.clear()
    org.emulator.faults.add({ fault: { kind: 'rejectToken' }, times: Infinity })
    const { code, status } = await failure(act(org))
    expect({ name, code, status }).toEqual({ name, code: 'unauthenticated', status: 401 })
    org.emulator.faults.clear()
  }
})

test('an aborted signal stops every method', async () => {
  const org = await organisation()
  org.emulator.faults.add({ fault: { kind: 'hang' }, times: Infinity })
  for (const [name, act] of operations) {
    const stop = new AbortController()
    const asking = failure(act({ ...org, master: withSignal(org, stop.signal) }))
    stop.abort()
    expect({ name, code: (await asking).code }).toEqual({ name, code: 'aborted' })
  }
})

test('a lost answer leaves the effect unknown, and asking again shows that it was ours', async () => {
  const org = await organisation()
  const change = contact(org)
  org.emulator.faults.add({ fault: { kind: 'dropAfterCommit' } })
  expect(await failure(org.push(change))).toMatchObject({ code: 'offline', mayHaveArrived: true })
  expect(await org.push(change)).toMatchObject({ kind: 'exists' })
})

test('a batch answer that was cut off gives no wrong verdict', async () => {
  const org = await organisation()
  const changes = [contact(org), contact(org), contact(org)]
  for (const bytes of [0, 100, 400, 900, 1500, 2500]) {
    org.emulator.faults.add({ fault: { kind: 'cutBodyAt', bytes } })
    const error = await org.master
      .push(
        changes.map((change) => org.transaction(change)),
        signal,
      )
      .catch((reason: unknown) => reason)
    if (error instanceof MasterError) expect(error).toMatchObject({ code: 'offline', mayHaveArrived: true })
    org.emulator.faults.clear()
  }
  const outcomes = await org.master.push(
    changes.map((change) => org.transaction(change)),
    signal,
  )
  expect(outcomes).toMatchObject([{ kind: 'exists' }, { kind: 'exists' }, { kind: 'exists' }])
})

test('without Retry-After a throttled request does not say how long to wait', async () => {
  const org = await organisation({ knobs: { hideRetryAfter: true } })
  org.emulator.faults.add({ fault: { kind: 'status', status: 429, retryAfter: 3, body: 'json' } })
  const error = await failure(org.master.identify(signal))
  expect(error).toMatchObject({ code: 'throttled', mayHaveArrived: false })
  expect(error.retryAfterMs).toBeUndefined()
})

test('a token for another organisation, or an expired one, is no token', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const user = org.emulator.users[0]?.name ?? ''
  const foreign = org.emulator.tokenFor(user, { audience: 'https://other.example' })
  const old = org.emulator.tokenFor(user, { lifetimeMs: 60_000 })
  clock.now += 120_000
  for (const token of [foreign, old, 'nonsense']) {
    const master = org.masterFor({ token: () => Promise.resolve(token) })
    await expect(master.identify(signal)).rejects.toMatchObject({ code: 'unauthenticated' })
  }
})

async function failure(promise: Promise<unknown>): Promise<MasterError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof MasterError)) throw new Error('not a MasterError', { cause: error })
  return error
}

/** The master with every call bound to another signal. */
function withSignal({ master }: Organisation, bound: AbortSignal): Organisation['master'] {
  return {
    ...master,
    identify: () => master.identify(bound),
    metadata: () => master.metadata(bound),
    metadataStamp: () => master.metadataStamp(bound),
    pull: (request) => master.pull(request, bound),
    versions: (request) => master.versions(request, bound),
    read: (request) => master.read(request, bound),
    push: (transactions) => master.push(transactions, bound),
  }
}
