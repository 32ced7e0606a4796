import { badQuery, notImplemented } from '../errors.ts'
import { isGuid } from '../rows/guid.ts'
import { decodeUrl } from './decode.ts'
import { lex } from './lex.ts'
import type { Literal } from './expression.ts'

/** The key in a URL segment: a row id, or the columns of an alternate key. */
export type RowKey =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'alternate'; readonly values: ReadonlyMap<string, Literal> }

/** One segment of a resource path: a name and what stood in parentheses behind it. */
export interface PathSegment {
  readonly name: string
  /** Text between the parentheses; undefined where there were none. */
  readonly inner: string | undefined
}

/** Splits a still encoded resource path at slashes that are outside of quotes and parentheses. */
export function splitPath(path: string): readonly PathSegment[] {
  const segments: string[] = []
  let current = ''
  let quoted = false
  let depth = 0
  for (const character of decodeUrl(path)) {
    if (character === "'") quoted = !quoted
    else if (!quoted && character === '(') depth++
    else if (!quoted && character === ')') depth--
    if (character === '/' && !quoted && depth === 0) {
      segments.push(current)
      current = ''
    } else current += character
  }
  if (current !== '') segments.push(current)
  return segments.map((text) => {
    const open = text.indexOf('(')
    if (open < 0) return { name: text, inner: undefined }
    // What begins with a dollar is no set, property or operation, and takes neither key nor parameters.
    if (!text.endsWith(')') || text.startsWith('$')) throw badQuery(`Bad Request - Error in query syntax.`)
    return { name: text.slice(0, open), inner: text.slice(open + 1, -1) }
  })
}

/** Reads a key predicate: `guid`, `pk=guid`, `name='x',other=5`. */
export function parseKey(inner: string, primaryId: string): RowKey {
  const bare = inner.trim()
  if (isGuid(bare)) return { kind: 'id', id: bare.toLowerCase() }
  const values = new Map<string, Literal>()
  const tokens = lex(bare)
  let at = 0
  const next = (): (typeof tokens)[number] => tokens[at++] ?? { kind: 'end', text: '', at: bare.length }
  for (;;) {
    const name = next()
    const equals = next()
    const value = next()
    if (
      name.kind !== 'word' ||
      equals.text !== '=' ||
      value.kind === 'mark' ||
      value.kind === 'end' ||
      value.kind === 'jsonString'
    ) {
      throw badQuery(`Bad Request - Error in query syntax.`)
    }
    if (value.kind === 'alias') throw notImplemented('parameter aliases in a key')
    const isWord = value.kind === 'word'
    if (isWord && !/^(?:null|true|false)$/.test(value.text)) throw badQuery(`Bad Request - Error in query syntax.`)
    const type = value.kind === 'word' ? (value.text === 'null' ? 'null' : 'boolean') : value.kind
    values.set(name.text, { kind: 'literal', type, text: value.text })
    const separator = next()
    if (separator.kind === 'end') break
    if (separator.text !== ',') throw badQuery(`Bad Request - Error in query syntax.`)
  }
  const id = values.get(primaryId)
  if (values.size === 1 && id?.type === 'guid') return { kind: 'id', id: id.text.toLowerCase() }
  return { kind: 'alternate', values }
}
