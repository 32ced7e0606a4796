import { expect, test } from 'vitest'
import { connectedWorkplace, expectDone, rowsOf, syncedWorkplace } from './workplace.ts'
import type { Outcome, Workplace } from './workplace.ts'

const TABLES = { account: { columns: ['name', 'telephone1'] }, contact: { columns: ['lastname'] } }

interface Serving {
  /** Resolves when the log says it. */
  readonly said: (what: RegExp) => Promise<string>
  readonly stop: () => Promise<Outcome>
}

/** Serves until it is told to stop. */
function serving({ outpostWith }: Workplace, ...argv: readonly string[]): Serving {
  const interruption = new AbortController()
  let out = ''
  const listeners = new Set<() => void>()
  const onOut = (text: string): void => {
    out += text
    for (const listener of listeners) listener()
  }
  const running = outpostWith({ signal: interruption.signal, onOut }, 'serve', ...argv)
  const ended = running.then(({ err }) => Promise.reject(new Error(`serve has ended: ${out}${err}`)))
  ended.catch(() => {})
  return {
    said: (what) =>
      Promise.race([
        ended,
        new Promise<string>((resolve) => {
          const look = (): void => {
            if (what.test(out)) resolve(out)
          }
          listeners.add(look)
          look()
        }),
      ]),
    stop: () => {
      interruption.abort()
      return running
    },
  }
}

const healthAt = async (log: string): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> => {
  const answer = await fetch(/http:\S+\/health/.exec(log)?.[0] ?? '')
  return { status: answer.status, body: await answer.json() }
}

test('a master that cannot be reached stops no service: the log says so once, and a monitor when it is tried again', async () => {
  const place = await syncedWorkplace(TABLES)
  await place.goDown()
  const service = serving(place, '--health-port', '0')
  const log = await service.said(/SyncService #1 offline[^]*\n/)
  const { status, body } = await healthAt(log)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    status: 'degraded',
    service: 'running',
    reasons: expect.arrayContaining([expect.objectContaining({ code: 'offline', job: 'SyncService' })]),
    jobs: [{ name: 'SyncService', failuresInARow: 1, isRunning: false, lastRun: { outcome: 'offline' } }],
  })
  expect(body.jobs[0].nextRun).toBeGreaterThan(body.at)
  expect(body.jobs[0].nextRun - body.at).toBeLessThanOrEqual(10_000)
  const ended = await service.stop()
  expect(ended).toMatchObject({ exitCode: 0, err: '' })
  expect(ended.out).toMatch(/^\S+Z {2}SyncService #1 offline/m)
  expect(ended.out).toMatch(/^\S+Z {2}SyncService #1 error \[offline\]/m)
})

test('a second service on the same database is refused, and says why; the first goes on', async () => {
  const place = await syncedWorkplace(TABLES)
  const service = serving(place)
  await service.said(/#1 succeeded/)
  for (const argv of [['serve'], ['serve', '--once'], ['jobs', 'run', 'SyncService'], ['sync']]) {
    const second = await place.outpost(...argv, '--json')
    expect([argv, second.exitCode, second.error.code]).toEqual([argv, 5, 'store-busy'])
    expect(second.error.remedy).toMatch(/\w+ \w+/)
  }
  expect(await service.stop()).toMatchObject({ exitCode: 0, err: '' })
})

test('a table that fails is named in the log of the service with its remedy, and the other one comes', async () => {
  const place = await syncedWorkplace(TABLES)
  place.emulator.schema.removeTable('contact')
  const service = serving(place, '--log-format', 'json')
  await service.said(/run\.ended/)
  const { out } = await service.stop()
  const [run] = rowsOf(out).filter(({ type }) => type === 'run.ended')
  expect(run.run).toMatchObject({
    outcome: 'partial',
    tables: { account: {}, contact: { error: { code: 'not-found' } } },
    errors: [{ table: 'contact', code: 'not-found', remedy: expect.any(String) }],
    metadata: { changes: expect.arrayContaining([{ kind: 'table-removed', table: 'contact' }]) },
  })
  const log = await place.outpost('jobs', 'log')
  expect(log.out).toMatch(
    /^ +error contact: \[not-found\] the master no longer has the table 'contact'.*\n +remedy \w+/m,
  )
  expect(log.out).toMatch(/^ +metadata contact: table removed$/m)
})

test('a job whose table is no longer kept says so and stops no other', async () => {
  const place = await connectedWorkplace(TABLES)
  await expectDone(place.outpost('jobs', 'draft', 'people', '--every-minutes', '5', '--tables', 'contact'))
  await expectDone(place.outpost('jobs', 'publish', 'people'))
  await expectDone(place.outpost('jobs', 'activate', 'people'))
  const { contact: _, ...tables } = TABLES
  await expectDone(place.outpost('configure', await place.file('less.json', JSON.stringify({ tables }))))
  const service = serving(place)
  const out = await service.said(
    /people #1 failed[^]*SyncService #1 succeeded|SyncService #1 succeeded[^]*people #1 error/,
  )
  expect(out).toMatch(/people #1 error contact: \[invalid\] table 'contact'/)
  expect((await service.stop()).exitCode).toBe(0)
})
