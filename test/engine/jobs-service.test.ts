import { MasterError } from '@outpost/core'
import type { JobDefinition } from '@outpost/core'
import { expect, test } from 'vitest'
import { HOUR, jobWorld, MINUTE, SECOND, withoutGlance } from './jobs-world.ts'
import type { JobWorld } from './jobs-world.ts'

/* How jobs are run: by their schedules and triggers, one at a time, with a log of each run. */

const ALL = { function: 'SyncService' } as const

async function activeJob({ org }: JobWorld, name: string, definition: JobDefinition): Promise<void> {
  await org.jobs.draft(name, definition)
  await org.jobs.publish(name)
  await org.jobs.activate(name)
}

/** A world in which only the given jobs are active. */
async function worldWith(jobs: Readonly<Record<string, JobDefinition>>): Promise<JobWorld> {
  const world = await jobWorld()
  await world.org.jobs.remove('SyncService')
  for (const [name, definition] of Object.entries(jobs)) await activeJob(world, name, definition)
  return world
}

const create = ({ org }: JobWorld, name: string): Promise<unknown> =>
  org.write((draft) => draft.create('account', { name }))

test('a started service syncs at once and then every hour, and each run leaves what it did', async () => {
  const world = await jobWorld()
  const { org, env, emulator } = world
  await create(world, 'Written before')
  await org.service.start()
  const began = env.now()
  await env.advance(1)
  const [first] = await org.jobs.log()
  const accounts = emulator.master.rows('account').length
  expect(first).toMatchObject({
    job: 'SyncService',
    number: 1,
    version: 1,
    trigger: 'interval',
    outcome: 'succeeded',
    missed: 0,
    startedAt: began,
    pushed: { processed: 1, left: 0 },
    tables: { account: { received: accounts, pruned: 0, kept: 0, added: 0 }, contact: {} },
    errors: [],
  })
  expect(first?.endedAt).toBeGreaterThanOrEqual(began)
  expect(first?.traffic?.requests).toBeGreaterThan(2)
  expect(first?.traffic?.bytesReceived).toBeGreaterThan(1000)
  expect(Object.keys(first?.phases ?? {})).toEqual(expect.arrayContaining(['push', 'rows']))
  emulator.master.update('account', emulator.master.rows('account')[0]?.id ?? '', { name: 'Changed there' })
  await env.advance(HOUR)
  const [second] = await org.jobs.log()
  expect(second).toMatchObject({ number: 2, missed: 0, tables: { account: { written: 1 } } })
  expect((second?.startedAt ?? 0) - began).toBe(HOUR)
  expect(await org.jobs.nextRun('SyncService')).toBe(began + 2 * HOUR)
})

test('what was written here is sent before anything is brought in', async () => {
  const world = await jobWorld()
  await create(world, 'Mine')
  const order: string[] = []
  world.org.subscribe((event) => {
    if (event.type === 'sync.phase') order.push(event.phase)
  })
  await world.org.jobs.run('SyncService')
  expect(order.indexOf('push')).toBeGreaterThanOrEqual(0)
  expect(order.indexOf('push')).toBeLessThan(order.indexOf('rows'))
  world.emulator.faults.add({
    match: { path: /contacts/, method: 'GET' },
    times: Infinity,
    fault: { kind: 'status', status: 403 },
  })
  await create(world, 'Mine too')
  const run = await world.org.jobs.run('SyncService')
  expect(run.pushed).toMatchObject({ processed: 1, left: 0 })
})

test('a table that fails is named in the log and stops no other', async () => {
  let isForbidden = false
  const world = await jobWorld({
    through: (master) => ({
      ...withoutGlance(master),
      pull: async (request, signal) => {
        if (isForbidden && request.table.name === 'account') throw new MasterError('forbidden', 'not for you')
        return master.pull(request, signal)
      },
    }),
  })
  const { org, emulator } = world
  await org.jobs.run('SyncService')
  for (const row of emulator.master.rows('contact').slice(0, 3))
    emulator.master.update('contact', row.id, { lastname: 'New' })
  isForbidden = true
  const run = await org.jobs.run('SyncService')
  expect(run).toMatchObject({
    outcome: 'partial',
    tables: { contact: { written: 3 }, account: { error: { code: 'forbidden' } } },
    errors: [{ code: 'forbidden', table: 'account' }],
  })
  expect(await org.service.health()).toMatchObject({
    status: 'degraded',
    reasons: expect.arrayContaining([expect.objectContaining({ code: 'job-partial', job: 'SyncService' })]),
  })
  isForbidden = false
  expect(await org.jobs.run('SyncService')).toMatchObject({ outcome: 'succeeded', number: 3 })
})

