const patterns = new Map<string, RegExp>()

/**
 * SQL's LIKE, without regard to case: `%` any text, `_` one character, `[abc]` `[a-z]` `[^a]` one of a set. Dataverse
 * leaves them live in the values of `contains`, `startswith` and `endswith`.
 */
export function likePattern(like: string): RegExp {
  let pattern = patterns.get(like)
  if (!pattern) {
    if (patterns.size > 500) patterns.clear()
    patterns.set(like, (pattern = new RegExp(`^${sourceOf(like)}$`, 'i')))
  }
  return pattern
}

/** A set has at least one character, which may be the closing bracket; a bracket that is not closed stands for itself. */
const PARTS = /%+|_|\[([^][^\]]*)\]|[^]/g

function sourceOf(like: string): string {
  return like.replace(PARTS, (part: string, set: string | undefined) => {
    if (part.startsWith('%')) return '[^]*'
    if (part === '_') return '[^]'
    return set === undefined ? part.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&') : setSource(set.toLowerCase())
  })
}

/** Of a range that runs backwards nothing is a member. */
function setSource(set: string): string {
  const isNot = set.startsWith('^')
  const members = set.slice(isNot ? 1 : 0).replace(/([^])-([^])|([^])/g, (_part, low = '', high = '', one = '') => {
    if (one !== '') return literal(String(one))
    return low <= high ? `${literal(String(low))}-${literal(String(high))}` : ''
  })
  if (members === '') return isNot ? '[^]' : '(?!)'
  return `[${isNot ? '^' : ''}${members}]`
}

function literal(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
