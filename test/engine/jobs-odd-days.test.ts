import type { Env, JobDefinition } from '@outpost/core'
import { expect, test } from 'vitest'
import { HOUR, jobWorld, KEPT, MINUTE, SECOND, withoutGlance } from './jobs-world.ts'
import type { JobWorld } from './jobs-world.ts'

/* Jobs on devices that sleep, with clocks that are set, and beside others. */

const ALL = { function: 'SyncService' } as const
const DAY = 24 * HOUR

async function activeJob({ org }: JobWorld, name: string, definition: JobDefinition): Promise<void> {
  await org.jobs.draft(name, definition)
  await org.jobs.publish(name)
  await org.jobs.activate(name)
}

test('a device that slept for three days makes one run of what it missed, of the greater priority first', async () => {
  const world = await jobWorld()
  const { org, env, told } = world
  await activeJob(world, 'accounts', {
    schedule: { cron: '0 * * * *' },
    step: { ...ALL, scope: 'accounts' },
    priority: 5,
  })
  await org.service.start()
  await env.advance(1)
  told.length = 0
  env.setClock(env.now() + 3 * DAY)
  await env.advance(MINUTE)
  expect(told.filter((line) => line.endsWith('succeeded'))).toEqual([
    'accounts schedule succeeded',
    'SyncService interval succeeded',
  ])
  const [accounts] = await org.jobs.log({ job: 'accounts' })
  expect(accounts).toMatchObject({ number: 1, missed: 71 })
  const [all] = await org.jobs.log({ job: 'SyncService' })
  expect(all).toMatchObject({ number: 2, missed: 71 })
  expect(await org.service.health()).toMatchObject({ status: 'ok' })
})

test('a clock that is set back by a year while the service runs stops no job for longer than its schedule', async () => {
  const world = await jobWorld()
  const { org, env, told } = world
  await activeJob(world, 'nightly', { schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, step: ALL })
  await org.service.start()
  await env.advance(20 * HOUR)
  told.length = 0
  env.setClock(env.now() - 365 * DAY)
  await env.advance(25 * HOUR)
  expect(told.filter((line) => line === 'nightly schedule succeeded')).toHaveLength(1)
  expect(told.filter((line) => line === 'SyncService interval succeeded').length).toBeGreaterThanOrEqual(24)
  const [latest] = await org.jobs.log({ limit: 1 })
  expect((latest?.startedAt ?? 0) - env.now()).toBeLessThanOrEqual(0)
  expect(await org.service.health()).toMatchObject({ status: 'ok', lastRun: { startedAt: latest?.startedAt } })
})

test('a clock that is set back while a run fails ends its wait', async () => {
  const world = await jobWorld()
  const { org, env, emulator } = world
  const heal = emulator.faults.add({ times: Infinity, fault: { kind: 'status', status: 500 } })
  await org.service.start()
  await env.advance(50 * MINUTE)
  env.setClock(env.now() - 365 * DAY)
  heal()
  await env.advance(11 * MINUTE)
  expect(world.runs.at(-1)).toMatchObject({ outcome: 'succeeded' })
  expect(await org.service.health()).toMatchObject({ status: 'ok', jobs: [{ failuresInARow: 0 }] })
})

test('jobs that are always due leave a turn to those of smaller priority', async () => {
  let lasts = (_: AbortSignal): Promise<void> => Promise.resolve()
  const world = await jobWorld({
    through: (master) => ({
      ...withoutGlance(master),
      metadataStamp: async (signal) => {
        await lasts(signal)
        return master.metadataStamp(signal)
      },
    }),
  })
  const { org, env, told } = world
  // Each run takes longer than the intervals of the jobs.
  lasts = (signal) => env.sleep(5 * SECOND, signal)
  await org.jobs.remove('SyncService')
  const step = { ...ALL, tables: ['account'] }
  for (const name of ['busy', 'busier']) {
    await activeJob(world, name, { schedule: { everySeconds: 3 }, step, priority: 10 })
  }
  await activeJob(world, 'humble', { schedule: { everyMinutes: 1 }, step })
  await org.service.start()
  await env.advance(5 * MINUTE)
  const humble = told.filter((line) => line === 'humble interval succeeded').length
  expect(humble).toBeGreaterThanOrEqual(3)
  expect(told.filter((line) => /^bus.*succeeded/.test(line)).length).toBeGreaterThan(4 * humble)
})

test('a job for a table that is no longer kept fails by itself, with what to do, and others go on', async () => {
  const world = await jobWorld()
  const { org, env } = world
  await activeJob(world, 'people', { schedule: { everyMinutes: 10 }, step: { ...ALL, scope: 'people' } })
  await activeJob(world, 'contacts', { schedule: { everyMinutes: 10 }, step: { ...ALL, tables: ['contact'] } })
  await org.configure({ tables: { account: KEPT.tables['account'] ?? {} } })
  await org.service.start()
  await env.advance(HOUR)
  expect((await org.jobs.log({ job: 'contacts', limit: 1 }))[0]).toMatchObject({
    outcome: 'failed',
    errors: [{ code: 'invalid', table: 'contact', remedy: expect.any(String) }],
  })
  expect((await org.jobs.log({ job: 'people', limit: 1 }))[0]).toMatchObject({
    outcome: 'failed',
    errors: [{ code: 'invalid', message: expect.stringContaining("'people'") }],
  })
  expect((await org.jobs.log({ job: 'SyncService', limit: 1 }))[0]).toMatchObject({ outcome: 'succeeded' })
  expect((await org.service.health()).reasons.map(({ code, job }) => [code, job])).toEqual([
    ['job-failing', 'contacts'],
    ['job-failing', 'people'],
  ])
})