test('scopes have intervals of their own, and each pulls its own tables in its own direction', async () => {
  const world = await worldWith({
    accounts: { schedule: { everySeconds: 300 }, step: { ...ALL, scope: 'accounts' } },
    people: { schedule: { everySeconds: 60 }, step: { ...ALL, scope: 'people' } },
  })
  const { org, env } = world
  await org.service.start()
  await env.advance(1)
  await create(world, 'Not sent by what only goes down')
  await env.advance(4 * MINUTE)
  expect((await org.outbox.counts()).pending).toBe(1)
  expect(await org.jobs.log({ job: 'people' })).toHaveLength(5)
  expect(await org.jobs.log({ job: 'accounts' })).toHaveLength(1)
  const [people] = await org.jobs.log({ job: 'people', limit: 1 })
  expect(Object.keys(people?.tables ?? {})).toEqual(['contact'])
  expect(people?.pushed).toBeNull()
  await env.advance(MINUTE)
  expect((await org.outbox.counts()).pending).toBe(0)
})

test('of runs that are due at once, the one of the greater priority goes first, and none overlap', async () => {
  const step = { ...ALL, tables: ['account'] }
  const world = await worldWith({
    later: { schedule: { cron: '0 9 * * *' }, step, priority: -1 },
    first: { schedule: { cron: '0 9 * * *' }, step, priority: 5 },
    between: { schedule: { cron: '0 9 * * *' }, step },
  })
  await world.org.service.start()
  await world.env.advance(HOUR)
  expect(world.told).toEqual([
    'first schedule running',
    'first schedule succeeded',
    'between schedule running',
    'between schedule succeeded',
    'later schedule running',
    'later schedule succeeded',
  ])
})

test('rows are read and written while a run is in progress', async () => {
  const world = await jobWorld()
  const { org, emulator, env, settle } = world
  await org.jobs.run('SyncService')
  emulator.faults.add({ times: 1, fault: { kind: 'hang' } })
  await org.service.start()
  await env.advance(HOUR)
  expect(world.told.at(-1)).toBe('SyncService interval running')
  await create(world, 'Written meanwhile')
  expect(await org.table('account').query({ where: "name eq 'Written meanwhile'" })).toHaveLength(1)
  await org.service.stop()
  await settle()
  expect(world.told.at(-1)).toBe('SyncService interval stopped')
})

test('a committed write triggers the jobs that keep its table, once for several writes in a row', async () => {
  const world = await worldWith({
    accounts: { schedule: { everyMinutes: 60 }, step: { ...ALL, scope: 'accounts' }, triggers: ['commit'] },
    people: { schedule: { everyMinutes: 60 }, step: { ...ALL, scope: 'people' }, triggers: ['commit'] },
    deaf: { schedule: { everyMinutes: 60 }, step: ALL },
  })
  const { org, env, told } = world
  await org.service.start()
  await env.advance(1)
  told.length = 0
  for (let at = 0; at < 4; at += 1) {
    await create(world, `Row ${at}`)
    await env.advance(SECOND)
  }
  expect(told).toEqual([])
  await env.advance(2 * SECOND)
  expect(told).toEqual(['accounts commit running', 'accounts commit succeeded'])
  expect((await org.outbox.counts()).pending).toBe(0)
  await env.advance(10 * MINUTE)
  expect(told).toHaveLength(2)
})

test('focus and manual run what they are for, and only while the service runs', async () => {
  const world = await worldWith({
    seen: { schedule: { cron: '0 3 * * *' }, step: { ...ALL, tables: ['account'] }, triggers: ['focus'] },
    deaf: { schedule: { cron: '0 3 * * *' }, step: { ...ALL, tables: ['contact'] } },
  })
  const { org, env, told } = world
  await org.service.start()
  await env.advance(1)
  org.service.trigger('focus')
  org.service.trigger('focus')
  await env.advance(1)
  expect(told).toEqual(['seen focus running', 'seen focus succeeded'])
  told.length = 0
  org.service.trigger('manual')
  await env.advance(1)
  expect(told.filter((line) => line.endsWith('succeeded')).toSorted()).toEqual([
    'deaf manual succeeded',
    'seen manual succeeded',
  ])
})

