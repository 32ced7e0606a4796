import { systemEnv } from '@outpost/core'
import type { Env } from '@outpost/core'
import { expect, test } from 'vitest'
import { expectDone, rowsOf, syncedWorkplace } from './workplace.ts'
import type { Outcome, Workplace } from './workplace.ts'

const TABLES = { account: { columns: ['name', 'accountnumber', 'telephone1'], syncFilter: 'statecode eq 0' } }
const EVERY_SECONDS = 77

/** Watches while the given steps are taken, one between two syncs each; after the last one it is interrupted. */
async function watchWhile(
  { outpostWith }: Workplace,
  steps: readonly (() => unknown)[],
  ...argv: readonly string[]
): Promise<Outcome> {
  const interruption = new AbortController()
  const left = [...steps]
  const env: Env = {
    ...systemEnv,
    // Only the pause between two syncs is the test's; the deadlines of requests stay real.
    sleep: async (ms, signal) => {
      if (ms !== EVERY_SECONDS * 1000) return systemEnv.sleep(ms, signal)
      const step = left.shift()
      if (step) return void (await step())
      interruption.abort()
      return systemEnv.sleep(ms, signal)
    },
  }
  return outpostWith({ env, signal: interruption.signal }, 'watch', '--every', String(EVERY_SECONDS), ...argv)
}

test('watch syncs at every turn, survives a master that is away, and ends with exit code 0', async () => {
  const place = await syncedWorkplace(TABLES)
  const { emulator } = place
  const [account] = emulator.master.rows('account').filter((row) => row.values['statecode'] === 0)
  const watched = await watchWhile(
    place,
    [
      () => emulator.master.update('account', account?.id ?? '', { telephone1: '+45 12 34 56 78' }),
      () => place.goDown(),
      () => place.comeBack(),
    ],
    '--json',
  )
  expect(watched.exitCode).toBe(0)
  const timeline = rowsOf(watched.out).map(({ type, error, tables }) => [type, error?.code ?? tables?.account.written])
  expect(timeline).toEqual([
    ['synced', 0],
    ['synced', 1],
    ['failed', 'offline'],
    ['synced', 0],
    ['stopped', undefined],
  ])
})

test('watch tells of transactions as they settle', async () => {
  const place = await syncedWorkplace(TABLES)
  const lines = '{"name":"Neu AG"}\n{"name":"Twin","accountnumber":"A-000001"}\n'
  await expectDone(place.outpost('import', await place.file('x.jsonl', lines), '--rows', 'account'))
  const watched = await watchWhile(place, [])
  expect(watched.exitCode).toBe(0)
  expect(watched.out).toMatch(/sent 2: 1 processed, 1 refused \(#2\); 0 left\n.*synced: 1 processed, 1 refused/)
})

test('watch tells of metadata that has changed, and of the table that is not pulled for it', async () => {
  const place = await syncedWorkplace(TABLES)
  place.emulator.schema.removeTable('account')
  const watched = await watchWhile(place, [])
  expect(watched.out).toMatch(/synced: the master's metadata has changed: .*not pulled any more: account/)
})

test('watch gives up with exit code 4 when a fixed token is refused', async () => {
  const place = await syncedWorkplace(TABLES)
  const watched = await watchWhile(place, [() => place.emulator.revokeToken(place.token)], '--json')
  expect(watched.exitCode).toBe(4)
  expect(watched.error.code).toBe('unauthenticated')
})

test('watch goes on when a token command may bring another token', async () => {
  const place = await syncedWorkplace(TABLES)
  const path = await place.file('token', place.token)
  const renewed = place.emulator.tokenFor('Dorian Vestergaard')
  const watched = await watchWhile(
    place,
    [() => place.emulator.revokeToken(place.token), () => place.file('token', renewed)],
    '--json',
    '--token-command',
    `cat ${path}`,
  )
  expect(watched.exitCode).toBe(0)
  expect(rowsOf(watched.out).map(({ type, error }) => error?.code ?? type)).toEqual([
    'synced',
    'unauthenticated',
    'synced',
    'stopped',
  ])
})

test('watch refuses an interval that is none', async () => {
  const place = await syncedWorkplace({})
  for (const every of ['0', '-1', 'soon', '100000']) {
    const refused = await place.outpost('watch', `--every=${every}`, '--json')
    expect(refused.exitCode).toBe(2)
    expect(refused.error.place.rule).toBe('usage')
  }
})
