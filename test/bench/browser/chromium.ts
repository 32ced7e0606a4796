import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { build } from 'vite'
import { failed } from '../run/order.ts'
import type { Order } from '../run/order.ts'
import type { Runner } from '../run/runner.ts'
import { FIRST_STAGE } from '../run/stages.ts'
import { lateBy } from '../run/time-limit.ts'
import type { StaticFile } from '../server/page-server.ts'
import type { Outcome } from '../workloads/workload.ts'

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const SWITCHES = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** Runs orders in a page, each in a Chromium of its own over the folder of its place. Throws where there is none. */
export async function inChromium(): Promise<Runner> {
  const named = process.env['CHROMIUM']
  const executablePath = (named ? [named] : INSTALLED).find((path) => existsSync(path))
  if (executablePath === undefined) throw new Error('no Chromium found: install one, or name it in CHROMIUM')
  const options = { executablePath, chromiumSandbox: false, args: SWITCHES }
  const browser = await chromium.launch(options)
  const version = browser.version()
  await browser.close()
  return {
    files: await bundle(),
    browser: `Chromium ${version}`,
    run: async (order, seconds) => {
      const context = await chromium.launchPersistentContext(order.place.folder, options)
      let stage = FIRST_STAGE
      let closed: Promise<void> | undefined
      const close = (): Promise<void> => (closed ??= context.close())
      const timer = setTimeout(() => void close(), seconds * 1000)
      try {
        const page = await context.newPage()
        page.on('console', (message) => {
          if (message.type() === 'debug') stage = message.text()
        })
        // A database of the page has a short name; the folder is that of the browser.
        const inPage: Order = { ...order, place: { ...order.place, folder: order.contender } }
        // It begins by itself: what it takes from its start on is to be its own time.
        const url = `${order.place.url}/page#${encodeURIComponent(JSON.stringify(inPage))}`
        await page.goto(url, { timeout: 0 })
        return await page.evaluate<Outcome | null>('outcome')
      } catch (error) {
        throw failed(order, stage, closed ? lateBy(seconds) : String(error))
      } finally {
        clearTimeout(timer)
        await close()
      }
    },
  }
}

/** The page and its program with everything it imports, by path. */
async function bundle(): Promise<ReadonlyMap<string, StaticFile>> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    base: '/program/',
    define: { global: 'globalThis' },
    worker: { format: 'es' },
    resolve: {
      conditions: ['module', 'browser', 'import', 'default'],
      // PouchDB wants Node's events.
      alias: { events: fileURLToPath(import.meta.resolve('events/events.js')) },
    },
    build: {
      write: false,
      minify: false,
      target: 'esnext',
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('page-program.js', import.meta.url)),
        output: { entryFileNames: 'main.js' },
      },
    },
  })
  const [output] = Array.isArray(built) ? built : [built]
  const files = output && 'output' in output ? output.output : []
  const page = '<!doctype html><title>Bench</title><script type="module" src="/program/main.js"></script>'
  return new Map([
    ['/page', { type: 'text/html', bytes: Buffer.from(page) }],
    ...files.map((file): [string, StaticFile] => [
      `/program/${file.fileName}`,
      {
        type: file.fileName.endsWith('.wasm') ? 'application/wasm' : 'text/javascript',
        bytes: Buffer.from(file.type === 'chunk' ? file.code : (file.source as Uint8Array)),
      },
    ]),
  ])
}
