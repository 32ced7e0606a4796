import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { ADMIN, bench } from '../ask.test-support.ts'
import type { Emulator } from '../emulator.ts'
import { capabilityAreas } from './capabilities.ts'
import { withCapabilities } from './render.ts'

const readme = new URL('../../README.md', import.meta.url)
let emulator: Emulator

beforeAll(() => {
  emulator = bench().emulator
})

function withIds(text: string): string {
  return text.replace(/\{([a-z_]+)\}/g, (_, table: string) => {
    const row = emulator.master.rows(table)[0]
    if (row === undefined) throw new RangeError(`no row of ${table}`)
    return row.id
  })
}

for (const { area, capabilities } of capabilityAreas) {
  test.for(capabilities)(`${area}: $what answers $status`, async ({ status, probe }) => {
    const { method = 'GET', path, headers = {}, body, as = ADMIN } = probe
    const sent = body === undefined ? {} : { body: withIds(body) }
    const answer = await emulator.as(as)(withIds(path), { method, headers, ...sent })
    const text = await answer.text()
    expect(`${answer.status}${answer.status === status ? '' : ` ${text}`}`).toBe(String(status))
    expect(answer.headers.has('x-emulator-not-implemented')).toBe(status === 501)
  })
}

test('the list in the README is made from the table', async () => {
  const text = readFileSync(readme, 'utf8')
  await expect(withCapabilities(text, capabilityAreas)).toMatchFileSnapshot(readme.pathname)
})
