// What the README of the simulation promises to those who bring a scenario of their own.
import { execFile } from 'node:child_process'
import { promises as files } from 'node:fs'
import { join } from 'node:path'
import { planFileFrom, planOf, planWithOnly, reportInWords, runPlan, simulate, textOfPlan } from '@outpost/simulation'
import type { Scenario } from '@outpost/simulation'
import { choice, fieldService, integer, standardColumns, text, WebApiError } from '@outpost/dataverse-emulator'
import { expect, onTestFinished, test } from 'vitest'
import { repositoryRoot } from './mutants/repository-root.ts'

const root = repositoryRoot()
const command = join(root, 'packages/simulation/bin/outpost-simulate.js')

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

function simulateWith(folder: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { cwd: folder }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
  })
}

/** A folder in which packages are found by their names, with the given files. */
async function folderWith(given: Readonly<Record<string, string>>): Promise<string> {
  const folder = await files.mkdtemp(join(root, 'node_modules', '.simulation-'))
  onTestFinished(() => files.rm(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(given)) await files.writeFile(join(folder, name), content)
  return folder
}

async function moduleOfTheReadme(): Promise<string> {
  const readme = await files.readFile(join(root, 'packages/simulation/README.md'), 'utf8')
  return /```js\n(\/\/ deliveries\n.*?)```/s.exec(readme)?.[1] ?? ''
}

/** Answers everything that begins with `letter` with 503, for ever. */
const planted: Scenario = {
  seed: () => fieldService({ rows: 200 }),
  prepare: (emulator) => {
    emulator.schema.addTable({
      schemaName: 'new_Delivery',
      objectTypeCode: 10_900,
      displayName: 'Delivery',
      primaryName: 'new_name',
      ownership: 'OrganizationOwned',
      columns: [
        text('new_Name', { required: 'ApplicationRequired' }),
        integer('new_Parcels'),
        choice('new_State', { 1: 'Planned', 2: 'On the way', 3: 'There' }),
        ...standardColumns('new_delivery', { ownership: 'OrganizationOwned' }),
      ],
    })
    emulator.plugins.register({
      name: 'no letters',
      message: 'Create',
      table: 'new_delivery',
      stage: 'preOperation',
      run: ({ target }) => {
        const { new_name: name } = target
        if (typeof name === 'string' && name.startsWith('letter')) throw new WebApiError(503, '0x80044150', 'Not now.')
      },
    })
  },
  users: ['Amara Okafor'],
  words: ['letter', 'box'],
  configurations: [
    {
      tables: {
        new_delivery: {
          columns: ['new_name', 'new_parcels', 'new_state'],
          syncDeletion: true,
          conflictPolicy: { function: 'more' },
        },
      },
    },
  ],
  conflictFunctions: {
    more: ({ clashes, local, remote }) =>
      Object.fromEntries(
        clashes.map((name) => [name, Number(local[name]) > Number(remote[name]) ? 'local' : 'remote']),
      ),
  },
}

test(
  'a problem in a scenario of one’s own is found, made small and shown again by its command',
  { timeout: 300_000 },
  async () => {
    const shape = { devices: 2, steps: 40 }
    const report = await simulate(planted, { ...shape, seeds: 10, shrinkRuns: 60 })
    const [first] = report.found
    expect(first?.problems[0]?.check).toBe('liveness')
    expect(report.runs).toBeLessThanOrEqual(10)
    const { shrunk } = report
    expect(shrunk?.plan.steps.length).toBeLessThan(6)
    const words = reportInWords(report, 'npx outpost-simulate deliveries.mjs')
    const [, seed = '', only = ''] = /--seed (\d+) --devices 2 --steps 40 --only (\S+)/.exec(words) ?? []
    const again = await runPlan(planted, planWithOnly(planOf({ ...shape, seed: Number(seed) }), only))
    expect(again.problems).toEqual(shrunk?.problems)
    expect(again.story).toEqual(shrunk?.story)
    expect(words).toContain(again.story.join('\n'))
  },
)

test('a plan that is kept is the same run, and one with steps that are not known any more is refused', async () => {
  const plan = planOf({ seed: 7, devices: 2, steps: 5 })
  const kept = planFileFrom(textOfPlan({ about: 'nothing', check: 'I3', ...plan }))
  expect(kept).toEqual({ about: 'nothing', check: 'I3', ...plan })
  const renamed = textOfPlan({ ...kept, steps: plan.steps.map((step) => ({ ...step, kind: 'no such kind' })) })
  expect(() => planFileFrom(renamed)).toThrow(RangeError)
  await expect(runPlan(planted, { ...plan, steps: [{ at: 0, kind: 'gone', device: 0, seed: 1 }] })).rejects.toThrow(
    RangeError,
  )
})

test(
  'the module of the README runs as printed, and the report does not depend on how many workers there are',
  { timeout: 300_000 },
  async () => {
    const folder = await folderWith({ 'deliveries.mjs': await moduleOfTheReadme() })
    const run = async (workers: string): Promise<object> => {
      const args = ['deliveries.mjs', '--seeds', '9', '--steps', '30', '--workers', workers, '--json']
      const { code, out, err } = await simulateWith(folder, ...args)
      expect({ code, err: err.replaceAll(/^\d+\/.*\n/gm, '') }).toEqual({ code: 0, err: '' })
      const { seconds: _, ...report } = JSON.parse(out) as { readonly seconds: number; readonly runs: number }
      expect(report.runs).toBe(9)
      return report
    }
    expect(await run('1')).toEqual(await run('2'))
  },
)

test('what is asked for wrongly is said, with exit code 2', { timeout: 120_000 }, async () => {
  const folder = await folderWith({
    'none.mjs': 'export const other = 1\n',
    'empty.mjs': 'export const scenario = { seed: () => ({}), users: [], configurations: [{}], words: ["a"] }\n',
    'broken.mjs': 'export const scenario = (\n',
    'deliveries.mjs': await moduleOfTheReadme(),
    'renamed.json': textOfPlan({ about: 'a', check: 'I1', seed: 1, devices: 1, steps: [] }).replace(
      '[\n\n  ]',
      '[{"at":0,"kind":"gone","device":0,"seed":1}]',
    ),
  })
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [[], 'which module'],
    [['nowhere.mjs'], 'nowhere.mjs'],
    [['none.mjs'], "'scenario'"],
    [['empty.mjs'], "'users'"],
    [['broken.mjs'], 'broken.mjs'],
    [['deliveries.mjs', '--seeds', 'many'], '--seeds'],
    [['deliveries.mjs', '--budget', '4'], '--budget'],
    [['deliveries.mjs', '--colour'], '--colour'],
    [['deliveries.mjs', '--without', 'I9'], 'I9'],
    [['deliveries.mjs', '--only', '3'], '--seed'],
    [['deliveries.mjs', '--seed', '1', '--only', '900'], '900'],
    [['deliveries.mjs', '--seed', '1', '--only', 'x'], "'x'"],
    [['deliveries.mjs', '--replay', 'nowhere.json'], 'nowhere.json'],
    [['deliveries.mjs', '--replay', 'renamed.json'], "'gone'"],
  ]
  for (const [args, said] of wrong) {
    const { code, out, err } = await simulateWith(folder, ...args)
    expect({ args, code, out }).toEqual({ args, code: 2, out: '' })
    expect(err).toContain(said)
  }
  const { code, out } = await simulateWith(folder, '--help')
  expect({ code, isHelp: out.includes('outpost-simulate <module>') }).toEqual({ code: 0, isHelp: true })
})
