#!/usr/bin/env node
import { HELP, readArguments } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { createEmulator } from './emulator.ts'
import type { Emulator } from './emulator.ts'
import { fieldService } from './seed/field-service.ts'
import { serve } from './server.ts'
import type { ServedEmulator } from './server.ts'

function describe(served: ServedEmulator, emulator: Emulator, { json, tokenHours }: Arguments): string {
  const users = emulator.users.map(({ name, id }) => ({
    name,
    id,
    token: emulator.tokenFor(id, { audience: served.url, lifetimeMs: tokenHours * 3_600_000 }),
  }))
  const { url, api } = served
  if (json) return `${JSON.stringify({ url, api, users })}\n`
  const lines = users.map(({ name, token }) => `  ${name.padEnd(24)} ${token}`)
  return `Dataverse emulator, Web API at ${api}\nBearer tokens:\n${lines.join('\n')}\nCtrl+C ends it.\n`
}

async function main(args: readonly string[]): Promise<void> {
  const given = readArguments(args)
  if (given === 'help') {
    process.stdout.write(HELP)
    return
  }
  const emulator = createEmulator({ seed: fieldService({ rows: given.rows }), logLimit: 1000 })
  const served = await serve(emulator, given)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void served.close())
  process.stdout.write(describe(served, emulator, given))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  // Wrong options and a port in use are the user's to mend: one line, no stack.
  process.stderr.write(`outpost-emulator: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
