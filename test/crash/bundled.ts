import { symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * Makes one JavaScript file of a program and the sources it imports, so that Node can run it without a build. Gives back
 * its path in the folder.
 */
export async function bundled(program: URL, folder: string): Promise<string> {
  const conditions = ['@outpost/source', 'node', 'import', 'module', 'default']
  const file = basename(fileURLToPath(program)).replace('.ts', '.mjs')
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { noExternal: [/^@outpost\//], external: ['better-sqlite3'], resolve: { conditions } },
    build: {
      ssr: fileURLToPath(program),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { output: { entryFileNames: file } },
    },
  })
  return join(folder, file)
}
