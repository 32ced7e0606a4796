import { existsSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

const conditions = ['@outpost/source', 'module', 'browser', 'development|production']
const nodeConditions = ['@outpost/source', 'node', 'import', 'module', 'default']
const chromium = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
)
const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

if (chromium === undefined) {
  const skipped = 'browser tests (store-dexie in Chromium) do not run: no Chromium found. Install one, or name it in the CHROMIUM variable.'
  if (process.env['CI']) throw new Error(skipped)
  process.stderr.write(`\n  NOT RUN: ${skipped}\n\n`)
}

const node = { resolve: { conditions: nodeConditions }, ssr: { resolve: { conditions: nodeConditions } } }

export default defineConfig({
  test: {
    projects: [
      {
        ...node,
        test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'], exclude: ['**/*.browser.test.ts', '**/node_modules/**'] },
      },
      {
        ...node,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      ...(chromium === undefined
        ? []
        : [
            {
              resolve: { conditions },
              test: {
                name: 'browser',
                include: ['packages/*/src/**/*.browser.test.ts', 'test/**/*.browser.test.ts'],
                testTimeout: 60_000,
                browser: {
                  enabled: true,
                  headless: true,
                  screenshotFailures: false,
                  api: { host: '127.0.0.1' },
                  provider: playwright({ launchOptions: { executablePath: chromium, args: chromiumArgs, chromiumSandbox: false } }),
                  instances: [{ browser: 'chromium' as const }],
                },
              },
            },
          ]),
    ],
  },
})
