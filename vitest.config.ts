import { existsSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

// Tests run on sources: the private condition leads every @outpost import to src.
const browserConditions = ['@outpost/source', 'module', 'browser', 'development|production']
const nodeConditions = ['@outpost/source', 'module', 'node', 'development|production']
const node = { resolve: { conditions: nodeConditions }, ssr: { resolve: { conditions: nodeConditions } } }

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
const named = process.env['CHROMIUM']
const chromium = (named ? [named] : installed).find((path) => existsSync(path))

const noChromium = 'the browser tests: no Chromium found. Install one, or name it in the CHROMIUM variable.'
if (chromium === undefined && process.env['CI']) throw new Error(`Cannot run ${noChromium}`)

const inChromium = (executablePath: string) => ({
  resolve: { conditions: browserConditions },
  // Named here because a dependency discovered in the middle of a run makes Vite reload the page under the tests.
  // sqlite-wasm finds its program beside itself, which a copy of it would not.
  optimizeDeps: { include: ['dexie', 'fast-json-patch'], exclude: ['@sqlite.org/sqlite-wasm'] },
  test: {
    name: 'browser',
    include: ['packages/*/src/**/*.browser.test.ts', 'test/**/*.browser.test.ts'],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      api: { host: '127.0.0.1' },
      provider: playwright({
        launchOptions: {
          executablePath,
          chromiumSandbox: false,
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
})

const results = process.env['TEST_RESULTS']
const notRun = [
  ...(chromium === undefined ? [noChromium] : []),
  ...(process.getBuiltinModule?.('node:sqlite') ? [] : ['the tests of node:sqlite: this Node has none (22.13 has).']),
]
const namesWhatDidNotRun = {
  onTestRunEnd: () => {
    for (const what of notRun) process.stderr.write(`\n  NOT RUN: ${what}\n`)
  },
}

// Files of a project share their workers and the modules in them: loading everything for each file alone took as long as
// the tests of most, and compiled code stays warm. What a module keeps must therefore be the same for all files.
const isolate = false

export default defineConfig({
  test: {
    // Vitest leaves one core free, which is half of a machine that has two.
    maxWorkers: '100%',
    reporters: [
      'default',
      ...(results ? [['json', { outputFile: results }] as ['json', object]] : []),
      ...(notRun.length === 0 ? [] : [namesWhatDidNotRun]),
    ],
    projects: [
      {
        ...node,
        test: {
          name: 'unit',
          isolate,
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
          // Some fill a whole page of 5,000 rows by requests; on a busy machine that takes its time.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...node,
        test: {
          name: 'system',
          isolate,
          include: ['test/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      ...(chromium === undefined ? [] : [inChromium(chromium)]),
    ],
  },
})
