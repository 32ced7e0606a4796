import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { bundled } from '../bundled.ts'
import { liveAndDie } from './lives.ts'
import type { Start } from './lives.ts'
import type { Report } from './report.ts'

const KILLS = Number(process.env['OUTPOST_NODE_KILLS'] ?? 15)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

/** Runs the program in a Node process, which says each thing on a line of its standard output. */
function onNode(program: string): Start {
  return (options, hear) => {
    const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: child.stdout }).on('line', (line) => {
      // The last line of a process that is killed in the middle of it is cut.
      const report = readReport(line)
      if (report) hear(report)
    })
    return {
      kill: () => void child.kill('SIGKILL'),
      ended: new Promise((resolve) => child.once('close', (_code, signal) => resolve(signal === 'SIGKILL'))),
    }
  }
}

function readReport(line: string): Report | null {
  try {
    return JSON.parse(line) as Report
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const repeated = `SEED=${seed} OUTPOST_NODE_KILLS=${KILLS} npx vitest run test/crash/workload/node-sigkill.test.ts`

test(`${KILLS} lives of a Node process on SQLite are killed, and nothing is lost or doubled`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-lives-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const program = await bundled(new URL('node-program.ts', import.meta.url), folder)
  const outcome = await liveAndDie(onNode(program), { seed, kills: KILLS, place: join(folder, 'client.db') })
  expect({ repeated, problems: outcome.problems }).toEqual({ repeated, problems: [] })
  expect(outcome.kills).toBe(KILLS)
  expect(outcome.acknowledged).toBeGreaterThan(KILLS)
}, 300_000)
