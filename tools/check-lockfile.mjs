#!/usr/bin/env node
// Fails when the lock-file is incomplete: an optional platform package that a registry lacked makes `npm ci` fail elsewhere.
import { readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const names = new Set(
  Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
)
const missing = Object.entries(packages).flatMap(([path, entry]) =>
  Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !names.has(name))
    .map((name) => `${name} (wanted by ${path})`),
)
const resolved = Object.entries(packages).filter(
  ([, entry]) => typeof entry.resolved === 'string' && entry.resolved.startsWith('http'),
)
const dexies = Object.entries(packages).filter(([path]) => path.endsWith('node_modules/dexie'))

for (const name of missing) process.stderr.write(`lock-file lacks the optional package ${name}\n`)
for (const [path] of resolved) process.stderr.write(`lock-file names a registry address for ${path}\n`)
if (dexies.length !== 1)
  process.stderr.write(`lock-file has ${dexies.length} versions of dexie; two cannot be loaded in one page\n`)
process.exitCode = missing.length + resolved.length > 0 || dexies.length !== 1 ? 1 : 0
