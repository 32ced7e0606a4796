import { badQuery } from '../errors.ts'
import { NumberText, readJson } from '../json/read.ts'
import type { Json } from '../json/read.ts'

/** Splits `a=1,b='x,y',c=@p` at commas outside of quotes, brackets and parentheses. */
function splitArguments(inner: string): readonly string[] {
  const parts: string[] = []
  let current = ''
  let quote = ''
  let depth = 0
  for (const character of inner) {
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === "'" || character === '"') quote = character
    else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    if (character === ',' && quote === '' && depth === 0) {
      parts.push(current)
      current = ''
    } else current += character
  }
  if (current.trim() !== '' || parts.length > 0) parts.push(current)
  return parts
}

/** JSON as it stands in URLs, where texts may be in single quotes; two of them inside stand for one. */
function urlJson(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|'((?:[^']|'')*)'/g, (whole: string, single: string | undefined) =>
    single === undefined ? whole : JSON.stringify(single.replaceAll("''", "'")),
  )
}

/** An argument of a function as written in a URL: an OData literal or JSON. An enum member is its name. */
function readArgument(text: string): Json {
  const trimmed = text.trim()
  if (/^[[{"]/.test(trimmed)) return readJson(urlJson(trimmed))
  const literal = /^(?:[A-Za-z_][\w.]*)?'((?:[^']|'')*)'$/.exec(trimmed)?.[1]
  if (literal !== undefined) return literal.replaceAll("''", "'")
  if (trimmed === 'null') return null
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true'
  if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(trimmed)) return new NumberText(trimmed)
  // Guids and dates are bare words in a URL.
  if (/^[\w:.+-]+$/.test(trimmed)) return trimmed
  throw badQuery(`Bad Request - Error in query syntax.`)
}

/** The arguments in the parentheses of a function call; `@name` stands for the alias of the same query. */
export function readCallArguments(inner: string, aliases: ReadonlyMap<string, string>): ReadonlyMap<string, Json> {
  const read = new Map<string, Json>()
  for (const part of splitArguments(inner)) {
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(equals, 0)).trim()
    if (!/^\w+$/.test(name) || read.has(name)) throw badQuery(`Bad Request - Error in query syntax.`)
    const given = part.slice(equals + 1).trim()
    const text = given.startsWith('@') ? aliases.get(given) : given
    if (text === undefined) throw badQuery(`The parameter alias '${given}' has no value in the query.`)
    read.set(name, readArgument(text))
  }
  return read
}
