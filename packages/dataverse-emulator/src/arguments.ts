/** What `outpost-emulator --help` prints. */
export const HELP = `outpost-emulator: a local Dataverse Web API

  npx outpost-emulator [options]

  --seed NAME       tables, users and rows to begin with; field-service (default)
  --rows N          about how many rows in all (default 2000, at least 200)
  --port P          port to listen on; 0 (default) picks a free one
  --host H          address to listen on (default 127.0.0.1)
  --token-hours H   how long the printed tokens are good for (default 24)
  --json            print one line of JSON when ready: {"url","api","users":[{"name","id","token"}]}
  --help            this text

Every user gets a bearer token; requests without one are answered 401. Rows live in memory until the process ends
(Ctrl+C). What the emulator does not implement is answered 501 with the header x-emulator-not-implemented.
`

/** A command line, read. */
export interface Arguments {
  readonly rows: number
  readonly port: number
  readonly host: string
  readonly tokenHours: number
  readonly json: boolean
}

const VALUES = ['seed', 'rows', 'port', 'host', 'token-hours']
const FLAGS = ['json', 'help']

function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isInteger(number) && number >= least && number <= most) return number
  throw new RangeError(`--${name} takes a whole number from ${least} to ${most}, not '${text}'`)
}

function readPairs(args: readonly string[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>()
  for (let at = 0; at < args.length; at++) {
    const [name = '', ...rest] = (args[at] ?? '').split('=')
    const option = name.replace(/^--/, '')
    if (!name.startsWith('--') || !(VALUES.includes(option) || FLAGS.includes(option))) {
      throw new RangeError(`unknown option '${args[at] ?? ''}'; --help lists them`)
    }
    if (given.has(option)) throw new RangeError(`--${option} is given twice`)
    if (FLAGS.includes(option)) {
      if (rest.length > 0) throw new RangeError(`--${option} takes no value`)
      given.set(option, '')
      continue
    }
    const value = rest.length > 0 ? rest.join('=') : args[++at]
    if (value === undefined) throw new RangeError(`--${option} needs a value`)
    given.set(option, value)
  }
  return given
}

/** Reads a command line; throws a RangeError that says what is wrong with it. */
export function readArguments(args: readonly string[]): Arguments | 'help' {
  const given = readPairs(args)
  if (given.has('help')) return 'help'
  const seed = given.get('seed') ?? 'field-service'
  if (seed !== 'field-service') throw new RangeError(`no seed '${seed}'; there is field-service`)
  return {
    rows: whole('rows', given.get('rows') ?? '2000', 200, 10_000_000),
    port: whole('port', given.get('port') ?? '0', 0, 65_535),
    host: given.get('host') ?? '127.0.0.1',
    tokenHours: whole('token-hours', given.get('token-hours') ?? '24', 1, 10_000),
    json: given.has('json'),
  }
}
