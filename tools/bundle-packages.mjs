#!/usr/bin/env node
// Bundles the packages that a program loads whole when it starts: hundreds of small modules cost Node more than the work
// until the first query (decisions/018). `tsc -b` has written their declarations; here each entry in `exports` becomes one
// file in dist/, with what entries share beside them. What a package does not depend on when it is installed, goes in.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const PACKAGES = ['core', 'dataverse-adapter', 'store-sqlite']

const CODE = /\.js(?:\.map)?$/

for (const name of PACKAGES) await bundle(fileURLToPath(new URL(`../packages/${name}`, import.meta.url)))

async function bundle(folder) {
  const { exports, dependencies, optionalDependencies } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  )
  const sources = Object.values(exports).flatMap((entry) => entry['@outpost/source'] ?? [])
  const installed = Object.keys({ ...dependencies, ...optionalDependencies })
  const bundled = await rolldown({
    cwd: folder,
    input: Object.fromEntries(sources.map((path) => [basename(path, '.ts'), path])),
    external: (id) => id.startsWith('node:') || installed.some((name) => id === name || id.startsWith(`${name}/`)),
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'] },
    onLog: (_level, { message }) => {
      throw new Error(message)
    },
    transform: { target: 'es2023' },
  })
  const { output } = await bundled.write({
    dir: join(folder, 'dist'),
    sourcemap: true,
    chunkFileNames: 'shared-[hash].js',
  })
  await removeOthers(join(folder, 'dist'), new Set(output.map(({ fileName }) => fileName)))
  await nameWhatWentIn(
    join(folder, 'dist'),
    new Set(output.flatMap(({ moduleIds = [] }) => moduleIds.flatMap(packageOf))),
  )
}

/** The folder of the installed package that the module is of; nothing for modules of our own. */
function packageOf(module) {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module) ?? []
}

/** Other people's licences travel with their code. */
async function nameWhatWentIn(dist, folders) {
  const licences = await Promise.all([...folders].map(licenceOf))
  if (licences.length > 0) await writeFile(join(dist, 'bundled-licenses.txt'), licences.join('\n\n'))
}

async function licenceOf(folder) {
  const { name, version, license, author } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find((path) => /^licen[cs]e/i.test(path))
  const text = file ? await readFile(join(folder, file), 'utf8') : `Copyright ${author?.name ?? author}`
  return `${name} ${version} (${license})\n\n${text.trim()}\n`
}

/** Removes the code of earlier builds. */
async function removeOthers(dist, written) {
  const files = await readdir(dist, { recursive: true })
  const others = files.filter((path) => CODE.test(path) && !written.has(path))
  await Promise.all(others.map((path) => rm(join(dist, path))))
}
