const NUMBERED = /^W\/"(\d+)"$/

/** Whether a version of a row is certainly older than another one of it. Versions that do not count are in no order. */
export function isOlderVersion(version: string, than: string): boolean {
  const [one, other] = [version, than].map((text) => NUMBERED.exec(text)?.[1])
  return one !== undefined && other !== undefined && BigInt(one) < BigInt(other)
}
