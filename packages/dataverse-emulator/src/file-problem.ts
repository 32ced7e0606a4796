const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'is no folder, or lies in none',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  ELOOP: 'leads in a circle of links',
  ENAMETOOLONG: 'is too long for a name',
}

/** Why a file could not be read, without the words of the platform. */
export function fileProblem(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const words = WORDS[code]
  if (words !== undefined) return words
  return code.startsWith('Z_')
    ? 'is broken: it begins as a gzip file and does not end as one'
    : `cannot be read (${code || error.message})`
}
