import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROUTES } from './control/routes.ts'
import { defaultKnobs } from './knobs.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the README names every knob and every path of the control endpoint', () => {
  const [, knobs = ''] = /### Knobs([^]*?)\n##/.exec(readme) ?? []
  expect(Object.keys(defaultKnobs).filter((name) => !knobs.includes(`\`${name}\``))).toEqual([])
  const [, steering = ''] = /### Steering it over HTTP([^]*?)\n##/.exec(readme) ?? []
  expect(ROUTES.map(({ path }) => path).filter((path) => !steering.includes(`${path}\``))).toEqual([])
})
