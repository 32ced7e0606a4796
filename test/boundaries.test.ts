// Plants what the lint configuration forbids in an empty house and asserts that each plant is reported. The linter ignores
// a pattern it does not understand (a regular expression with a lookahead, say), so a rule that looks right may enforce nothing.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Plant {
  readonly file: string
  readonly text: string
  readonly rule: string
}

interface Diagnostic {
  readonly code: string
  readonly filename: string
}

const plant = (file: string, rule: string, text: string): Plant => ({ file, rule, text })
const imports = (file: string, ...specifiers: string[]): Plant[] =>
  specifiers.map((specifier) => plant(file, 'no-restricted-imports', `import '${specifier}'`))
const globals = (file: string, ...names: string[]): Plant[] =>
  names.map((name) => plant(file, 'no-restricted-globals', `export const planted: unknown = ${name}`))
const hiddenInputs = (file: string): Plant[] =>
  ['Date.now', 'performance.now', 'Math.random', 'crypto.randomUUID', 'AbortSignal.timeout'].map((name) =>
    plant(file, 'no-restricted-properties', `export const planted: unknown = ${name}(1)`),
  )

const packages = ['core', 'dataverse-adapter', 'store-sqlite', 'store-dexie', 'dataverse-emulator', 'simulation', 'cli']
const others = (...known: string[]): string[] =>
  packages.filter((name) => !known.includes(name)).flatMap((name) => [`@outpost/${name}`, `../../${name}/src/index.ts`])

