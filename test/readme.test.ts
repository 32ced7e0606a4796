// The README's programs must run as printed and print what the README says.
import { execFile } from 'node:child_process'
import { promises as files } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Program {
  readonly name: string
  readonly text: string
  readonly output: string
}

/** The programs of a README: ```js blocks that begin with their name as a comment and that a ```text block follows. */
async function programs(): Promise<readonly Program[]> {
  const readme = await files.readFile(join(root, 'README.md'), 'utf8')
  return [...readme.matchAll(/```js\n(\/\/ (.*?)\n.*?)```.*?```text\n(.*?)```/gs)].map(
    ([, text = '', name = '', output = '']) => ({ name, text, output }),
  )
}

test('the programs of the README run as printed and print what the README says', async () => {
  const found = await programs()
  expect(found.map(({ name }) => name)).toEqual(['quick start', 'what is kept'])
  // Inside of node_modules the packages are found by their names, as they are where a reader pastes the program.
  const folder = await files.mkdtemp(join(root, 'node_modules', '.quick-start-'))
  onTestFinished(() => files.rm(folder, { recursive: true, force: true }))
  for (const { name, text, output } of found) {
    const file = `${name.replaceAll(' ', '-')}.mjs`
    await files.writeFile(join(folder, file), text)
    const run = await promisify(execFile)(process.execPath, [file], { cwd: folder })
    expect({ name, out: run.stdout, err: run.stderr }).toEqual({ name, out: output, err: '' })
  }
})

test('the quick start is about twenty lines long', async () => {
  const [quickStart] = await programs()
  const lines = quickStart?.text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('//'))
  expect(lines?.length).toBeLessThanOrEqual(20)
})
