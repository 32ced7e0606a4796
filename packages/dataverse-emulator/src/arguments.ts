/** What `outpost-emulator --help` prints. */
export const HELP = `outpost-emulator: a local Dataverse Web API

  npx outpost-emulator [options]

What it holds
  --seed NAME         tables, users and rows to begin with; field-service (default)
  --rows N            about how many rows in all (default 2000, at least 200)
  --schema FILE...    other tables instead: $metadata (CSDL) or EntityDefinitions (JSON) documents, also .gz
  --rows-from DIR     rows of those tables: a folder of <table>.jsonl files, also .gz
  --clock C           real (default), seed (runs from the moment the rows describe), or an ISO time to run from

Where it listens
  --port P            port to listen on; 0 (default) picks a free one
  --host H            address to listen on (default 127.0.0.1)
  --token-hours H     how long the printed tokens are good for (default 24)
  --cors-expose LIST  response headers that scripts may read, with commas between
  --json              print one line of JSON when ready: {"url","api","users":[{"name","id","token"}]}

What goes wrong
  --fault RULE        a fault, as JSON or a file of it; may be given several times:
                      {"match":{"method":"PATCH","path":"accounts"},"nth":2,"times":3,"fault":{"kind":"dropAfterCommit"}}
  --knob NAME=VALUE   turns a knob, --limit NAME=VALUE sets a limit; each may be given several times
  --latency MS        milliseconds every request takes, or LEAST-MOST to draw them
  --seed-number N     what faults with a probability and latency are drawn from (default 1)
  --control           let /emulator answer: faults, knobs, clock, rows, schema, security and tokens over HTTP, without
                      a token (GET /emulator lists what there is)

  --help, --version

Every user gets a bearer token; requests without one are answered 401. Rows live in memory until the process ends
(Ctrl+C). What the emulator does not implement is answered 501 with the header x-emulator-not-implemented.
`

/** A command line, read. */
export interface Arguments {
  readonly rows: number
  readonly schemaFiles: readonly string[]
  readonly rowsDirectory: string | undefined
  /** `real`, `seed` or milliseconds since 1970. */
  readonly clock: 'real' | 'seed' | number
  readonly port: number
  readonly host: string
  readonly tokenHours: number
  readonly exposeHeaders: readonly string[] | undefined
  readonly json: boolean
  /** Rules as JSON, or names of files. */
  readonly faults: readonly string[]
  readonly knobs: Readonly<Record<string, unknown>>
  readonly limits: Readonly<Record<string, unknown>>
  readonly seedNumber: number
  readonly control: boolean
}

/** A command line that cannot be followed. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

const ONCE = [
  'seed',
  'rows',
  'rows-from',
  'clock',
  'port',
  'host',
  'token-hours',
  'cors-expose',
  'latency',
  'seed-number',
] as const
const OFTEN = ['fault', 'knob', 'limit', 'schema'] as const
const FLAGS = ['json', 'control', 'help', 'version'] as const

type Name = (typeof ONCE)[number] | (typeof OFTEN)[number] | (typeof FLAGS)[number]

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return names.some((one) => one === name)
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isInteger(number) && number >= least && number <= most) return number
  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not '${text}'`)
}

function readPairs(args: readonly string[]): ReadonlyMap<Name, readonly string[]> {
  const given = new Map<Name, readonly string[]>()
  for (let at = 0; at < args.length; at++) {
    const [name = '', ...rest] = (args[at] ?? '').split('=')
    const option = name.replace(/^--/, '')
    const isKnown = isOneOf(ONCE, option) || isOneOf(OFTEN, option) || isOneOf(FLAGS, option)
    if (!name.startsWith('--') || !isKnown) {
      throw new UsageError(`unknown option '${args[at] ?? ''}'; --help lists them`)
    }
    const before = given.get(option)
    if (before !== undefined && !isOneOf(OFTEN, option)) throw new UsageError(`--${option} is given twice`)
    if (isOneOf(FLAGS, option)) {
      if (rest.length > 0) throw new UsageError(`--${option} takes no value`)
      given.set(option, [])
      continue
    }
    const values = rest.length > 0 ? [rest.join('=')] : args.slice(at + 1, at + 2)
    if (rest.length === 0) at++
    // Shells expand patterns into several names.
    while (option === 'schema' && rest.length === 0 && args[at + 1]?.startsWith('--') === false) {
      values.push(args[++at] ?? '')
    }
    if (values.length === 0) throw new UsageError(`--${option} needs a value`)
    given.set(option, [...(before ?? []), ...values])
  }
  return given
}

function assignments(option: string, values: readonly string[]): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const one of values) {
    const equals = one.indexOf('=')
    if (equals < 1) throw new UsageError(`--${option} takes NAME=VALUE, not '${one}'`)
    const value = one.slice(equals + 1)
    const isJson = /^(?:true|false|null|-?\d+(?:\.\d+)?|\[.*\])$/s.test(value)
    try {
      found[one.slice(0, equals)] = isJson ? JSON.parse(value) : value
    } catch {
      throw new UsageError(`--${option} ${one.slice(0, equals)}: '${value}' is no JSON`)
    }
  }
  return found
}

function latency(text: string): number | readonly [number, number] {
  const [least = '', most, ...more] = text.split('-')
  if (more.length > 0) throw new UsageError(`--latency takes MS or LEAST-MOST, not '${text}'`)
  const from = whole('latency', least, 0, 3_600_000)
  return most === undefined ? from : [from, whole('latency', most, from, 3_600_000)]
}

function clockFrom(text: string): Arguments['clock'] {
  if (text === 'real' || text === 'seed') return text
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  throw new UsageError(`--clock takes real, seed or an ISO time, not '${text}'`)
}

/** Reads a command line; throws a UsageError that says what is wrong with it. */
export function readArguments(args: readonly string[]): Arguments | 'help' | 'version' {
  const given = readPairs(args)
  if (given.has('help')) return 'help'
  if (given.has('version')) return 'version'
  const one = (name: Name): string | undefined => given.get(name)?.[0]
  const seed = one('seed') ?? 'field-service'
  if (seed !== 'field-service') throw new UsageError(`no seed '${seed}'; there is field-service`)
  const schemaFiles = given.get('schema') ?? []
  const rowsDirectory = one('rows-from')
  if (schemaFiles.length > 0 || rowsDirectory !== undefined) {
    for (const name of ['seed', 'rows'] as const) {
      if (given.has(name)) throw new UsageError(`--${name} does not go with --schema and --rows-from`)
    }
  }
  const slow = one('latency')
  return {
    rows: whole('rows', one('rows') ?? '2000', 200, 10_000_000),
    schemaFiles,
    rowsDirectory,
    clock: clockFrom(one('clock') ?? 'real'),
    port: whole('port', one('port') ?? '0', 0, 65_535),
    host: one('host') ?? '127.0.0.1',
    tokenHours: whole('token-hours', one('token-hours') ?? '24', 1, 10_000),
    exposeHeaders: one('cors-expose')
      ?.split(',')
      .map((name) => name.trim()),
    json: given.has('json'),
    faults: given.get('fault') ?? [],
    knobs: {
      ...assignments('knob', given.get('knob') ?? []),
      ...(slow === undefined ? {} : { latency: latency(slow) }),
    },
    limits: assignments('limit', given.get('limit') ?? []),
    seedNumber: whole('seed-number', one('seed-number') ?? '1', 0, 2_147_483_647),
    control: given.has('control'),
  }
}
