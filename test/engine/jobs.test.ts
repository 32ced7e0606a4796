import type { JobDefinition } from '@outpost/core'
import { expect, test } from 'vitest'
import { HOUR, jobWorld, MINUTE } from './jobs-world.ts'

/* What a job is: drafted, published, activated; made by connect, repaired by ensure; kept in the store. */

const NIGHTLY: JobDefinition = {
  schedule: { cron: '0 3 * * *', timeZone: 'Europe/Copenhagen' },
  step: { function: 'SyncService' },
}

test('connect makes one job that syncs everything every hour, published and active', async () => {
  const { org } = await jobWorld()
  expect(await org.jobs.list()).toEqual([
    {
      name: 'SyncService',
      category: 'Job',
      state: 'active',
      version: 1,
      published: {
        schedule: { everyMinutes: 60 },
        step: { function: 'SyncService' },
        priority: 0,
        triggers: ['online'],
      },
      draft: null,
    },
  ])
  await org.connect()
  expect(await org.jobs.list()).toHaveLength(1)
})

test('ensure changes nothing where the job is there, and makes it again where it is missing', async () => {
  const { org, env } = await jobWorld()
  await org.service.start()
  await env.advance(MINUTE)
  await org.service.stop()
  const [before] = await org.jobs.list()
  const next = await org.jobs.nextRun('SyncService')
  expect(await org.jobs.ensure()).toEqual(before)
  expect(await org.jobs.nextRun('SyncService')).toBe(next)
  await org.jobs.remove('SyncService')
  expect(await org.jobs.list()).toEqual([])
  expect(await org.jobs.ensure()).toEqual(before)
  expect(await org.jobs.list()).toHaveLength(1)
})

test('a job that an older version made is renewed, but for what was edited of it', async () => {
  const { org, store } = await jobWorld()
  const old = {
    schedule: { everyMinutes: 240 },
    step: { function: 'SyncService' },
    triggers: ['focus'],
  }
  const kept = { name: 'SyncService', category: 'Job', version: 3, draft: null }
  await store.write('an older version', (tx) =>
    tx.setValue('job/SyncService', {
      ...kept,
      state: 'published',
      published: { ...old, schedule: { everyMinutes: 15 } },
      origin: { template: 0, definition: old },
    }),
  )
  expect(await org.jobs.ensure()).toMatchObject({
    state: 'published',
    version: 4,
    published: { schedule: { everyMinutes: 15 }, triggers: ['online'], priority: 0 },
  })
  expect(await org.jobs.ensure()).toMatchObject({ version: 4 })
})

test('a job is drafted, published and activated, in that order', async () => {
  const { org, env } = await jobWorld()
  expect(await org.jobs.draft('nightly', NIGHTLY)).toMatchObject({ state: 'draft', version: 0, published: null })
  await expect(org.jobs.activate('nightly')).rejects.toMatchObject({
    code: 'refused',
    place: { rule: 'not-published' },
  })
  await expect(org.jobs.run('nightly')).rejects.toMatchObject({ code: 'refused' })
  expect(await org.jobs.nextRun('nightly')).toBeNull()
  expect(await org.jobs.publish('nightly')).toMatchObject({ state: 'published', version: 1, draft: null })
  expect(await org.jobs.nextRun('nightly')).toBeNull()
  expect(await org.jobs.activate('nightly')).toMatchObject({ state: 'active' })
  // Three in the morning in Copenhagen, in summer.
  expect(await org.jobs.nextRun('nightly')).toBe(Date.UTC(2026, 4, 2, 1))
  expect(await org.jobs.deactivate('nightly')).toMatchObject({ state: 'published' })
  expect(await org.jobs.nextRun('nightly')).toBeNull()
  await org.jobs.remove('nightly')
  expect(await org.jobs.get('nightly')).toBeUndefined()
  expect(env.now()).toBeGreaterThan(0)
})

test('what is edited of an active job takes effect when it is published again', async () => {
  const { org, env, requests } = await jobWorld()
  await org.jobs.remove('SyncService')
  await org.jobs.draft('own', {
    schedule: { everyMinutes: 10 },
    step: { function: 'SyncService', tables: ['account'] },
  })
  await org.jobs.publish('own')
  await org.jobs.activate('own')
  await org.service.start()
  await env.advance(1)
  requests()
  await org.jobs.draft('own', {
    schedule: { everyMinutes: 30 },
    step: { function: 'SyncService', tables: ['contact'] },
  })
  expect(await org.jobs.get('own')).toMatchObject({
    state: 'active',
    version: 1,
    published: { schedule: { everyMinutes: 10 } },
    draft: { schedule: { everyMinutes: 30 } },
  })
  await env.advance(10 * MINUTE)
  const [run] = await org.jobs.log({ limit: 1 })
  expect(run).toMatchObject({ number: 2, version: 1, outcome: 'succeeded' })
  expect(Object.keys(run?.tables ?? {})).toEqual(['account'])
  await org.jobs.publish('own')
  expect(await org.jobs.nextRun('own')).toBe(env.now() + 30 * MINUTE)
  await env.advance(30 * MINUTE)
  const [after] = await org.jobs.log({ limit: 1 })
  expect(after).toMatchObject({ number: 3, version: 2 })
  expect(Object.keys(after?.tables ?? {})).toEqual(['contact'])
})

