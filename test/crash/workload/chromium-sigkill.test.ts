import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { liveAndDie } from './lives.ts'
import type { Start } from './lives.ts'
import { servePage } from './page-server.ts'
import type { PageServer } from './page-server.ts'

const KILLS = Number(process.env['OUTPOST_CHROMIUM_KILLS'] ?? 6)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

const named = process.env['CHROMIUM']
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const chromium = (named ? [named] : installed).find((path) => existsSync(path))
if (chromium === undefined && process.env['CI'])
  throw new Error('there is no Chromium: name it in the CHROMIUM variable')

/** Opens the page in a Chromium of its own, with everything it keeps in the folder. */
function inChromium(executable: string, folder: string, page: PageServer): Start {
  return (options, hear) => {
    const url = `${page.url}#${encodeURIComponent(JSON.stringify(options))}`
    const child = spawn(executable, [...SWITCHES, `--user-data-dir=${folder}`, url], {
      detached: true,
      stdio: 'ignore',
    })
    let isOver = false
    // A process group of its own: what a browser consists of dies in one blow.
    const kill = (): void => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGKILL')
    }
    page.hear = hear
    page.ended = () => {
      isOver = true
      kill()
    }
    return {
      kill,
      ended: new Promise((resolve) => {
        child.once('close', () => {
          page.hear = () => {}
          resolve(!isOver)
        })
      }),
    }
  }
}

const SWITCHES = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-breakpad',
  '--disable-session-crashed-bubble',
  '--disable-dev-shm-usage',
  '--password-store=basic',
  '--use-mock-keychain',
]

const repeated = `SEED=${seed} OUTPOST_CHROMIUM_KILLS=${KILLS} npx vitest run test/crash/workload/chromium-sigkill.test.ts`

test.skipIf(chromium === undefined)(
  `${KILLS} lives of a Chromium on IndexedDB are killed, and nothing is lost or doubled`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-chromium-'))
    const page = await servePage()
    onTestFinished(async () => {
      await page.close()
      rmSync(folder, { recursive: true, maxRetries: 5 })
    })
    const start = inChromium(chromium ?? '', folder, page)
    const outcome = await liveAndDie(start, { seed, kills: KILLS, place: 'client' })
    expect({ repeated, problems: outcome.problems }).toEqual({ repeated, problems: [] })
    expect(outcome.kills).toBe(KILLS)
    expect(outcome.acknowledged).toBeGreaterThan(KILLS)
  },
  300_000,
)