test('a service can be told to heed no trigger but the schedule', async () => {
  const world = await worldWith({
    seen: { schedule: { cron: '0 3 * * *' }, step: ALL, triggers: ['focus', 'commit'] },
  })
  await world.org.service.start({ triggers: [] })
  world.org.service.trigger('focus')
  await create(world, 'Quiet')
  await world.env.advance(MINUTE)
  expect(world.told).toEqual([])
})

test('without a network due runs are left out with one entry, and made up for once when it is back', async () => {
  const world = await jobWorld()
  const { org, env, network, told, requests } = world
  await org.service.start()
  await env.advance(1)
  told.length = 0
  network.set(false)
  requests()
  await env.advance(5 * HOUR)
  expect(requests()).toEqual([])
  const log = await org.jobs.log()
  expect(log.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
    ['offline', 5],
    ['succeeded', 1],
  ])
  expect(await org.service.health()).toMatchObject({ status: 'failing', reasons: [{ code: 'offline-long' }] })
  network.set(true)
  await env.advance(MINUTE)
  const after = await org.jobs.log()
  expect(after).toHaveLength(3)
  expect(after[0]).toMatchObject({ outcome: 'succeeded', missed: 4 })
  expect(await org.service.health()).toMatchObject({ status: 'ok', reasons: [] })
})

test('a master that cannot be reached is tried again later each time, with one entry in the log', async () => {
  const world = await jobWorld()
  const { org, env, emulator, requests } = world
  await org.jobs.run('SyncService')
  await org.service.start()
  const heal = emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  requests()
  await env.advance(5 * HOUR)
  const tries = requests().length
  // The growing wait ends at ten minutes: no more than six tries an hour.
  expect(tries).toBeGreaterThan(10)
  expect(tries).toBeLessThan(45)
  const log = await org.jobs.log()
  expect(log.map(({ outcome }) => outcome)).toEqual(['offline', 'succeeded'])
  expect(log[0]?.attempts).toBeGreaterThan(10)
  expect(await org.service.health()).toMatchObject({ status: 'failing' })
  heal()
  await env.advance(10 * MINUTE)
  const [run] = await org.jobs.log({ limit: 1 })
  expect(run).toMatchObject({ outcome: 'succeeded', trigger: 'interval' })
  expect(run?.missed).toBeGreaterThanOrEqual(3)
  expect(await org.jobs.nextRun('SyncService')).toBe((run?.startedAt ?? 0) + HOUR)
})

test('a network that is back is made use of at once, whatever the wait', async () => {
  const world = await jobWorld()
  const { org, env, emulator, network } = world
  const heal = emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  await org.service.start()
  await env.advance(50 * MINUTE)
  heal()
  const before = env.now()
  network.set(true)
  await env.advance(1)
  const [run] = await org.jobs.log({ limit: 1 })
  expect(run).toMatchObject({ outcome: 'succeeded', startedAt: before })
})

test('a failed run backs off and keeps its schedule', async () => {
  const world = await worldWith({ nightly: { schedule: { cron: '0 9 * * *' }, step: ALL } })
  const { org, env, emulator } = world
  await org.service.start()
  const heal = emulator.faults.add({ times: Infinity, fault: { kind: 'status', status: 503 } })
  await env.advance(50 * MINUTE + 2 * MINUTE)
  heal()
  await env.advance(HOUR)
  const log = (await org.jobs.log()).toReversed()
  expect(log[0]).toMatchObject({ startedAt: Date.UTC(2026, 4, 1, 9), errors: [{ code: 'unavailable' }] })
  expect(log.slice(0, -1).every(({ outcome }) => outcome === 'failed')).toBe(true)
  expect(log.at(-1)).toMatchObject({ outcome: 'succeeded', trigger: 'schedule', missed: 0 })
  const waits = log.slice(1).map(({ startedAt }, at) => startedAt - (log[at]?.startedAt ?? 0))
  expect(waits.length).toBeGreaterThan(2)
  expect(waits.every((wait, at) => at === 0 || wait > (waits[at - 1] ?? 0))).toBe(true)
  expect(await org.jobs.nextRun('nightly')).toBe(Date.UTC(2026, 4, 2, 9))
})

