import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/* What these scenarios have to show, by the ids of the features they are about. */

const IDS = [
  ...['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C14', 'C16', 'C21', 'C22', 'C23'],
  ...['C9', 'C10', 'C11', 'C12', 'C13', 'C15', 'C17', 'C20'],
  ...['RS-01', 'RS-02', 'RS-03', 'RS-04', 'RS-05', 'RS-06', 'RS-07', 'RS-08', 'RS-09', 'RS-10', 'RS-11', 'RS-12'],
  ...['RS-13', 'RS-14', 'RS-15', 'RS-16', 'RS-17', 'RS-18', 'RS-19', 'RS-20', 'RS-21', 'RS-22'],
  ...['RS-30', 'RS-31', 'RS-32', 'RS-33', 'RS-34', 'RS-35', 'RS-36'],
  ...['RC-08', 'RC-09', 'RC-10', 'RC-11', 'RC-12', 'RC-14', 'RC-15'],
  ...['RS-23', 'RS-24', 'RS-25', 'RS-26', 'RS-27', 'RS-28', 'RS-29'],
  ...['RC-01', 'RC-02', 'RC-03', 'RC-04', 'RC-05', 'RC-06', 'RC-07', 'RC-13'],
]

test('every feature has a scenario whose title begins with its id, and no title begins with another', () => {
  expect([...new Set(sources().flatMap(titledIds))].toSorted()).toEqual(IDS.toSorted())
})

test('every scenario has such a title', () => {
  for (const source of sources())
    expect(titledIds(source).length).toBe([...source.matchAll(/^\s*test(?:\.each)?[<(]/gm)].length)
})

test('no scenario is left out', () => {
  const leftOut = sources().filter((source) => /\btest\.(?:skip|only|todo|fails)|\.skipIf|\.runIf/.test(source))
  expect(leftOut).toEqual([])
})

function sources(): readonly string[] {
  const folder = new URL('.', import.meta.url)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts') && name !== 'checklist.test.ts')
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
}

/** The ids at the beginning of titles: the first argument of `test(` or of what `test.each(…)` gives back. */
function titledIds(source: string): readonly string[] {
  const titles = source.matchAll(/^\s*(?:test|.*\)\)?|test\.each.*\))\(\s*['`]((?:C|RS-|RC-)\d+): /gm)
  return [...titles].map((title) => title[1] ?? '')
}
