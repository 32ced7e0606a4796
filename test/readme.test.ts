// The README's first program must run as printed and print what the README says.
import { execFile } from 'node:child_process'
import { promises as files } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The program that begins with `// quick start`, and the text block behind it. */
function quickStart(readme: string): { readonly program: string; readonly output: string } {
  const [, program, output] = /```js\n(\/\/ quick start\n.*?)```.*?```text\n(.*?)```/s.exec(readme) ?? []
  if (program === undefined || output === undefined) {
    throw new Error('README.md has no ```js block beginning with "// quick start" that a ```text block follows')
  }
  return { program, output }
}

test('the quick start of the README runs as printed and prints what the README says', async () => {
  const { program, output } = quickStart(await files.readFile(join(root, 'README.md'), 'utf8'))
  // Inside of node_modules the packages are found by their names, as they are where a reader pastes the program.
  const folder = await files.mkdtemp(join(root, 'node_modules', '.quick-start-'))
  onTestFinished(() => files.rm(folder, { recursive: true, force: true }))
  await files.writeFile(join(folder, 'quick-start.mjs'), program)
  const run = await promisify(execFile)(process.execPath, ['quick-start.mjs'], { cwd: folder })
  expect(run.stdout).toBe(output)
  expect(run.stderr).toBe('')
})

test('the quick start is about twenty lines long', async () => {
  const { program } = quickStart(await files.readFile(join(root, 'README.md'), 'utf8'))
  const lines = program.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('//'))
  expect(lines.length).toBeLessThanOrEqual(20)
})
