import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What was measured, when and where. */
export interface Provenance {
  readonly date: string
  /** Null where that is not known. */
  readonly commit: string | null
  /** Whether tracked files are others than those of the commit. */
  readonly dirty: boolean
  readonly machine: {
    readonly platform: string
    readonly arch: string
    readonly release: string
    readonly cpu: string | undefined
    readonly cores: number
    readonly memoryMB: number
  }
  readonly versions: Readonly<Record<string, string>>
}

export function provenance(browser: string | undefined): Provenance {
  const all = cpus()
  return {
    date: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD') ?? null,
    dirty: Boolean(git('status', '--porcelain', '--untracked-files=no')),
    machine: {
      platform: platform(),
      arch: arch(),
      release: release(),
      cpu: all[0]?.model,
      cores: all.length,
      memoryMB: Math.round(totalmem() / 1e6),
    },
    versions: { node: process.version, ...(browser === undefined ? {} : { browser }), ...installed() },
  }
}

const HERE = dirname(fileURLToPath(import.meta.url))

/** What git says; undefined where there is none, or no repository. */
function git(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: HERE, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

/** The versions of Outpost's packages, of the peers and of what they stand on. */
function installed(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url)
  const bench = packageAt(join(HERE, '..', '..'))
  const names = Object.keys({ ...bench?.dependencies, ...bench?.devDependencies })
  const versions = names.flatMap((name) => {
    const folders = require.resolve.paths(name) ?? []
    const found = folders.map((folder) => packageAt(join(folder, name))).find((one) => one !== undefined)
    return found && !name.startsWith('@types/') ? [[name, found.version] as const] : []
  })
  return Object.fromEntries(versions)
}

interface Package {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function packageAt(folder: string): Package | undefined {
  const path = join(folder, 'package.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Package) : undefined
}
