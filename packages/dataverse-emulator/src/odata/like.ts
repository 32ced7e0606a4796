function characterClass(body: string): string {
  const negated = body.startsWith('^')
  const members = (negated ? body.slice(1) : body).replace(/[\\\]^]/g, '\\$&')
  if (members === '') return negated ? '[\\s\\S]' : '(?!)'
  return `[${negated ? '^' : ''}${members}]`
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
