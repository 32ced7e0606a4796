import { OutpostError } from '../errors.ts'

export interface Token {
  readonly type: 'name' | 'text' | 'number' | 'guid' | 'date' | 'punctuation' | 'end'
  readonly text: string
  readonly position: number
}

const PATTERNS: readonly (readonly [Token['type'], RegExp])[] = [
  ['guid', /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/iy],
  ['date', /\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?(?![\w-])/iy],
  ['number', /-?\d+(\.\d+)?([eE][+-]?\d+)?(?![\w.])/y],
  ['name', /@?[A-Za-z_][\w$]*([./]\w+)*/y],
  ['punctuation', /[(),[\]=]/y],
]

/** The filter's position-carrying error: what was wrong, where, in which text. */
export function filterError(
  message: string,
  text: string,
  position: number,
  rule = 'filter-syntax',
  remedy = 'Correct the filter text. The supported subset of OData filters is described in the documentation.',
): OutpostError {
  return new OutpostError('invalid', `filter: ${message} at position ${position} in "${text}"`, {
    place: { rule, position },
    remedy,
  })
}

/** The tokens of a filter text, closed by an `end` token. Throws `invalid` with the position of what it cannot read. */
export function tokens(text: string): readonly Token[] {
  const found: Token[] = []
  let position = 0
  while (position < text.length) {
    if (/\s/.test(text[position] ?? '')) {
      position += 1
      continue
    }
    const token = quoted(text, position) ?? matched(text, position)
    if (!token) throw filterError(`unexpected character '${text[position]}'`, text, position)
    found.push(token.token)
    position = token.end
  }
  found.push({ type: 'end', text: '', position: text.length })
  return found
}

interface Match {
  readonly token: Token
  readonly end: number
}

function matched(text: string, position: number): Match | null {
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = position
    const match = pattern.exec(text)
    if (match) return { token: { type, text: match[0], position }, end: pattern.lastIndex }
  }
  return null
}

/** A literal in single quotes, or in the double quotes that Dataverse allows in lists; a doubled quote is an escaped one. */
function quoted(text: string, position: number): Match | null {
  const quote = text[position]
  if (quote !== "'" && quote !== '"') return null
  let value = ''
  for (let at = position + 1; at < text.length; at += 1) {
    if (text[at] !== quote) value += text[at]
    else if (text[at + 1] === quote) value += text[(at += 1)]
    else return { token: { type: 'text', text: value, position }, end: at + 1 }
  }
  throw filterError('there is an unterminated literal', text, position)
}