test('a run that is killed in the middle shows as interrupted after the restart, and is made up for', async () => {
  const world = await jobWorld()
  await world.org.jobs.run('SyncService')
  await world.org.service.start()
  await world.env.advance(59 * MINUTE)
  world.emulator.faults.add({ times: 1, fault: { kind: 'hang' } })
  await world.env.advance(MINUTE)
  expect((await world.org.jobs.log({ limit: 1 }))[0]).toMatchObject({ number: 2, outcome: 'running', endedAt: null })
  const again = await world.restart()
  expect((await again.org.jobs.log({ limit: 1 }))[0]).toMatchObject({ number: 2, outcome: 'interrupted' })
  await again.org.service.start()
  await again.env.advance(MINUTE)
  expect((await again.org.jobs.log({ limit: 1 }))[0]).toMatchObject({ number: 3, outcome: 'succeeded', missed: 0 })
})

test('a run that kills its program is not begun again at once each time', async () => {
  let world = await jobWorld()
  world.emulator.faults.add({ times: Infinity, fault: { kind: 'hang' } })
  for (let life = 0; life < 6; life += 1) {
    await world.org.service.start()
    for (let wait = 0; wait < 60 && world.told.length === 0; wait += 1) await world.env.advance(5 * SECOND)
    world = await world.restart()
  }
  const log = (await world.org.jobs.log()).toReversed()
  expect(log.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 6 }, () => 'interrupted'))
  const waits = log.slice(1).map(({ startedAt }, at) => startedAt - (log[at]?.startedAt ?? 0))
  expect(waits.every((wait, at) => at === 0 || wait > (waits[at - 1] ?? 0))).toBe(true)
  expect(waits.at(-1)).toBeGreaterThan(2 * MINUTE)
})

test('the log of a job is kept to its last 100 runs', async () => {
  const world = await worldWith({ busy: { schedule: { everySeconds: 30 }, step: { ...ALL, tables: ['account'] } } })
  const { org, env, store } = world
  await org.service.start()
  await env.advance(60 * MINUTE)
  const log = await org.jobs.log({ job: 'busy', limit: 1000 })
  expect(log).toHaveLength(100)
  expect(log[0]?.number).toBe(121)
  expect(await org.jobs.log({ limit: 7 })).toEqual(log.slice(0, 7))
  expect(await store.read('test', (tx) => tx.values('job-run/'))).toHaveLength(100)
  await org.jobs.remove('busy')
  expect(await store.read('test', (tx) => tx.values('job-'))).toHaveLength(0)
})

test('two services on one store begin each run once', async () => {
  const world = await worldWith({ own: { schedule: { everyMinutes: 1 }, step: { ...ALL, tables: ['account'] } } })
  const { org, env } = world
  const other = await world.second()
  const told: string[] = []
  other.service.subscribe((run) => told.push(`${run.number} ${run.outcome}`))
  await Promise.all([org.service.start(), other.service.start()])
  await env.advance(10 * MINUTE)
  const log = await org.jobs.log({ limit: 100 })
  expect(log.map(({ number, outcome }) => [number, outcome])).toEqual(
    Array.from({ length: 11 }, (_, at) => [11 - at, 'succeeded']),
  )
  const here = world.runs.map(({ number }) => number)
  const there = told.filter((line) => line.endsWith('succeeded')).map((line) => Number(line.split(' ')[0]))
  expect([...here, ...there].toSorted((one, two) => one - two)).toEqual(Array.from({ length: 11 }, (_, at) => at + 1))
})

test('while a job runs somewhere else, another is refused by hand and waits by itself', async () => {
  const world = await jobWorld()
  const { org, emulator, settle, env } = world
  const other = await world.second()
  emulator.faults.add({ times: 1, fault: { kind: 'hang' } })
  const stop = new AbortController()
  const running = org.jobs.run('SyncService', { signal: stop.signal })
  await settle()
  await expect(other.jobs.run('SyncService')).rejects.toMatchObject({ code: 'refused', place: { rule: 'running' } })
  await other.service.start()
  await env.advance(30 * SECOND)
  expect(await other.jobs.log()).toHaveLength(1)
  stop.abort()
  expect(await running).toMatchObject({ outcome: 'stopped' })
  await env.advance(MINUTE)
  expect((await other.jobs.log()).map(({ outcome }) => outcome)).toEqual(['succeeded', 'stopped'])
})

