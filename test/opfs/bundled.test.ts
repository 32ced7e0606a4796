// What a page gets of the store on OPFS from a bundler: its worker and its program as files, and nothing of Node.
import { promises as files } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('a bundler makes files of the worker and its program, and the page loads neither before it opens a store', async () => {
  const folder = await files.mkdtemp(join(root, 'node_modules', '.opfs-page-'))
  onTestFinished(() => files.rm(folder, { recursive: true, force: true }))
  await files.writeFile(join(folder, 'index.html'), '<script type="module" src="./page.js"></script>')
  await files.writeFile(
    join(folder, 'page.js'),
    `import { openOpfsStore } from '@outpost/store-sqlite/opfs'\nvoid openOpfsStore({ name: 'page' })`,
  )
  await build({ root: folder, configFile: false, logLevel: 'error', worker: { format: 'es' } })
  const assets = join(folder, 'dist', 'assets')
  const made = await files.readdir(assets)
  const [page = '', worker = '', program = ''] = [/^index-.*\.js$/, /^opfs-worker-.*\.js$/, /^sqlite3-.*\.wasm$/].map(
    (name) => made.find((file) => name.test(file)),
  )
  const pageText = await files.readFile(join(assets, page), 'utf8')
  const workerText = await files.readFile(join(assets, worker), 'utf8')
  expect(pageText).toContain(worker)
  expect(workerText).toContain(program)
  expect(pageText.length).toBeLessThan(30_000)
  for (const text of [pageText, workerText]) expect(text).not.toMatch(/from\s*["'](node:|better-sqlite3)/)
})
