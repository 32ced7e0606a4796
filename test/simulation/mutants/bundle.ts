import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { edited, editsOf } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import { repositoryRoot } from './repository-root.ts'

const CONDITIONS = ['@outpost/source', 'node', 'import', 'module', 'default']

/**
 * Makes one JavaScript file of the program that runs the simulation, with all the sources it imports and the mistake of
 * the mutant in them; none without a mutant. Gives its path in the folder. Throws where the mutant has lost its place.
 */
export async function bundleOf(mutant: Mutant | null, folder: string): Promise<string> {
  const root = repositoryRoot()
  const open = new Set(mutant ? editsOf(mutant).map(({ file }) => file) : [])
  const file = `${mutant?.name ?? 'control'}.mjs`
  mkdirSync(folder, { recursive: true })
  const modules = join(folder, 'node_modules')
  if (!existsSync(modules)) symlinkSync(join(root, 'node_modules'), modules)
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'mutant',
        enforce: 'pre',
        transform(source, id) {
          const path = id.split('?')[0]?.slice(root.length) ?? ''
          if (!mutant || !open.delete(path)) return null
          const edits = editsOf(mutant).filter((edit) => edit.file === path)
          return { code: edits.reduce((text, edit) => edited(text, edit, mutant.name), source), map: null }
        },
      },
    ],
    resolve: { conditions: CONDITIONS },
    ssr: { noExternal: [/^@outpost\//], resolve: { conditions: CONDITIONS } },
    build: {
      ssr: join(root, 'test/simulation/mutants/program.ts'),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      reportCompressedSize: false,
      rolldownOptions: { output: { entryFileNames: file } },
    },
  })
  if (open.size > 0) throw new Error(`mutant '${mutant?.name}': the simulation does not use ${[...open].join(', ')}`)
  return join(folder, file)
}
