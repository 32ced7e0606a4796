#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { createEmulator } from './emulator.ts'
import type { Emulator } from './emulator.ts'
import { fieldService } from './seed/field-service.ts'
import { serve } from './server.ts'
import type { ServedEmulator } from './server.ts'

const HELP = `outpost-emulator: a local Dataverse Web API

  npx outpost-emulator [options]

  --seed NAME       tables, users and rows to begin with; field-service (default)
  --rows N          about how many rows in all (default 2000, at least 200)
  --port P          port to listen on; 0 (default) picks a free one
  --host H          address to listen on (default 127.0.0.1)
  --token-hours H   how long the printed tokens are good for (default 24)
  --json            print one line of JSON when ready: {"url","api","users":[{"name","id","token"}]}
  --help            this text

Every user gets a bearer token; requests without one are answered 401. Rows live in memory until the process ends
(Ctrl+C). What the emulator does not implement is answered 501 with the header x-emulator-not-implemented.
`

interface Arguments {
  readonly rows: number
  readonly port: number
  readonly host: string
  readonly tokenHours: number
  readonly json: boolean
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new RangeError(`--${name} takes a whole number from ${least} to ${most}, not '${text}'`)
}

function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: 'field-service' },
      rows: { type: 'string', default: '2000' },
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      'token-hours': { type: 'string', default: '24' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  if (values.seed !== 'field-service') throw new RangeError(`no seed '${values.seed}'; there is field-service`)
  return {
    rows: whole('rows', values.rows, 200, 10_000_000),
    port: whole('port', values.port, 0, 65_535),
    host: values.host,
    tokenHours: whole('token-hours', values['token-hours'], 1, 10_000),
    json: values.json,
  }
}

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
