import { badQuery } from '../errors.ts'

/** The kinds of token a filter consists of. */
export type TokenKind =
  | 'word'
  | 'string'
  | 'jsonString'
  | 'number'
  | 'guid'
  | 'date'
  | 'dateTime'
  | 'alias'
  | 'mark'
  | 'end'

/** One token; `text` is the value (unquoted, unescaped) of a string and the spelling of everything else. */
export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly at: number
}

const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['guid', /[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![\w-])/y],
  ['dateTime', /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})(?![\w-])/iy],
  ['date', /\d{4}-\d{2}-\d{2}(?![\w-])/y],
  ['number', /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[mMdDlLfF]?(?![\w.-])/y],
  ['word', /\$?[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*/y],
  ['alias', /@[A-Za-z_]\w*/y],
  ['mark', /[(),=[\]/:*]/y],
]

function readString(text: string, at: number, quote: string): Token & { readonly next: number } {
  let value = ''
  let index = at + 1
  for (;;) {
    const end = text.indexOf(quote, index)
    if (end < 0) throw badQuery(`There is an unterminated literal at position ${text.length} in '${text}'.`)
    value += text.slice(index, end)
    if (text[end + 1] !== quote) {
      return { kind: quote === "'" ? 'string' : 'jsonString', text: value, at, next: end + 1 }
    }
    value += quote
    index = end + 2
  }
}

/**
 * Splits filter text into tokens. A single quote inside a single-quoted string is doubled. Double quotes delimit the
 * strings of a `PropertyValues` list and nothing else.
 */
export function lex(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  scan: while (at < text.length) {
    const first = text[at] ?? ''
    if (first === ' ' || first === '\t' || first === '\n' || first === '\r') {
      at++
      continue
    }
    if (first === "'" || first === '"') {
      const { next, ...token } = readString(text, at, first)
      tokens.push(token)
      at = next
      continue
    }
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = at
      const found = pattern.exec(text)?.[0]
      if (found === undefined) continue
      tokens.push({ kind, text: found, at })
      at += found.length
      continue scan
    }
    throw badQuery(`Syntax error: character '${first}' is not valid at position ${at} in '${text}'.`)
  }
  tokens.push({ kind: 'end', text: '', at: text.length })
  return tokens
}