/** Lints the plants, each in a file of its own (a number follows `planted` in its name), and gives the rules reported per plant. */
async function rulesReported(plants: readonly Omit<Plant, 'rule'>[], ...options: string[]): Promise<string[][]> {
  const house = await mkdtemp(join(tmpdir(), 'outpost-boundaries-'))
  onTestFinished(() => rm(house, { recursive: true, force: true }))
  await cp(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json'))
  await cp(join(root, 'tsconfig.base.json'), join(house, 'tsconfig.json'))
  await symlink(join(root, 'node_modules'), join(house, 'node_modules'), 'junction')
  await writeFile(join(house, '.gitignore'), 'node_modules\n')
  const files = plants.map(({ file }, index) =>
    join(dirname(file), basename(file).replace(/^planted(File)?/, `planted$1-${index}`)),
  )
  for (const [index, file] of files.entries()) {
    await mkdir(join(house, dirname(file)), { recursive: true })
    await writeFile(join(house, file), `${plants[index]?.text}\n`)
  }
  const report = await new Promise<string>((resolve) => {
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
    execFile(process.execPath, [oxlint, '--format=json', ...options], { cwd: house }, (_exit, stdout) =>
      resolve(stdout),
    )
  })
  const { diagnostics } = JSON.parse(report) as { diagnostics: readonly Diagnostic[] }
  return files.map((file) =>
    diagnostics
      .filter(({ filename }) => join(filename) === file)
      .map(({ code }) => code.replace(/^[\w-]+\((.*)\)$/, '$1')),
  )
}

async function unreported(plants: readonly Plant[], ...options: string[]): Promise<Plant[]> {
  const rules = await rulesReported(plants, ...options)
  return plants.filter(({ rule }, index) => !rules[index]?.includes(rule))
}

test('lint keeps platform, adapters, clock and chance out of core', async () => {
  const file = 'packages/core/src/planted.ts'
  const platform = ['node:fs', 'dexie', 'rxdb', 'dynamics-web-api', 'better-sqlite3', '@azure/msal-browser', 'vitest']
  const globalNames = ['fetch', 'navigator', 'setTimeout', 'setInterval', 'window', 'document', 'process', 'globalThis']
  const plants = [
    ...imports(file, ...platform, ...others('core')),
    ...imports('packages/core/src/outbox/planted.ts', ...platform, '../../../store-sqlite/src/index.ts'),
    plant(file, 'no-restricted-imports', `await import('node:fs')`),
    plant(file, 'no-restricted-imports', `export * from 'dexie'`),
    plant(file, 'no-restricted-imports', `import type { Dexie } from 'dexie'\nexport type P = Dexie`),
    plant(file, 'consistent-type-imports', `export type P = import('dexie').Dexie`),
    plant(file, 'no-require-imports', `export const planted: unknown = require('dexie')`),
    ...globals(file, ...globalNames),
    ...hiddenInputs(file),
    ...imports('packages/core/src/planted.test.ts', 'rxdb', ...others('core')),
  ]
  expect(await unreported(plants)).toEqual([])
})

test('lint keeps the engine out of the ports', async () => {
  const plants = imports('packages/core/src/ports/planted.ts', '../push.ts', '../outbox/outbox.ts', 'fast-json-patch')
  expect(await unreported(plants)).toEqual([])
})

test('lint keeps adapters apart from one another and from the command line', async () => {
  const plants = ['dataverse-adapter', 'store-sqlite', 'store-dexie'].flatMap((name) => {
    const source = `packages/${name}/src/planted.ts`
    return [
      ...imports(source, 'rxdb', ...others('core', name)),
      ...imports(source, '../../core/src/index.ts'),
      ...imports(`packages/${name}/src/planted.test.ts`, 'rxdb', ...others('core', name)),
      ...hiddenInputs(source),
    ]
  })
  expect(await unreported(plants)).toEqual([])
})

test('lint keeps each platform library in its one package', async () => {
  const plants = [
    ...imports('packages/dataverse-adapter/src/planted.ts', 'node:http', 'dexie', 'better-sqlite3', 'commander'),
    ...imports('packages/store-dexie/src/planted.ts', 'node:fs', 'better-sqlite3', 'dynamics-web-api'),
    ...imports(
      'packages/store-sqlite/src/planted.ts',
      'dexie',
      'dynamics-web-api',
      'commander',
      '@sqlite.org/sqlite-wasm',
    ),
    ...imports('packages/store-sqlite/src/opfs/planted.ts', 'dexie', 'better-sqlite3', 'node:fs', '../sqlite-file.ts'),
    ...imports('packages/cli/src/planted.ts', 'dexie', 'better-sqlite3', 'dynamics-web-api', '@outpost/store-dexie'),
  ]
  expect(await unreported(plants)).toEqual([])
})

test('lint keeps core, Node and hidden input out of the emulator, and core out of its edge and its tests', async () => {
  const file = 'packages/dataverse-emulator/src/planted.ts'
  const plants = [
    ...imports(file, 'node:http', 'rxdb', ...others('dataverse-emulator')),
    ...globals(file, 'process', 'setTimeout', 'fetch', 'Buffer'),
    ...hiddenInputs(file),
    ...imports('packages/dataverse-emulator/src/server.ts', '@outpost/core'),
    ...imports('packages/dataverse-emulator/src/cli.ts', 'rxdb'),
    ...imports('packages/dataverse-emulator/src/planted.test.ts', '@outpost/core'),
  ]
  expect(await unreported(plants)).toEqual([])
})

test('lint keeps stores, Node and hidden input out of the simulation, and all but Node out of its command line', async () => {
  const file = 'packages/simulation/src/planted.ts'
  const plants = [
    ...imports(file, 'node:fs', 'rxdb', '@outpost/core/anything'),
    ...imports(file, ...others('core', 'dataverse-adapter', 'dataverse-emulator', 'simulation')),
    ...imports('packages/simulation/src/steps/planted.ts', 'node:fs', '@outpost/store-sqlite'),
    ...imports('packages/simulation/src/command.ts', '@outpost/core', 'commander'),
    ...hiddenInputs(file),
  ]
  expect(await unreported(plants)).toEqual([])
})

test('lint keeps rxdb, relative paths into packages and console out of everything else', async () => {
  const plants = [
    ...imports('examples/main-job/src/planted.ts', 'rxdb', '../../../packages/core/src/index.ts'),
    ...imports('test/planted.test.ts', 'rxdb', '../packages/core/src/index.ts'),
    ...['examples/main-job', 'packages/core', 'packages/cli', 'packages/dataverse-emulator'].map((folder) =>
      plant(`${folder}/src/planted.ts`, 'no-console', `console.log('planted')`),
    ),
  ]
  expect(await unreported(plants)).toEqual([])
})

test('lint reports cycles, also those of types only', async () => {
  const plants = [
    plant('packages/core/src/a.ts', 'no-cycle', `import type { B } from './b.ts'\nexport type A = B | 1`),
    plant('packages/core/src/b.ts', 'no-cycle', `import type { A } from './a.ts'\nexport type B = A[]`),
    plant('packages/cli/src/c.ts', 'no-cycle', `import { d } from './d.ts'\nexport const c = (): number => d()`),
    plant('packages/cli/src/d.ts', 'no-cycle', `import { c } from './c.ts'\nexport const d = (): number => c()`),
  ]
  expect(await unreported(plants)).toEqual([])
})

test('lint reports lost promises, leaking any, mocks and focused tests', async () => {
  const file = 'packages/core/src/planted.ts'
  const plants = [
    plant(file, 'no-floating-promises', 'export const planted = (): void => {\n  Promise.resolve(1)\n}'),
    plant(file, 'no-misused-promises', 'export const planted = [1].filter(async () => false)'),
    plant(file, 'no-unsafe-return', 'export const planted = (text: string): number => JSON.parse(text)'),
    plant(file, 'no-explicit-any', 'export const planted: any = 1'),
    plant(file, 'no-default-export', 'export default 1'),
    plant('packages/core/src/plantedFile.ts', 'filename-case', 'export const planted = 1'),
    plant('test/planted.test.ts', 'no-restricted-vi-methods', `import { vi } from 'vitest'\nvi.mock('./x.ts')`),
    plant('test/planted.test.ts', 'no-focused-tests', `import { test } from 'vitest'\ntest.only('x', () => {})`),
  ]
  expect(await unreported(plants, '--type-aware')).toEqual([])
})

test('lint lets each package use what is its own', async () => {
  const permitted = [
    { file: 'packages/core/src/planted.ts', text: `import 'fast-json-patch'\nimport './row.ts'\nimport '../a/b.ts'` },
    { file: 'packages/core/src/ports/planted.ts', text: `import '../row.ts'\nimport './store.ts'` },
    { file: 'packages/core/src/env.ts', text: 'export const planted = [Date.now(), Math.random(), setTimeout]' },
    {
      file: 'packages/core/src/planted.test.ts',
      text: `import 'vitest'\nimport 'node:fs'\nexport const p = Date.now()`,
    },
    { file: 'packages/dataverse-adapter/src/planted.ts', text: `import '@outpost/core'\nimport 'dynamics-web-api'` },
    {
      file: 'packages/dataverse-adapter/src/planted.test.ts',
      text: `import '@outpost/core/testing'\nimport 'node:http'`,
    },
    { file: 'packages/store-dexie/src/planted.ts', text: `import '@outpost/core'\nimport 'dexie'` },
    {
      file: 'packages/store-sqlite/src/planted.ts',
      text: `import '@outpost/core'\nimport 'better-sqlite3'\nimport 'node:fs'`,
    },
    {
      file: 'packages/store-sqlite/src/opfs/planted.ts',
      text: `import '@outpost/core/store'\nimport '@sqlite.org/sqlite-wasm'\nimport '../connection.ts'`,
    },
    {
      file: 'packages/dataverse-emulator/src/server.ts',
      text: `import 'node:http'\nexport const planted = Date.now()`,
    },
    {
      file: 'packages/cli/src/planted.ts',
      text: `import '@outpost/store-sqlite'\nimport 'commander'\nimport 'node:tty'`,
    },
    {
      file: 'packages/simulation/src/planted.ts',
      text: `import '@outpost/core/testing'\nimport '@outpost/dataverse-adapter'\nimport '@outpost/dataverse-emulator'`,
    },
    { file: 'packages/simulation/src/workers.ts', text: `import 'node:worker_threads'` },
    { file: 'test/planted.test.ts', text: `import '@outpost/dataverse-emulator/server'\nimport 'dexie'` },
  ]
  expect((await rulesReported(permitted)).flat()).toEqual([])
})
