import { expect, test } from 'vitest'
import { createEmulator } from './emulator.ts'
import { fieldService } from './seed/field-service.ts'

const seed = fieldService({ rows: 200 })

test('with clock and ids given, an emulator that has gone back answers with the same bytes, request ids included', async () => {
  let count = 0
  const id = (): string => `00000000-0000-4000-8000-${(count++).toString().padStart(12, '0')}`
  const emulator = createEmulator({ seed, clock: () => Date.parse(seed.asOf), newId: id })
  const backup = emulator.backup()
  const run = async (): Promise<unknown> => {
    emulator.restoreBackup(backup)
    count = 0
    const answer = await emulator.as('Sunniva Admin')('accounts', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Prefer: 'return=representation' },
      body: JSON.stringify({ name: 'Nordlys' }),
    })
    const requestId = answer.headers.get('x-ms-service-request-id')
    return { requestId, status: answer.status, body: await answer.text() }
  }
  expect(await run()).toEqual(await run())
})
