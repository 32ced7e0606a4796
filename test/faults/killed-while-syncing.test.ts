import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '@outpost/core/testing'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { administrator } from '../engine/world.ts'
import { converges, faultWorld, temporaryFolder } from './fault-world.ts'
import type { FaultWorld } from './fault-world.ts'

const ROUNDS = 8
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

type Moment =
  /** While this request is on its way to the master. */
  | { readonly at: 'request'; readonly nth: number }
  /** When the master has done what this request asks, before the answer arrives. */
  | { readonly at: 'answer'; readonly nth: number }
  /** When this many writes have been acknowledged. */
  | { readonly at: 'write'; readonly nth: number }

test(`what was written survives ${ROUNDS} kills in the middle of a sync, with one effect each (SEED=${seed})`, async () => {
  const there = await faultWorld()
  const random = seededRandom(seed)
  const program = await bundled()
  const device = await there.synced()
  const { path } = device
  await device.org.close()
  await device.store.close()

  const created = new Map<string, string>()
  const updated = new Map<string, string>()
  for (let round = 1; round <= ROUNDS; round += 1) {
    const at = (['request', 'answer', 'write'] as const)[Math.floor(random() * 3)] ?? 'request'
    const moment: Moment = { at, nth: 1 + Math.floor(random() * (at === 'write' ? 12 : 40)) }
    const place = `round ${round}, ${JSON.stringify(moment)}`
    for (const line of await runUntilKilled(there, program, path, round, moment)) {
      const [kind = '', id = '', value = ''] = line.split(' ')
      if (kind === 'create') created.set(id, value)
      else updated.set(id, value)
    }

    const { org, store } = await there.device({ path })
    for (const [id, value] of created)
      expect({ place, id, ...(await org.table('account').get(id)) }).toMatchObject({ place, id, name: `zz ${value}` })
    const { pending, processed, error } = (await org.status()).transactions
    expect({ place, error }).toEqual({ place, error: 0 })
    expect(pending + processed).toBeGreaterThanOrEqual(created.size)
    await org.close()
    await store.close()
  }

  const last = await there.device({ path })
  await converges(there, last)
  const effects = new Map<string, number>()
  for (const { changes } of await last.org.outbox.list({ statuses: ['processed'] })) {
    for (const { id } of changes) effects.set(id, (effects.get(id) ?? 0) + 1)
  }
  expect(created.size).toBeGreaterThan(0)
  expect(Object.fromEntries([...effects.keys()].map((id) => [id, there.effects(id)]))).toEqual(
    Object.fromEntries(effects),
  )
  for (const [id, value] of created)
    expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: `zz ${value}` })
  for (const [id] of updated)
    expect(there.emulator.master.row('account', id)?.values['telephone1']).toMatch(/^\d+\.\d+$/)
})

/** Starts the program and kills it at the moment. Gives back what it acknowledged. */
async function runUntilKilled(
  there: FaultWorld,
  program: string,
  path: string,
  round: number,
  moment: Moment,
): Promise<readonly string[]> {
  const token = there.emulator.tokenFor(administrator(there.emulator))
  if (moment.at !== 'write') {
    const rule = there.proxy.add({ nth: moment.nth, fault: { kind: moment.at === 'request' ? 'hold' : 'mute' } })
    void (moment.at === 'request' ? rule.struck : rule.delivered).then(() => child.kill('SIGKILL'))
  }
  const child: ChildProcess = spawn(process.execPath, [program, path, there.proxy.url, token, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (moment.at === 'write' && output.split('\n').length > moment.nth) child.kill('SIGKILL')
  })
  const signal = await new Promise<string | null>((resolve) => child.once('close', (_code, by) => resolve(by)))
  expect(signal).toBe('SIGKILL')
  there.proxy.heal()
  return output.split('\n').slice(0, -1)
}

/** Makes one JavaScript file of the program and the sources it imports, so that Node can run it without a build. */
async function bundled(): Promise<string> {
  const folder = await temporaryFolder()
  const conditions = ['@outpost/source', 'node', 'import', 'module', 'default']
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { noExternal: [/^@outpost\//], external: ['better-sqlite3'], resolve: { conditions } },
    build: {
      ssr: fileURLToPath(new URL('syncing-program.ts', import.meta.url)),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'syncing-program.mjs' } },
    },
  })
  return join(folder, 'syncing-program.mjs')
}
