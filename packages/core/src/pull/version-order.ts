const NUMBERED = /^W\/"(?:0|[1-9]\d*)"$/

/** Whether a version of a row is certainly older than another one of it. Versions that do not count are in no order. */
export function isOlderVersion(version: string, than: string): boolean {
  if (!NUMBERED.test(version) || !NUMBERED.test(than)) return false
  return version.length === than.length ? version < than : version.length < than.length
}
