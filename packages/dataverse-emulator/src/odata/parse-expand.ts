import { badQuery, notImplemented } from '../errors.ts'

/** One navigation property of `$expand` and the options in the parentheses behind it. */
export interface ExpandItem {
  readonly name: string
  /** `/$ref`: links instead of rows. */
  readonly ref: boolean
  readonly options: ReadonlyMap<string, string>
  readonly expand: readonly ExpandItem[]
}

const OPTIONS: ReadonlySet<string> = new Set(['$select', '$filter', '$orderby', '$top', '$expand'])
const REFUSED: ReadonlySet<string> = new Set(['$skip', '$count', '$search', '$levels', '$compute', '$apply'])

/** The parts between separators that stand outside of quotes and parentheses. */
function split(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = []
  let quote = ''
  let depth = 0
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === "'" || character === '"') quote = character
    else if (character === '(' || character === '[') depth++
    else if (character === ')' || character === ']') depth--
    else if (character === separator && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
    if (depth < 0) throw badQuery(`Found an unbalanced bracket expression at position ${at} in '${text}'.`)
  }
  if (depth > 0 || quote !== '') throw badQuery(`Found an unbalanced bracket expression in '${text}'.`)
  return [...parts, text.slice(from)].map((part) => part.trim())
}

function parseOptions(text: string): Map<string, string> {
  const options = new Map<string, string>()
  for (const part of split(text, ';')) {
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(equals, 0)).trim()
    if (REFUSED.has(name)) throw badQuery(`The query parameter ${name} is not supported in $expand`)
    if (!OPTIONS.has(name) || options.has(name)) throw badQuery(`Syntax error: '${part}' is no option of $expand.`)
    options.set(name, part.slice(equals + 1).trim())
  }
  return options
}

function parseItem(text: string): ExpandItem {
  const open = text.indexOf('(')
  if (open >= 0 && !text.endsWith(')')) throw badQuery(`Syntax error in the $expand term '${text}'.`)
  const path = (open < 0 ? text : text.slice(0, open)).trim()
  const [name = '', segment, ...more] = path.split('/')
  if (name === '*') throw notImplemented("'*' in $expand")
  if (segment !== undefined && (segment !== '$ref' || more.length > 0)) {
    throw notImplemented(`'${path}' in $expand`)
  }
  if (!/^[A-Za-z_]\w*$/.test(name)) throw badQuery(`Syntax error in the $expand term '${text}'.`)
  const options = open < 0 ? new Map<string, string>() : parseOptions(text.slice(open + 1, -1))
  const nested = options.get('$expand')
  const ref = segment === '$ref'
  if (ref && options.size > 0) throw notImplemented('options of /$ref in $expand')
  return { name, ref, options, expand: nested === undefined ? [] : parseExpand(nested) }
}

/** Reads the text of `$expand`; names are not yet checked against a table. */
export function parseExpand(text: string): readonly ExpandItem[] {
  const items = split(text, ',').map(parseItem)
  const twice = items.find((item, index) => items.findIndex(({ name }) => name === item.name) !== index)
  if (twice !== undefined) throw notImplemented(`'${twice.name}' twice in $expand`)
  return items
}