test('a missing sign-in makes the service failing, and stops no schedule', async () => {
  const world = await jobWorld()
  const { org, env, emulator } = world
  await org.jobs.run('SyncService')
  await org.service.start()
  const stop = emulator.faults.add({ times: Infinity, fault: { kind: 'status', status: 401 } })
  await env.advance(HOUR)
  expect(await org.service.health()).toMatchObject({
    status: 'failing',
    reasons: expect.arrayContaining([expect.objectContaining({ code: 'signed-out' })]),
  })
  stop()
  await env.advance(HOUR)
  expect(await org.service.health()).toMatchObject({ status: 'ok', lastRun: { outcome: 'succeeded' } })
})

test('health says what was, what comes, and what waits', async () => {
  const world = await jobWorld()
  const { org, env } = world
  expect(await org.service.health()).toMatchObject({
    status: 'degraded',
    service: 'stopped',
    reasons: [{ code: 'service-stopped' }],
    lastRun: null,
    lastSuccess: null,
  })
  await org.service.start()
  await env.advance(1)
  const ran = world.runs[0]
  await create(world, 'Waits')
  await env.advance(10 * MINUTE)
  const health = await org.service.health()
  expect(health).toMatchObject({
    status: 'ok',
    reasons: [],
    service: 'running',
    lastSuccess: ran?.endedAt,
    next: { job: 'SyncService', at: (ran?.startedAt ?? 0) + HOUR },
    lastRun: { job: 'SyncService', number: 1, outcome: 'succeeded' },
    transactions: { pending: 1, error: 0 },
    oldestPendingMs: 10 * MINUTE,
    connection: { kind: 'connected' },
    jobs: [{ name: 'SyncService', state: 'active', failuresInARow: 0, isRunning: false }],
  })
  expect(JSON.parse(JSON.stringify(health))).toEqual(health)
  await org.jobs.deactivate('SyncService')
  expect(await org.service.health()).toMatchObject({
    status: 'degraded',
    reasons: [{ code: 'no-active-job' }],
    next: null,
  })
})

test('the health keeps since when it is so', async () => {
  const world = await jobWorld()
  const { org, env, emulator } = world
  await org.service.start()
  await env.advance(1)
  const { since } = await org.service.health()
  await env.advance(30 * MINUTE)
  expect((await org.service.health()).since).toBe(since)
  emulator.faults.add({ times: Infinity, fault: { kind: 'status', status: 503 } })
  await env.advance(2 * HOUR)
  const failing = await org.service.health()
  expect(failing).toMatchObject({ status: 'failing', reasons: [{ code: 'job-failing' }, {}] })
  expect(failing.since).toBeGreaterThan(since)
  const again = await world.restart()
  await again.org.service.start()
  const { since: afterwards, status } = await again.org.service.health()
  expect(status).toBe('failing')
  expect(afterwards).toBeLessThan(env.now() - HOUR)
})

test('stopping waits until the run in progress has ended, and the next start begins it again', async () => {
  const world = await jobWorld()
  const { org, env, emulator } = world
  emulator.faults.add({ times: 1, fault: { kind: 'hang' } })
  await org.service.start()
  await env.advance(1)
  await org.service.stop()
  expect(world.told.at(-1)).toBe('SyncService interval stopped')
  await env.advance(HOUR)
  expect(world.told).toHaveLength(2)
  await org.service.start()
  await env.advance(1)
  expect(world.told.at(-1)).toBe('SyncService interval succeeded')
})

test('a listener that throws stops no run', async () => {
  const world = await jobWorld()
  world.org.service.subscribe(() => {
    throw new Error('of the application')
  })
  expect(await world.org.jobs.run('SyncService')).toMatchObject({ outcome: 'succeeded' })
})

test('a client org from before there were jobs gets its job when the service starts', async () => {
  const { org, store, env } = await jobWorld()
  await store.write('an older version', async (tx) => {
    for (const { key } of await tx.values('job')) await tx.setValue(key, undefined)
  })
  await org.service.start()
  await env.advance(1)
  expect(await org.jobs.log()).toHaveLength(1)
})
