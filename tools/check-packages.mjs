#!/usr/bin/env node
// Checks the packages as their users get them: packs each public one, lints the tarballs (publint, are-the-types-wrong),
// installs them into an empty folder, imports every entry point, runs every command and type-checks a consumer.
// Needs a build. Prints one line per check and exits 1 when one fails.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = fileURLToPath(new URL('..', import.meta.url))
const tool = (path) => join(root, 'node_modules', path)
const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'))

const attw = fileURLToPath(new URL('dist/index.js', import.meta.resolve('@arethetypeswrong/cli/package.json')))

// Entry points that name Node; all others must type-check and load for a page as well.
const nodeOnly = new Set([
  '@outpost/store-sqlite',
  '@outpost/store-sqlite/node-sqlite',
  '@outpost/dataverse-emulator/server',
  '@outpost/cli',
  '@outpost/simulation',
  '@outpost/simulation/command',
])
// Entry points whose types need those of a page: dexie's own name IndexedDB and files, the other a worker.
const pageOnly = new Set(['@outpost/store-dexie', '@outpost/store-sqlite/opfs'])

/** Runs a program to its end, at most two minutes. Never rejects: the answer says how it ended. */
const run = (program, args, cwd) =>
  new Promise((resolve) => {
    execFile(program, args, { cwd, timeout: 120_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      resolve({ ok: error === null, stdout, output: `${stdout}${stderr}`.trim() || error?.message || '' }),
    )
  })
const node = (args, cwd) => run(process.execPath, args, cwd)
// npm names the script it runs in npm_execpath; on its own the tool finds npm on the path.
const npm = (args, cwd) =>
  process.env.npm_execpath ? node([process.env.npm_execpath, ...args], cwd) : run('npm', args, cwd)

let passed = 0
let failed = 0
function report(name, ok, details = '') {
  if (ok) passed += 1
  else failed += 1
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}\n`)
  if (!ok) process.stdout.write(`${details.replace(/^/gm, '       ')}\n`)
}

async function publicPackages() {
  const folders = (await readdir(join(root, 'packages'))).map((name) => join(root, 'packages', name))
  const packages = []
  for (const folder of folders.filter((path) => existsSync(join(path, 'package.json')))) {
    const manifest = await readJson(join(folder, 'package.json'))
    if (manifest.private !== true) packages.push({ folder, manifest, name: manifest.name })
  }
  return packages
}

async function pack({ folder, name }, destination) {
  const { ok, stdout, output } = await npm(['pack', '--json', '--pack-destination', destination], folder)
  if (!ok) {
    report(`pack ${name}`, false, output)
    return undefined
  }
  const [{ filename, files }] = JSON.parse(stdout)
  const strays = files.map(({ path }) => path).filter((path) => /\.tsbuildinfo$|\.test\.|\.bench\./.test(path))
  report(`pack ${name} (${files.length} files)`, strays.length === 0, `not for publishing: ${strays.join(', ')}`)
  return join(destination, filename)
}

async function lintTarball({ name }, tarball) {
  const content = await readFile(tarball)
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength) },
  })
  const problems = messages.filter(({ type }) => type !== 'suggestion')
  report(`publint ${name}`, problems.length === 0, problems.map((message) => formatMessage(message, pkg)).join('\n'))

  const types = await node([attw, tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'], root)
  report(`are the types wrong ${name}`, types.ok, types.output)
}

/** Installs the tarballs with the peers and platform types their users have, at the versions of this workspace. */
async function install(packages, tarballs, consumer) {
  const peers = packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {}))
  const wanted = [...new Set([...peers, '@types/node'])]
  const versions = await Promise.all(
    wanted.map(async (name) => `${name}@${(await readJson(tool(`${name}/package.json`))).version}`),
  )
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock']
  const { ok, output } = await npm(['install', ...flags, ...tarballs, ...versions], consumer)
  report(`install ${tarballs.length} tarballs`, ok, output)
  // Compiling SQLite a second time takes minutes and would prove nothing about our packages.
  const binding = 'better-sqlite3/build/Release/better_sqlite3.node'
  if (ok && existsSync(tool(binding))) await cp(tool(binding), join(consumer, 'node_modules', binding))
  return ok
}

const entryPoints = ({ name, manifest }) =>
  Object.keys(manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => name + path.slice(1))

async function importAll(entries, consumer) {
  for (const entry of entries) {
    const { ok, output } = await node(['--input-type=module', '--eval', `await import('${entry}')`], consumer)
    report(`import ${entry}`, ok, output)
  }
}

async function runCommands(packages, consumer) {
  for (const { name, manifest } of packages) {
    for (const [command, path] of Object.entries(manifest.bin ?? {})) {
      const installed = join(consumer, 'node_modules', name, path)
      const text = existsSync(installed) ? await readFile(installed, 'utf8') : ''
      report(`${command} is a Node script`, text.startsWith('#!/usr/bin/env node\n'), `${path} lacks its first line`)
      const { ok, stdout, output } = await node([installed, '--help'], consumer)
      report(`${command} --help`, ok && stdout.includes(command), output)
    }
  }
}

async function typeCheck(entries, consumer) {
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, target: 'ES2023' }
  const pages = entries.filter((entry) => !nodeOnly.has(entry))
  const programs = entries.filter((entry) => !pageOnly.has(entry))
  const inNode = { lib: ['ES2023'], types: ['node'] }
  const inPage = { lib: ['ES2023', 'DOM'], types: [] }
  const consumers = [
    { name: 'nodenext', entries: programs, options: { module: 'NodeNext', moduleResolution: 'NodeNext', ...inNode } },
    { name: 'bundler', entries: programs, options: { module: 'ESNext', moduleResolution: 'Bundler', ...inNode } },
    { name: 'page', entries: pages, options: { module: 'ESNext', moduleResolution: 'Bundler', ...inPage } },
  ]
  for (const { name, entries: used, options } of consumers) {
    const folder = join(consumer, name)
    await mkdir(folder)
    const lines = used.map((entry, index) => `import * as entry${index} from '${entry}'`)
    const all = `export const entries: readonly object[] = [${used.map((_, index) => `entry${index}`).join(', ')}]`
    await writeFile(join(folder, 'consumer.ts'), [...lines, all, ''].join('\n'))
    const config = { compilerOptions: { ...strict, ...options }, files: ['consumer.ts'] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const { ok, output } = await node([tool('typescript/bin/tsc'), '-p', folder], consumer)
    report(`type-check a consumer (${name}, ${used.length} entry points)`, ok, output)
  }
}

const packages = await publicPackages()
const work = await mkdtemp(join(tmpdir(), 'outpost-packages-'))
try {
  const tarballs = []
  for (const each of packages) {
    const tarball = await pack(each, work)
    if (tarball === undefined) continue
    tarballs.push(tarball)
    await lintTarball(each, tarball)
  }
  const consumer = join(work, 'consumer')
  await mkdir(consumer)
  if (await install(packages, tarballs, consumer)) {
    const entries = packages.flatMap(entryPoints)
    await importAll(entries, consumer)
    await runCommands(packages, consumer)
    await typeCheck(entries, consumer)
  }
} finally {
  await rm(work, { recursive: true, force: true })
}
process.stdout.write(`package checks: ${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
