#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { HELP, readArguments, UsageError } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { FieldError } from './control/fields.ts'
import { setLimits, turnKnobs } from './control/knob-values.ts'
import { createEmulator } from './emulator.ts'
import type { Emulator } from './emulator.ts'
import { clockFrom, realClock } from './env.ts'
import { readFaults } from './fault-files.ts'
import { checkRule } from './faults/check-rule.ts'
import type { FaultRule } from './faults/fault.ts'
import { UnreadableFile } from './loaders/load-error.ts'
import { seedFromFiles } from './seed-files.ts'
import type { Seed } from './schema.ts'
import { fieldService } from './seed/field-service.ts'
import { serve } from './server.ts'
import type { ServedEmulator } from './server.ts'

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? ''
}

/** The same seed, telling somebody who watches how far it is. */
function withProgress(seed: Seed): Seed {
  if (!process.stderr.isTTY) return seed
  const { rows } = seed
  function* counted(): Generator<Seed['rows'] extends Iterable<infer Row> ? Row : never> {
    let count = 0
    for (const row of rows) {
      yield row
      if (++count % 10_000 === 0) process.stderr.write(`\r${count.toLocaleString('en-US')} rows`)
    }
    if (count >= 10_000) process.stderr.write('\r\u001B[K')
  }
  return { ...seed, rows: { [Symbol.iterator]: counted } }
}

function seedOf({ rows, schemaFiles, rowsDirectory }: Arguments): Seed {
  if (schemaFiles.length === 0 && rowsDirectory === undefined) return fieldService({ rows })
  try {
    return seedFromFiles({ schemaFiles, ...(rowsDirectory === undefined ? {} : { rowsDirectory }) })
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    throw new UsageError(`${schemaFiles.includes(error.path) ? '--schema' : '--rows-from'} ${error.message}`)
  }
}

function clockOf({ clock }: Arguments, seed: Seed): () => number {
  if (clock === 'real') return realClock
  return clockFrom(clock === 'seed' ? Date.parse(seed.asOf) : clock)
}

function checkNames(rule: FaultRule, { users, schema }: Seed): void {
  try {
    checkRule(rule, { users, tables: schema.tables().map(({ logicalName }) => logicalName) })
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--fault: ${error.message}`)
    throw error
  }
}

function emulatorFrom(given: Arguments): Emulator {
  const { seedNumber, control, exposeHeaders, knobs, limits } = given
  // Wrong rules are told before rows are loaded, which may take a while.
  const rules = given.faults.flatMap((one) => readFaults(one, (path) => readFileSync(path, 'utf8')))
  const seed = seedOf(given)
  for (const rule of rules) checkNames(rule, seed)
  const emulator = createEmulator({
    seed: withProgress(seed),
    clock: clockOf(given, seed),
    logLimit: 1000,
    seedNumber,
    control,
    ...(exposeHeaders === undefined ? {} : { exposeHeaders }),
  })
  turnKnobs(emulator.knobs, knobs)
  setLimits(emulator.limits, limits)
  for (const rule of rules) emulator.faults.add(rule)
  return emulator
}

function describe(served: ServedEmulator, emulator: Emulator, { json, tokenHours, control }: Arguments): string {
  const users = emulator.users.map(({ name, id }) => ({
    name,
    id,
    token: emulator.tokenFor(id, { audience: served.url, lifetimeMs: tokenHours * 3_600_000 }),
  }))
  const { url, api } = served
  if (json) return `${JSON.stringify({ url, api, users })}\n`
  const lines = users.map(({ name, token }) => `  ${name.padEnd(24)} ${token}`)
  const steering = control ? `Control endpoint at ${url}/emulator\n` : ''
  return `Dataverse emulator, Web API at ${api}\n${steering}Bearer tokens:\n${lines.join('\n')}\nCtrl+C ends it.\n`
}

async function main(args: readonly string[]): Promise<void> {
  const given = readArguments(args)
  if (given === 'help' || given === 'version') {
    process.stdout.write(given === 'help' ? HELP : `${version()}\n`)
    return
  }
  const emulator = emulatorFrom(given)
  const served = await serve(emulator, given)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void served.close())
  process.stdout.write(describe(served, emulator, given))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  // Wrong options, files that are none and a port in use are the user's to mend: one line, no stack.
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`outpost-emulator: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`)
  process.exitCode = error instanceof UsageError || error instanceof FieldError ? 2 : 1
}
