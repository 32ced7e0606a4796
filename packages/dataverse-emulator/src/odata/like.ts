function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function characterClass(body: string): string {
  const negated = body.startsWith('^')
  const members = (negated ? body.slice(1) : body).toLowerCase()
  let source = ''
  for (let at = 0; at < members.length; at++) {
    const first = members.charAt(at)
    const last = members.charAt(at + 2)
    if (members[at + 1] !== '-' || last === '') source += escaped(first)
    else {
      // A range that runs backwards holds nothing.
      if (first <= last) source += `${escaped(first)}-${escaped(last)}`
      at += 2
    }
  }
  if (source === '') return negated ? '[\\s\\S]' : '(?!)'
  return `[${negated ? '^' : ''}${source}]`
}

/**
 * The regular expression of a SQL Server LIKE pattern: `%` any run, `_` any one character, `[a-f]` and `[^a-f]` sets;
 * case-insensitive and anchored at both ends.
 */
export function likePattern(pattern: string): RegExp {
  let source = ''
  const like = pattern.replace(/%{2,}/g, '%')
  for (let at = 0; at < like.length; at++) {
    const character = like[at] ?? ''
    const close = character === '[' ? like.indexOf(']', at + 2) : -1
    if (character === '%') source += '[\\s\\S]*'
    else if (character === '_') source += '[\\s\\S]'
    else if (close > 0) {
      source += characterClass(like.slice(at + 1, close))
      at = close
    } else source += character.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
  }
  return new RegExp(`^${source}$`, 'i')
}
