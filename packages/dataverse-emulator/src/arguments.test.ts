import { expect, test } from 'vitest'
import { HELP, readArguments } from './arguments.ts'

test('without options the small seed is served on a free port of this machine', () => {
  expect(readArguments([])).toEqual({ rows: 2000, port: 0, host: '127.0.0.1', tokenHours: 24, json: false })
})

test('options take their value behind a blank or an equals sign', () => {
  expect(readArguments(['--seed', 'field-service', '--rows=20000', '--port', '8080', '--json'])).toEqual({
    rows: 20_000,
    port: 8080,
    host: '127.0.0.1',
    tokenHours: 24,
    json: true,
  })
})

test('what is wrong with a command line is said', () => {
  for (const [args, message] of [
    [['--nosuch'], "unknown option '--nosuch'"],
    [['rows'], "unknown option 'rows'"],
    [['--rows', '5'], '--rows takes a whole number from 200'],
    [['--rows', ''], '--rows takes a whole number'],
    [['--port', '70000'], '--port takes a whole number from 0 to 65535'],
    [['--port'], '--port needs a value'],
    [['--json=yes'], '--json takes no value'],
    [['--rows', '300', '--rows', '400'], '--rows is given twice'],
    [['--seed', 'other'], "no seed 'other'"],
  ] as const) {
    expect(() => readArguments(args)).toThrow(message)
  }
})

test('the help text names every option', () => {
  expect(readArguments(['--help'])).toBe('help')
  for (const option of ['--seed', '--rows', '--port', '--host', '--token-hours', '--json', '--help']) {
    expect(HELP).toContain(`  ${option}`)
  }
})
