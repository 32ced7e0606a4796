import { expect, test } from 'vitest'
import { connectedWorkplace, expectDone, syncedWorkplace, workplace } from './workplace.ts'

const TABLES = { account: { columns: ['name', 'telephone1'] }, contact: { columns: ['lastname'] } }

test('a client org has a job from its first connection on', async () => {
  const place = await workplace()
  await expectDone(place.outpost('connect', place.url))
  const { json } = await place.outpost('jobs', 'list', '--json')
  expect(json.jobs).toMatchObject([
    {
      name: 'SyncService',
      category: 'Job',
      state: 'active',
      published: { schedule: { everyMinutes: 60 } },
      lastRun: null,
    },
  ])
  expect(typeof json.jobs[0].nextRun).toBe('number')
  const listed = await place.outpost('jobs', 'list')
  expect(listed.out).toMatch(
    /JOB +STATE +SCHEDULE +WHAT +NEXT +LAST RUN\nSyncService +active +every 60 min +everything +\S+Z +never/,
  )
})

test('a job is drafted, published and activated, and each step says what it is now', async () => {
  const place = await connectedWorkplace(TABLES)
  const drafted = await place.outpost(
    'jobs',
    'draft',
    'nightly',
    '--cron',
    '0 3 * * *',
    '--time-zone',
    'Europe/Copenhagen',
  )
  expect(drafted.exitCode).toBe(0)
  expect(drafted.out).toMatch(
    /State +draft\nDraft +0 3 \* \* \* \(Europe\/Copenhagen\): everything\n.*before 'outpost jobs publish'\nNext run +only by hand/,
  )
  expect((await place.outpost('jobs', 'activate', 'nightly', '--json')).error).toMatchObject({
    code: 'refused',
    place: { rule: 'not-published' },
    exitCode: 1,
  })
  await expectDone(place.outpost('jobs', 'publish', 'nightly'))
  const { json } = await place.outpost('jobs', 'activate', 'nightly', '--json')
  expect(json).toMatchObject({ name: 'nightly', state: 'active', version: 1, draft: null })
  expect(new Date(json.nextRun).getUTCMinutes()).toBe(0)
  const edited = await place.outpost(
    'jobs',
    'draft',
    'nightly',
    '--priority',
    '5',
    '--tables',
    'account',
    '--on',
    'online',
    '--json',
  )
  expect(edited.json).toMatchObject({
    state: 'active',
    published: { step: { function: 'SyncService' } },
    draft: {
      schedule: { cron: '0 3 * * *', timeZone: 'Europe/Copenhagen' },
      step: { tables: ['account'] },
      priority: 5,
      triggers: ['online'],
    },
  })
  expect((await place.outpost('jobs', 'list')).out).toMatch(/nightly +active, edited/)
  await expectDone(place.outpost('jobs', 'publish', 'nightly'))
  expect((await place.outpost('jobs', 'deactivate', 'nightly', '--json')).json).toMatchObject({
    state: 'published',
    version: 2,
  })
  await expectDone(place.outpost('jobs', 'remove', 'nightly'))
  expect((await place.outpost('jobs', 'show', 'nightly', '--json')).error).toMatchObject({
    exitCode: 2,
    place: { rule: 'unknown-job' },
  })
})

test('a whole definition is read from a file, and what is wrong with it is named', async () => {
  const place = await connectedWorkplace(TABLES)
  const good = await place.file(
    'good.json',
    '{"schedule":{"everySeconds":300},"step":{"function":"SyncService","tables":["contact"]}}',
  )
  expect((await place.outpost('jobs', 'draft', 'people', '--file', good, '--json')).json).toMatchObject({
    draft: { schedule: { everySeconds: 300 } },
  })
  const wrong = await place.file('wrong.json', '{"schedule":{"cron":"61 * * * *"},"step":{"function":"SyncService"}}')
  expect((await place.outpost('jobs', 'draft', 'people', '--file', wrong, '--json')).error).toMatchObject({
    code: 'invalid',
    place: { rule: 'schedule' },
    exitCode: 2,
  })
})

test.each([
  [['draft', 'x']],
  [['draft', 'x', '--cron', '* * * * *', '--every-minutes', '5']],
  [['draft', 'x', '--every-minutes', '5', '--time-zone', 'UTC']],
  [['draft', 'x', '--every-minutes', '5', '--scope', 'a', '--tables', 'b']],
  [['draft', 'x', '--every-minutes', 'soon']],
  [['draft', 'x', '--every-minutes', '0']],
  [['draft', 'x', '--every-minutes', '5', '--on', 'moon']],
])('jobs %j is bad usage, and makes no job', async (argv) => {
  const place = await connectedWorkplace(TABLES)
  expect((await place.outpost('jobs', ...argv, '--json')).exitCode).toBe(2)
  expect((await place.outpost('jobs', 'list', '--json')).json.jobs).toHaveLength(1)
})

test('a job is run by hand, and its run is in the log', async () => {
  const place = await connectedWorkplace(TABLES)
  expect((await place.outpost('jobs', 'log')).out).toBe('No job has run yet.\n')
  const ran = await place.outpost('jobs', 'run', 'SyncService', '--json')
  expect(ran.exitCode).toBe(0)
  const accounts = place.emulator.master.rows('account').length
  expect(ran.json).toMatchObject({
    number: 1,
    trigger: 'manual',
    outcome: 'succeeded',
    tables: { account: { received: accounts } },
  })
  expect(ran.json.traffic.requests).toBeGreaterThan(2)
  const again = await place.outpost('jobs', 'run', 'SyncService')
  expect(again.out).toMatch(/^SyncService #2 succeeded · nothing new · \d+\.\d s · \d+ requests? · [\d,]+ bytes\n$/)
  const log = await place.outpost('jobs', 'log', 'SyncService', '--json')
  expect(log.json.runs.map(({ number }: { number: number }) => number)).toEqual([2, 1])
  expect(log.json.runs[1]).toEqual(ran.json)
  expect((await place.outpost('jobs', 'log', '--limit', '1')).out).toMatch(
    /^\S+Z {2}SyncService #2 \(manual\) succeeded/,
  )
})

test('a run that cannot reach the master ends with exit code 3, and the log has the error', async () => {
  const place = await syncedWorkplace(TABLES)
  await place.goDown()
  expect((await place.outpost('jobs', 'run', 'SyncService')).exitCode).toBe(3)
  const log = await place.outpost('jobs', 'log')
  expect(log.out).toMatch(/SyncService #1 \(manual\) offline.*\n +error \[offline\]/)
})

test('ensure makes the job again that was removed', async () => {
  const place = await connectedWorkplace(TABLES)
  await expectDone(place.outpost('jobs', 'remove', 'SyncService'))
  expect((await place.outpost('jobs', 'list')).out).toContain("'outpost jobs ensure'")
  expect((await place.outpost('jobs', 'ensure', '--json')).json).toMatchObject({ name: 'SyncService', state: 'active' })
})
