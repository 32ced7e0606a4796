import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canonicalCode } from '../error-body.ts'
import { causeOfCode, listedCodes } from './cause-of-code.ts'
import { explain } from './explain.ts'

/** A folder with `errorcodes.json`, Microsoft's list of error codes: `{ columns, rows }`, a row for each code. */
const folder = process.env['OUTPOST_DATAVERSE_DATA']

test.runIf(folder)('every published code has a cause', () => {
  const codes = publishedCodes()
  expect(codes.length).toBeGreaterThanOrEqual(3_148)
  expect(codes.filter((code) => causeOfCode(code) === undefined)).toEqual([])
})

test.runIf(folder)('only the faults inside the service are unknown', () => {
  const unknown = publishedCodes().filter((code) => explain(400, code).meaning === 'unknown')
  expect(unknown.length).toBeLessThan(100)
  expect(new Set(unknown.map(causeOfCode))).toEqual(new Set(['server-fault']))
})

test.runIf(folder)('what is listed besides was named by other pages of the documentation', () => {
  const published = new Set(publishedCodes().map(Number))
  const others = [...listedCodes()].filter(([code]) => !published.has(code))
  expect(others.map(([code, cause]) => `0x${code.toString(16)} ${cause}`)).toEqual([
    '0x80048d19 stale-metadata',
    '0x80060888 stale-metadata',
    '0x80040299 privilege',
    '0x80072321 throttled',
    '0x80072322 throttled',
    '0x80072326 throttled',
    '0x80071151 customising',
    '0x80073002 key-clash',
  ])
})

function publishedCodes(): readonly string[] {
  const file = JSON.parse(readFileSync(join(folder ?? '', 'errorcodes.json'), 'utf8')) as {
    columns: readonly string[]
    rows: readonly (readonly string[])[]
  }
  const column = file.columns.indexOf('code')
  const codes = file.rows.map((row) => canonicalCode(row[column]) ?? `unreadable: ${row[column]}`)
  expect(new Set(codes).size).toBe(codes.length)
  return codes
}