test('a run in progress goes on with the definition it began with', async () => {
  const { org, emulator, env, settle } = await jobWorld()
  await org.jobs.draft('own', {
    schedule: { everyMinutes: 10 },
    step: { function: 'SyncService', tables: ['account'] },
  })
  await org.jobs.publish('own')
  const rule = emulator.faults.add({ times: 1, fault: { kind: 'delay', ms: 5 } })
  const running = org.jobs.run('own')
  await org.jobs.draft('own', {
    schedule: { everyMinutes: 10 },
    step: { function: 'SyncService', tables: ['contact'] },
  })
  await org.jobs.publish('own')
  await settle()
  await env.advance(1000)
  const run = await running
  rule()
  expect(run.version).toBe(1)
  expect(Object.keys(run.tables)).toEqual(['account'])
  expect(await org.jobs.get('own')).toMatchObject({ version: 2 })
})

test.each([
  ['schedule', { schedule: { cron: '61 * * * *' }, step: { function: 'SyncService' } }],
  ['schedule', { schedule: { cron: 'hourly' }, step: { function: 'SyncService' } }],
  ['schedule', { schedule: { cron: '0 0 30 2 *' }, step: { function: 'SyncService' } }],
  ['schedule', { schedule: { cron: '2027-01-01T00:00:00' }, step: { function: 'SyncService' } }],
  ['schedule', { schedule: { cron: '? * * * *' }, step: { function: 'SyncService' } }],
  ['schedule', { schedule: { everyMinutes: 0 }, step: { function: 'SyncService' } }],
  ['schedule', { schedule: { everyMinutes: 1, everySeconds: 1 }, step: { function: 'SyncService' } }],
  ['schedule', { schedule: {}, step: { function: 'SyncService' } }],
  ['time-zone', { schedule: { cron: '0 * * * *', timeZone: 'Mars/Base' }, step: { function: 'SyncService' } }],
  ['time-zone', { schedule: { everyMinutes: 1, timeZone: 'UTC' }, step: { function: 'SyncService' } }],
  ['step', { schedule: { everyMinutes: 1 }, step: { function: 'Delete' } }],
  ['step', { schedule: { everyMinutes: 1 }, step: { function: 'SyncService', scope: 'a', tables: ['b'] } }],
  ['step', { schedule: { everyMinutes: 1 }, step: { function: 'SyncService', tables: [] } }],
  ['priority', { schedule: { everyMinutes: 1 }, step: { function: 'SyncService' }, priority: 1.5 }],
  ['trigger', { schedule: { everyMinutes: 1 }, step: { function: 'SyncService' }, triggers: ['moon'] }],
  ['definition', { schedule: { everyMinutes: 1 }, step: { function: 'SyncService' }, colour: 'red' }],
  ['definition', null],
])('a draft that breaks the rule %s is refused: %j', async (rule, definition) => {
  const { org } = await jobWorld()
  const given = definition as JobDefinition
  await expect(org.jobs.draft('wrong', given)).rejects.toMatchObject({ code: 'invalid', place: { rule } })
  expect(await org.jobs.get('wrong')).toBeUndefined()
})

test.each(['', ' x', 'a/b', 'a\nb', 'x'.repeat(101)])('a job cannot be named %j', async (name) => {
  const { org } = await jobWorld()
  await expect(org.jobs.draft(name, NIGHTLY)).rejects.toMatchObject({ code: 'invalid', place: { rule: 'job-name' } })
})

test('a definition that names what is not configured is not published', async () => {
  const { org } = await jobWorld()
  const schedule = { everyMinutes: 1 }
  await org.jobs.draft('a', { schedule, step: { function: 'SyncService', scope: 'moon' } })
  await expect(org.jobs.publish('a')).rejects.toMatchObject({ code: 'invalid', place: { rule: 'unknown-scope' } })
  await org.jobs.draft('b', { schedule, step: { function: 'SyncService', tables: ['account', 'lead'] } })
  await expect(org.jobs.publish('b')).rejects.toMatchObject({ code: 'invalid', place: { table: 'lead' } })
  expect(await org.jobs.get('a')).toMatchObject({ state: 'draft', version: 0 })
})

test('a job that is not there is told by name', async () => {
  const { org } = await jobWorld()
  for (const what of [
    () => org.jobs.publish('none'),
    () => org.jobs.activate('none'),
    () => org.jobs.deactivate('none'),
    () => org.jobs.remove('none'),
    () => org.jobs.run('none'),
    () => org.jobs.nextRun('none'),
    () => org.jobs.log({ job: 'none' }),
  ]) {
    await expect(what()).rejects.toMatchObject({ code: 'invalid', place: { rule: 'unknown-job' } })
  }
})

test('jobs, their times and their log survive a restart', async () => {
  const first = await jobWorld()
  await first.org.jobs.draft('nightly', NIGHTLY)
  await first.org.jobs.publish('nightly')
  await first.org.jobs.activate('nightly')
  await first.org.service.start()
  await first.env.advance(2 * HOUR)
  const [jobs, log, next] = [
    await first.org.jobs.list(),
    await first.org.jobs.log(),
    await first.org.jobs.nextRun('SyncService'),
  ]
  expect(log).toHaveLength(3)
  const second = await first.restart()
  expect(await second.org.jobs.list()).toEqual(jobs)
  expect(await second.org.jobs.log()).toEqual(log)
  expect(await second.org.jobs.nextRun('SyncService')).toBe(next)
})

test('a client org that is signed out loses its jobs with everything else, and gets its job by connecting', async () => {
  const { org } = await jobWorld()
  await org.jobs.draft('nightly', NIGHTLY)
  await org.signOut()
  expect(await org.jobs.list()).toEqual([])
  await expect(org.jobs.ensure()).rejects.toMatchObject({ code: 'refused' })
  await org.connect()
  expect((await org.jobs.list()).map(({ name }) => name)).toEqual(['SyncService'])
})
