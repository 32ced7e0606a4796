import { OutpostError } from '@outpost/core'
import type { OutpostErrorCode, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import {
  anyRow,
  CHANGES_OF_SYNC,
  converges,
  DEADLINE_MS,
  failureOf,
  faultWorld,
  outcomeOf,
  PAGE_SIZE,
} from './fault-world.ts'
import type { Device, FaultWorld } from './fault-world.ts'

/*
 * Everything that can happen to a request on its way, at every kind of request that a client org makes. Whatever it is:
 * nothing is lost, the error says what it was, and when the fault is over both sides agree, with one effect per write.
 */

/** A request of a run, picked by its place in it. */
interface Point {
  readonly name: string
  readonly kind: 'ask' | 'look' | 'pages' | 'table' | 'change' | 'changes'
  readonly match: RegExp
  readonly nth: number
}

interface Fault {
  readonly name: string
  arm(there: FaultWorld, point: Point): void
  /** What the run fails with, by the kind of request; `left`: it does not fail, the changes stay pending. */
  readonly code: OutpostErrorCode | Partial<Record<Point['kind'], OutpostErrorCode | 'left'>>
}

const onWire =
  (kind: 'reset-request' | 'reset-answer' | 'cut-body', after: number): Fault['arm'] =>
  ({ proxy }, { match, nth }) =>
    void proxy.add({ match, nth, fault: { kind, after } })

/** Until the deadline has passed. */
const silent =
  (kind: 'hang' | 'mute'): Fault['arm'] =>
  ({ proxy, env }, { match, nth }) =>
    void proxy.add({ match, nth, fault: { kind } }).struck.then(() => env.advance(DEADLINE_MS))

const answered =
  (fault: Parameters<FaultWorld['emulator']['faults']['add']>[0]['fault'], times = 1): Fault['arm'] =>
  ({ emulator }, { match, nth }) => {
    const [, method = '', path = ''] = /^\^(\w+) (.*)$/.exec(match.source) ?? []
    emulator.faults.add({ match: { method, path: new RegExp(path) }, nth, times, fault })
  }

const FAULTS: readonly Fault[] = [
  {
    name: 'the network is cut',
    arm: ({ proxy }, { match, nth }) =>
      void proxy.add({ match, nth, fault: { kind: 'hold' } }).struck.then(() => proxy.refuse()),
    code: 'offline',
  },
  { name: 'the connection is reset in the request', arm: onWire('reset-request', 40), code: 'offline' },
  { name: 'the answer is lost', arm: onWire('reset-answer', 0), code: 'offline' },
  { name: 'the connection is reset in the answer', arm: onWire('reset-answer', 30), code: 'offline' },
  { name: 'the body ends too early', arm: onWire('cut-body', 20), code: 'offline' },
  { name: 'the body breaks off', arm: answered({ kind: 'cutBodyAt', bytes: 30 }), code: 'offline' },
  { name: 'no answer comes', arm: silent('hang'), code: 'timeout' },
  { name: 'the answer never comes', arm: silent('mute'), code: 'timeout' },
  {
    name: 'the JSON is truncated',
    arm: answered({ kind: 'truncateJson' }),
    // Of a look it is the last page that is broken.
    code: { ask: 'protocol', pages: 'protocol', table: 'protocol', change: 'protocol' },
  },
  { name: 'a captive portal answers 200 with HTML', arm: answered({ kind: 'captivePortal' }), code: 'protocol' },
  {
    name: 'a gateway answers 502 with HTML',
    arm: answered({ kind: 'status', status: 502, body: 'html' }),
    code: 'unavailable',
  },
  {
    name: 'a gateway answers 503 with nothing',
    arm: answered({ kind: 'status', status: 503, body: 'empty' }),
    code: 'unavailable',
  },
  {
    name: 'a gateway answers 408 with nothing',
    arm: answered({ kind: 'status', status: 408, body: 'empty' }),
    code: 'unavailable',
  },
  {
    name: 'the server answers 500 with HTML',
    arm: answered({ kind: 'status', status: 500, body: 'html' }),
    code: { ask: 'unavailable', table: 'unavailable', change: 'left', changes: 'unavailable' },
  },
  {
    name: 'a firewall answers 403 with HTML',
    arm: answered({ kind: 'status', status: 403, body: 'html' }),
    code: 'protocol',
  },
  {
    name: 'a proxy answers 404 with HTML',
    arm: answered({ kind: 'status', status: 404, body: 'html' }),
    code: 'protocol',
  },
  {
    name: 'the master asks to wait',
    arm: answered({ kind: 'status', status: 429, body: 'json', retryAfter: 17 }),
    code: 'throttled',
  },
  {
    name: 'the master asks to wait, not how long',
    arm: answered({ kind: 'status', status: 429, body: 'json' }),
    code: 'throttled',
  },
  { name: 'the token is refused', arm: answered({ kind: 'rejectToken' }, Infinity), code: 'unauthenticated' },
]

const CONNECTING: readonly Point[] = [
  { name: 'the question who one is', kind: 'ask', match: /^GET .*WhoAmI/, nth: 1 },
  { name: 'the version of the metadata', kind: 'ask', match: /^GET .*\/organizations\?/, nth: 1 },
  { name: 'the list of the tables', kind: 'ask', match: /^GET .*RetrieveMetadataChanges/, nth: 1 },
  { name: 'the definitions of the tables', kind: 'ask', match: /^GET .*RetrieveMetadataChanges/, nth: 3 },
]

const SYNCING: readonly Point[] = [
  { name: 'the look at everything', kind: 'look', match: /^POST .*\$batch/, nth: 1 },
  { name: 'the changes', kind: 'changes', ...CHANGES_OF_SYNC },
  { name: 'the first pages behind the changes', kind: 'pages', match: /^POST .*\$batch/, nth: 3 },
  { name: 'the first page of ids', kind: 'table', match: /^GET .*\/contacts\?.*contactid asc/, nth: 1 },
  { name: 'a later page of ids', kind: 'table', match: /^GET .*\/contacts\?.*contactid asc/, nth: 3 },
]

const DOWNLOADING: readonly Point[] = [
  { name: 'the first page', kind: 'table', match: /^GET .*\/contacts\?.*versionnumber asc/, nth: 1 },
  { name: 'a middle page', kind: 'table', match: /^GET .*\/contacts\?.*versionnumber asc/, nth: 3 },
  { name: 'the last page', kind: 'table', match: /^GET .*\/contacts\?.*versionnumber asc/, nth: 5 },
]

const VERIFYING: readonly Point[] = [
  { name: 'the accounts', kind: 'table', match: /^GET .*\/accounts\?.*\.In\(/, nth: 1 },
  { name: 'the contacts', kind: 'table', match: /^GET .*\/contacts\?.*\.In\(/, nth: 1 },
]

const SENDING: Point = { name: 'one change', kind: 'change', match: /^PATCH .*\/accounts\(/, nth: 1 }

test('connecting begins again after any failure at any of its requests', async () => {
  const there = await faultWorld()
  const device = await there.device()
  for (const fault of FAULTS) {
    for (const point of reachable(fault, CONNECTING)) {
      fault.arm(there, point)
      const at = `${fault.name}, ${point.name}`
      const { code } = await failureOf(device.org.connect())
      const { connection, catalogueStamp } = await device.org.status()
      expect({ at, code, connection, catalogueStamp }).toMatchObject({
        at,
        ...failed(fault, point),
        catalogueStamp: null,
      })
      await mend(there)
      device.org.reconnect()
    }
  }
  await device.org.connect()
  await device.org.configure({ tables: { new_skill: { columns: ['new_name'] } } })
  await converges(there, device)
})

test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
  'a download goes on from the page that failed: %s',
  async (_, fault) => {
    const there = await faultWorld()
    const device = await there.synced()
    for (const point of reachable(fault, DOWNLOADING)) {
      await device.org.configure({ tables: {} })
      await device.org.configure({ tables: { contact: { columns: ['lastname'] } } })
      fault.arm(there, point)
      const { code } = await failureOf(device.org.sync())
      const before = PAGE_SIZE * (point.nth - 1)
      const { connection, tables } = await device.org.status()
      expect({ at: point.name, code, connection, tables }).toMatchObject({
        at: point.name,
        ...failed(fault, point),
        tables: { contact: { rows: before, complete: false } },
      })
      await mend(there)
      const report = await converges(there, device)
      expect({ at: point.name, ...report.tables['contact'] }).toMatchObject({ at: point.name, received: 14 - before })
    }
  },
)

test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
  'a sync that fails loses nothing and doubles nothing: %s',
  async (_, fault) => {
    const there = await faultWorld()
    const device = await there.synced()
    let number = 0
    for (const point of reachable(fault, SYNCING)) {
      const work = await workOffline(device, point.name)
      workOnMaster(there)
      const effectsBefore = work.ids.map((id) => there.effects(id))
      const before = [...(await device.rows('contact')).keys()]
      fault.arm(there, point)
      const outcome = await outcomeOf(device.org.sync())
      const code = outcome instanceof OutpostError ? outcome.code : undefined
      const { connection } = await device.org.status()
      expect({ at: point.name, code, connection }).toMatchObject({ at: point.name, ...failed(fault, point) })
      await nothingIsLost(device, work, (number += 3))
      const held = await device.rows('contact')
      const wronglyPruned = before.filter(
        (id) => !held.has(id) && !work.ids.includes(id) && there.emulator.master.row('contact', id),
      )
      expect({ at: point.name, wronglyPruned }).toEqual({ at: point.name, wronglyPruned: [] })

      await mend(there)
      await converges(there, device)
      const effects = work.ids.map((id, at) => there.effects(id) - (effectsBefore[at] ?? 0))
      expect({ at: point.name, effects }).toEqual({ at: point.name, effects: [1, 1, 1, 1] })
    }
  },
)

test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
  'a change that is sent alone has one effect: %s',
  async (_, fault) => {
    const there = await faultWorld()
    const device = await there.synced()
    for (const kind of ['create', 'update'] as const) {
      let id = String((await anyRow(device, 'account'))['accountid'])
      const { seq } = await device.org.write((draft) => {
        if (kind === 'create') id = draft.create('account', { name: 'Made offline', telephone1: '555' })
        else draft.update('account', id, { telephone1: '555' })
      })
      fault.arm(there, SENDING)
      const outcome = await outcomeOf(device.org.push())
      const code = codeAt(fault, 'change')
      expect({ kind, outcome }).toMatchObject({ kind, outcome: code === 'left' ? { left: 1 } : { code } })
      const transaction = await device.org.outbox.get(Number(seq))
      const lastError = { code: code === 'left' ? 'unavailable' : code }
      expect({ kind, ...transaction }).toMatchObject({ kind, status: 'pending', lease: null, lastError })
      expect(await device.org.table('account').get(id)).toMatchObject({ telephone1: '555' })

      await mend(there)
      await converges(there, device)
      expect({ kind, effects: there.effects(id) }).toEqual({ kind, effects: 1 })
    }
  },
)

test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
  'a verification that fails is made again, and nothing is sent before it: %s',
  async (_, fault) => {
    const there = await faultWorld()
    const device = await there.synced()
    const work = await workOffline(device, 'verified')
    there.proxy.add({ ...CHANGES_OF_SYNC, fault: { kind: 'reset-answer', after: 0 } })
    expect(await failureOf(device.org.sync())).toMatchObject({ code: 'offline' })
    const unknown = await device.org.outbox.list({ statuses: ['pending'] })
    expect(unknown.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown'])
    // Until then the pause of the connection is what all of them wait for.
    expect(unknown.map(({ reason }) => reason?.kind)).toEqual(['backing-off', 'backing-off', 'backing-off'])

    for (const point of reachable(fault, VERIFYING)) {
      await mend(there)
      device.org.reconnect()
      fault.arm(there, point)
      const { code } = await failureOf(device.org.push())
      const { connection } = await device.org.status()
      expect({ at: point.name, code, connection }).toMatchObject({ at: point.name, ...failed(fault, point) })
      await nothingIsLost(device, work, 3)
    }
    await mend(there)
    await converges(there, device)
    expect(work.ids.map((id) => there.effects(id))).toEqual([1, 1, 1, 1])
  },
)

interface Work {
  readonly ids: readonly string[]
  readonly rows: readonly (readonly [table: string, id: string, shown: Row | undefined])[]
}

/** A parent with its child as one transaction, an update and a deletion: one batch with a change set in it. */
async function workOffline(device: Device, telephone1: string): Promise<Work> {
  const contact = String((await anyRow(device, 'contact'))['contactid'])
  const account = String((await anyRow(device, 'account', `primarycontactid ne ${contact}`))['accountid'])
  let parent = ''
  let child = ''
  await device.org.write((draft) => {
    parent = draft.create('account', { name: 'Made offline' })
    child = draft.create('contact', { lastname: 'Child', parentcustomerid: parent, parentcustomerid$table: 'account' })
  })
  await device.org.write((draft) => draft.update('account', account, { telephone1 }))
  await device.org.write((draft) => draft.delete('contact', contact))
  return {
    ids: [parent, child, account, contact],
    rows: [
      ['account', parent, { name: 'Made offline' }],
      ['contact', child, { lastname: 'Child', parentcustomerid: parent }],
      ['account', account, { telephone1 }],
      ['contact', contact, undefined],
    ],
  }
}

function workOnMaster({ emulator }: FaultWorld): void {
  emulator.master.create('account', { name: 'Made on the master' })
  const last = emulator.master.rows('contact').at(-1)
  if (last) emulator.master.update('contact', last.id, { firstname: 'Changed there' })
}

async function nothingIsLost({ org }: Device, work: Work, transactions: number): Promise<void> {
  const { pending, processed, error, archived } = (await org.status()).transactions
  expect({ kept: pending + processed, error, archived }).toEqual({ kept: transactions, error: 0, archived: 0 })
  for (const [table, id, shown] of work.rows) {
    const row = await org.table(table).get(id)
    if (shown) expect(row).toMatchObject(shown)
    else expect(row).toBeUndefined()
  }
}

async function mend(there: FaultWorld): Promise<void> {
  await there.heal()
  await there.proxy.accept()
}

/** The points at which the fault means anything. */
function reachable(fault: Fault, points: readonly Point[]): readonly Point[] {
  return points.filter(({ kind }) => codeAt(fault, kind) !== undefined)
}

function codeAt({ code }: Fault, kind: Point['kind']): OutpostErrorCode | 'left' | undefined {
  if (typeof code === 'string') return code
  return code[kind] ?? (isLook(kind) ? code.ask : undefined)
}

/** What a look meets is asked for by itself, where it is not a page of it alone that is broken. */
function isLook(kind: Point['kind']): boolean {
  return kind === 'look' || kind === 'pages'
}

/** What a look that only it concerns is followed by: everything is asked for by itself. */
const OF_ONE_REQUEST: ReadonlySet<string | undefined> = new Set(['timeout', 'unavailable', 'protocol'])

/** What the error and the status say after the fault. */
function failed(fault: Fault, { kind }: Point): object {
  const code = codeAt(fault, kind)
  const isOfPage = kind === 'pages' && typeof fault.code !== 'string' && fault.code.pages !== undefined
  if (isLook(kind) && !isOfPage && OF_ONE_REQUEST.has(code))
    return { code: undefined, connection: { kind: 'connected' } }
  return { code, connection: code === 'unauthenticated' ? { kind: 'signed-out' } : { kind: 'paused', code } }
}