test('a job that is due while somebody syncs by hand waits for the end of it, and both are whole', async () => {
  const world = await jobWorld()
  const { org, env, emulator } = world
  emulator.faults.add({ times: 1, fault: { kind: 'hang' } })
  const byHand = org.sync().catch((error: unknown) => error)
  await world.settle()
  await org.service.start()
  await env.advance(5 * SECOND)
  expect(world.told).toEqual(['SyncService interval running'])
  await env.advance(5 * MINUTE)
  await byHand
  expect(world.runs).toMatchObject([{ outcome: 'succeeded', tables: { account: { written: expect.any(Number) } } }])
})

test('a run by hand that is called off is not begun again by itself', async () => {
  const world = await jobWorld()
  const { org, env, emulator, settle } = world
  await org.service.start()
  await env.advance(1)
  emulator.faults.add({ times: 1, fault: { kind: 'hang' } })
  const stop = new AbortController()
  const running = org.jobs.run('SyncService', { signal: stop.signal })
  await settle()
  stop.abort()
  expect(await running).toMatchObject({ outcome: 'stopped' })
  await env.advance(30 * MINUTE)
  expect((await org.jobs.log()).map(({ outcome }) => outcome)).toEqual(['stopped', 'succeeded'])
})

test('two tabs: each run is begun by one of them, and one that is frozen amid its run is taken for dead', async () => {
  const world = await jobWorld({ isShared: true })
  const { org, env, emulator, settle } = world
  let isFrozen = false
  let thaw = (): void => {}
  const thawed = new Promise<void>((resolve) => (thaw = resolve))
  // A tab that is frozen hears of no time that passes.
  const freezing: Env = {
    ...env,
    sleep: async (ms, signal) => {
      await env.sleep(ms, signal)
      if (isFrozen) await thawed
    },
  }
  const other = await world.second({ env: freezing })
  // The look that asks everything at once, and the first of what is asked one by one in its place.
  emulator.faults.add({ times: 2, fault: { kind: 'hang' } })
  const frozen = other.jobs.run('SyncService')
  await settle()
  await org.service.start()
  await env.advance(80 * SECOND)
  // The other one is alive, and says so.
  expect(world.told).toEqual([])
  expect((await org.jobs.log()).map(({ outcome }) => outcome)).toEqual(['running'])
  await expect(org.jobs.run('SyncService')).rejects.toMatchObject({ code: 'refused', place: { rule: 'running' } })
  isFrozen = true
  await env.advance(3 * MINUTE)
  thaw()
  await frozen
  await org.jobs.run('SyncService')
  expect((await org.jobs.log()).map(({ outcome, number }) => [number, outcome])).toEqual([
    [3, 'succeeded'],
    [2, 'succeeded'],
    [1, 'interrupted'],
  ])
})

test('two tabs whose clock is set back do not take the run from one another, nor wait for years', async () => {
  const world = await jobWorld({ isShared: true })
  const { org, env, emulator, settle } = world
  const other = await world.second()
  emulator.faults.add({ times: 1, fault: { kind: 'hang' } })
  const stop = new AbortController()
  const running = other.jobs.run('SyncService', { signal: stop.signal })
  await settle()
  await org.service.start()
  env.setClock(env.now() - 365 * DAY)
  await env.advance(30 * SECOND)
  stop.abort()
  expect(await running).toMatchObject({ outcome: 'stopped' })
  await env.advance(2 * MINUTE)
  expect(world.runs.at(-1)).toMatchObject({ outcome: 'succeeded' })
})

test('the jobs of an imported file are all that there are then; a file without jobs leaves them as they are', async () => {
  const world = await jobWorld()
  const { org } = world
  const often: JobDefinition = { schedule: { everyMinutes: 5 }, step: ALL }
  await activeJob(world, 'often', often)
  await org.jobs.draft('later', often)
  const { jobs, ...file } = await org.exportConfiguration()
  await org.jobs.draft('often', { ...often, priority: 3 })
  await activeJob(world, 'later', often)
  await activeJob(world, 'other', often)
  await org.importConfiguration(file)
  expect((await org.jobs.list()).map(({ name, state }) => `${name} ${state}`)).toEqual([
    'SyncService active',
    'later active',
    'often active',
    'other active',
  ])
  await org.importConfiguration({ ...file, jobs })
  expect((await org.exportConfiguration()).jobs).toEqual(jobs)
  expect((await org.jobs.list()).map(({ name, state, draft }) => `${name} ${state} ${draft !== null}`)).toEqual([
    'SyncService active false',
    'later draft true',
    'often active false',
  ])
})
