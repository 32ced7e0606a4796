import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder that the packages are in, with a slash at its end. This file may have been built somewhere below it. */
export function repositoryRoot(): string {
  for (let at = new URL('.', import.meta.url); ; at = new URL('..', at)) {
    if (existsSync(new URL('packages/core/src/index.ts', at))) return fileURLToPath(at)
    if (at.pathname === '/') throw new Error('the mutation check needs the sources of the packages around it')
  }
}
