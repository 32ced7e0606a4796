import { badQuery, notImplemented } from '../errors.ts'
import { decodeUrl } from './decode.ts'

/** The options of a request URL, decoded: `$name` options, `@name` aliases and the rest. */
export interface QueryOptions {
  readonly options: ReadonlyMap<string, string>
  readonly aliases: ReadonlyMap<string, string>
  /** As they came, in order, for links that repeat them. */
  readonly raw: readonly (readonly [name: string, raw: string])[]
}

function decode(text: string): string {
  return decodeUrl(text.replaceAll('+', ' '))
}

/** Splits a query string, without its question mark; an option that occurs twice is refused. */
export function parseQuery(search: string): QueryOptions {
  const options = new Map<string, string>()
  const aliases = new Map<string, string>()
  const raw: [string, string][] = []
  for (const part of search.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decode(equals < 0 ? part : part.slice(0, equals)).trim()
    const value = equals < 0 ? '' : part.slice(equals + 1)
    const into = name.startsWith('@') ? aliases : options
    if (into.has(name))
      throw badQuery(`Query option '${name}' was specified more than once, but it must be specified at most once.`)
    into.set(name, decode(value))
    raw.push([name, value])
  }
  return { options, aliases, raw }
}

const REFUSED: ReadonlyMap<string, string> = new Map([
  ['$skip', 'Skip Clause is not supported in CRM'],
  ['$search', 'Search Clause is not supported in CRM'],
])

/** What Dataverse takes somewhere; where the emulator does not, that is a gap of the emulator's. */
const KNOWN: ReadonlySet<string> = new Set([
  '$select',
  '$expand',
  '$filter',
  '$orderby',
  '$top',
  '$count',
  '$apply',
  '$skiptoken',
  '$deltatoken',
  '$id',
])

/**
 * Lets through the options a resource understands. System options that Dataverse has nowhere get its own refusal, any
 * other one 501: an option that is ignored would return rows nobody asked for.
 */
export function allowOptions({ options, aliases }: QueryOptions, allowed: readonly string[]): void {
  for (const name of options.keys()) {
    if (allowed.includes(name) || name === 'tag') continue
    const refusal = REFUSED.get(name)
    if (refusal !== undefined) throw badQuery(refusal)
    if (name.startsWith('$') && !KNOWN.has(name)) throw badQuery(`The query parameter ${name} is not supported`)
    throw notImplemented(`the query option '${name}' here`)
  }
  if (aliases.size > 0 && !allowed.includes('@')) throw notImplemented('parameter aliases here')
}
