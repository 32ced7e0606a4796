import { expect, test } from 'vitest'
import { HELP, readArguments } from './arguments.ts'

const usual = {
  rows: 2000,
  schemaFiles: [],
  rowsDirectory: undefined,
  clock: 'real',
  port: 0,
  host: '127.0.0.1',
  tokenHours: 24,
  exposeHeaders: undefined,
  json: false,
  faults: [],
  knobs: {},
  limits: {},
  seedNumber: 1,
  control: false,
}

test('without options the small seed is served on a free port of this machine, by its clock', () => {
  expect(readArguments([])).toEqual(usual)
})

test('options take their value behind a blank or an equals sign', () => {
  expect(readArguments(['--seed', 'field-service', '--rows=20000', '--port', '8080', '--json', '--control'])).toEqual({
    ...usual,
    rows: 20_000,
    port: 8080,
    json: true,
    control: true,
  })
})

test('files, faults, knobs and limits may be several', () => {
  const fault = '{"fault":{"kind":"hang"}}'
  const args = [
    '--schema',
    'a.xml',
    'b.json',
    '--schema=c.json',
    '--rows-from',
    'rows',
    '--fault',
    fault,
    '--fault',
    'f.json',
  ]
  expect(readArguments(args)).toEqual({
    ...usual,
    schemaFiles: ['a.xml', 'b.json', 'c.json'],
    rowsDirectory: 'rows',
    faults: [fault, 'f.json'],
  })
  const knobs = ['--knob', 'emptyErrorCodes=true', '--knob', 'deltaTokenAt=lastPage', '--knob=maxPageSize=50']
  expect(readArguments([...knobs, '--latency', '20-200', '--limit', 'requests=5'])).toEqual({
    ...usual,
    knobs: { emptyErrorCodes: true, deltaTokenAt: 'lastPage', maxPageSize: 50, latency: [20, 200] },
    limits: { requests: 5 },
  })
  expect(readArguments(['--latency=50', '--cors-expose', 'ETag, Retry-After', '--seed-number', '7'])).toEqual({
    ...usual,
    knobs: { latency: 50 },
    exposeHeaders: ['ETag', 'Retry-After'],
    seedNumber: 7,
  })
})

test('the clock is the machine’s, the seed’s, or runs from a moment', () => {
  expect(readArguments(['--clock', 'seed'])).toMatchObject({ clock: 'seed' })
  expect(readArguments(['--clock', '2031-01-01T00:00:00Z'])).toMatchObject({ clock: Date.UTC(2031, 0, 1) })
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
    [['--schema', 'a.xml', '--rows', '300'], '--rows does not go with --schema'],
    [['--knob', 'emptyErrorCodes'], "--knob takes NAME=VALUE, not 'emptyErrorCodes'"],
    [['--latency', '5-2'], '--latency takes a whole number from 5'],
    [['--clock', 'noon'], "--clock takes real, seed or an ISO time, not 'noon'"],
  ] as const) {
    expect(() => readArguments(args)).toThrow(message)
  }
})

test('the help text names every option', () => {
  expect(readArguments(['--help'])).toBe('help')
  expect(readArguments(['--version', '--json'])).toBe('version')
  const options = 'seed rows schema rows-from clock port host token-hours cors-expose json fault knob limit latency'
  for (const option of [...options.split(' '), 'seed-number', 'control', 'help', 'version']) {
    expect(HELP).toMatch(new RegExp(`--${option}\\b`))
  }
})
