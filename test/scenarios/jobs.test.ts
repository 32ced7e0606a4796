import type { JobDefinition, JobRun } from '@outpost/core'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { Technician } from './script.ts'

/* What is synced when, by itself, and what became of it. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SYNC = 'SyncService'

const hourly: JobDefinition = { schedule: { cron: '0 * * * *' }, step: { function: 'SyncService' } }

test('RS-30: a device that was connected has one job, which syncs everything, and connecting again makes no second', async () => {
  const { ann } = await dayWithAnn()
  const jobs = await ann.org.jobs.list()
  expect(jobs).toMatchObject([
    { name: SYNC, category: 'Job', state: 'active', published: { step: { function: 'SyncService' } } },
  ])
  await ann.org.connect()
  await ann.org.jobs.ensure()
  await ann.org.jobs.ensure()
  expect(await ann.org.jobs.list()).toEqual(jobs)
})

test('RS-30: the job that was removed can be made again, and keeps what somebody edited of it otherwise', async () => {
  const { ann } = await dayWithAnn()
  const before = await ann.org.jobs.get(SYNC)
  await ann.org.jobs.remove(SYNC)
  expect(await ann.org.jobs.list()).toEqual([])
  expect((await ann.org.jobs.ensure()).published).toEqual(before?.published)
  await ann.org.jobs.draft(SYNC, hourly)
  await ann.org.jobs.publish(SYNC)
  expect((await ann.org.jobs.ensure()).published).toEqual(hourly)
})

test('RS-31: a job knows its next run by its schedule, and a schedule that is none is refused', async () => {
  const { clock, ann } = await dayWithAnn()
  await publishes(ann, 'Hourly', hourly)
  expect(await ann.org.jobs.nextRun('Hourly')).toBe((Math.floor(clock.now() / HOUR) + 1) * HOUR)
  await publishes(ann, 'Often', { ...hourly, schedule: { everySeconds: 300 } })
  expect(await ann.org.jobs.nextRun('Often')).toBeLessThanOrEqual(clock.now() + 300_000)
  await expect(ann.org.jobs.draft('Wrong', { ...hourly, schedule: { cron: '61 * * * *' } })).rejects.toMatchObject({
    code: 'invalid',
  })
})

test('RS-31: the runs that a device slept through are made up for by one', async () => {
  const { clock, office, ann } = await dayWithAnn()
  await ann.org.jobs.remove(SYNC)
  await publishes(ann, 'Hourly', hourly)
  const id = office.adds('account', { name: 'News' })
  clock.setClock(clock.now() + 10 * HOUR)
  await ann.org.service.start()
  await clock.advance(2 * MINUTE)
  expect(await runsOf(ann)).toMatchObject([{ job: 'Hourly', trigger: 'schedule', outcome: 'succeeded', missed: 9 }])
  expect(await ann.sees('account', id)).toMatchObject({ name: 'News' })
  await ann.org.service.stop()
})

test('RS-32: what is edited of an active job has no effect before it is published again', async () => {
  const { clock, ann } = await dayWithAnn()
  await ann.org.jobs.remove(SYNC)
  await publishes(ann, 'Mine', hourly)
  const next = await ann.org.jobs.nextRun('Mine')
  await ann.org.jobs.draft('Mine', {
    ...hourly,
    schedule: { everySeconds: 60 },
    step: { ...hourly.step, tables: ['contact'] },
  })
  expect(await ann.org.jobs.nextRun('Mine')).toBe(next)
  await ann.org.service.start()
  await clock.advance(HOUR + MINUTE)
  const [run] = await runsOf(ann)
  expect(Object.keys(run?.tables ?? {}).toSorted()).toEqual(['account', 'contact'])
  expect(run).toMatchObject({ version: 1 })
  await ann.org.jobs.publish('Mine')
  await clock.advance(2 * MINUTE)
  const latest = (await runsOf(ann))[0]
  expect(latest).toMatchObject({ version: 2 })
  expect(Object.keys(latest?.tables ?? {})).toEqual(['contact'])
  await ann.org.service.stop()
})

test('RS-32: a job that is a draft, or was deactivated, does not run by itself', async () => {
  const { clock, ann } = await dayWithAnn()
  await ann.org.jobs.remove(SYNC)
  await ann.org.jobs.draft('Draft', hourly)
  await publishes(ann, 'Off', hourly)
  await ann.org.jobs.deactivate('Off')
  await expect(ann.org.jobs.activate('Draft')).rejects.toMatchObject({ code: 'refused' })
  await ann.org.service.start()
  await clock.advance(3 * HOUR)
  expect(await runsOf(ann)).toEqual([])
  expect(await ann.org.jobs.run('Off')).toMatchObject({ trigger: 'manual', outcome: 'succeeded' })
  await ann.org.service.stop()
})

test('RS-33: each run leaves its times, its counts by table, how it ended, and what went wrong', async () => {
  const { clock, office, ann } = await dayWithAnn()
  office.adds('account', { name: 'News' })
  await ann.adds('contact', { lastname: 'Rey' })
  const run = await ann.org.jobs.run(SYNC)
  expect(run).toMatchObject({
    job: SYNC,
    outcome: 'succeeded',
    startedAt: clock.now(),
    endedAt: clock.now(),
    tables: { account: { written: 1 }, contact: {} },
    pushed: { processed: 1 },
    errors: [],
  })
  office.cannotRead(/accounts\?/)
  office.adds('contact', { lastname: 'Ray' })
  const partial = await ann.org.jobs.run(SYNC)
  expect(partial).toMatchObject({ outcome: 'partial', errors: [{ table: 'account', code: 'rejected' }] })
  expect(partial.tables).toMatchObject({ contact: { written: 1 } })
  office.emulator.faults.clear()
  office.emulator.faults.add({ match: {}, times: Infinity, fault: { kind: 'status', status: 503, body: 'html' } })
  expect(await ann.org.jobs.run(SYNC)).toMatchObject({ outcome: 'failed', errors: [{ code: 'unavailable' }] })
  const log = await ann.org.jobs.log({ job: SYNC })
  expect(log.map(({ number, outcome }) => `${number} ${outcome}`)).toEqual(['3 failed', '2 partial', '1 succeeded'])
  await ann.restarts()
  expect(await ann.org.jobs.log({ job: SYNC })).toEqual(log)
})

async function publishes(ann: Technician, name: string, definition: JobDefinition): Promise<void> {
  await ann.org.jobs.draft(name, definition)
  await ann.org.jobs.publish(name)
  await ann.org.jobs.activate(name)
}

function runsOf(ann: Technician): Promise<readonly JobRun[]> {
  return ann.org.jobs.log()
}
