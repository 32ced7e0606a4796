import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { fingerprintOf } from './fingerprint.ts'

const STEPS = 60
const seeds = Array.from({ length: 25 }, (_, index) => index + 1)

async function fingerprints(of: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>()
  for (const seed of of) found.set(seed, await fingerprintOf(seed, STEPS))
  return found
}

test('a run depends on its plan alone: not on what ran before, nor on the process', { timeout: 300_000 }, async () => {
  const child = fileURLToPath(new URL('dist/fingerprint-child.js', import.meta.url))
  const apart = promisify(execFile)(process.execPath, [child, String(STEPS), ...seeds.map(String)])
  const first = await fingerprints(seeds)
  expect(new Set(first.values()).size).toBe(seeds.length)
  const again = await fingerprints(seeds.toReversed())
  expect([...again].toReversed()).toEqual([...first])
  const { stdout } = await apart
  expect(stdout.trim().split('\n')).toEqual([...first.values()])
})
