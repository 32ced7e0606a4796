import { badQuery, WebApiError } from '../errors.ts'
import { daysSetting } from '../org.ts'
import type { Org } from '../org.ts'

const DAY_MS = 86_400_000

/** Mints a token of the look Dataverse's have: a version and a UTC date, `919042!08/22/2017 08:10:44`. */
export function mintDeltaToken(version: bigint, nowMs: number): string {
  const [date = '', time = ''] = new Date(nowMs).toISOString().slice(0, 19).split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  return `${version}!${month}/${day}/${year} ${time}`
}

/** The token as it stands in a link: percent escapes in lower case. */
export function encodeDeltaToken(token: string): string {
  return token.replace(/[!/: ]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
}

/** How long a token lives, by the organisation's own setting. */
export function trackingLifetimeMs(org: Org): number {
  return daysSetting(org, 'expirechangetrackingindays', 7) * DAY_MS
}

/** The refusal of a token whose deletions are no longer known. The client must read everything again. */
function expiredToken({ knobs }: Org): WebApiError {
  return new WebApiError(
    knobs.expiredTokenStatus,
    '0x80044352',
    'Version stamp associated with the client has expired. Please perform a full sync.',
  )
}

/** The version a token stands for; refuses one that has expired or that this organisation never gave out. */
export function readDeltaToken(org: Org, token: string): bigint {
  const match = /^(\d+)!(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2}:\d{2})$/.exec(token)
  if (match === null) throw badQuery(`The delta token '${token}' is not valid.`)
  const [, version = '0', month, day, year, time] = match
  const mintedMs = Date.parse(`${year}-${month}-${day}T${time}Z`)
  if (Number.isNaN(mintedMs)) throw badQuery(`The delta token '${token}' is not valid.`)
  const ageMs = org.store.now() - mintedMs
  const isKnown = BigInt(version) > org.expiredVersion && BigInt(version) <= org.store.version
  if (!isKnown || ageMs > trackingLifetimeMs(org)) throw expiredToken(org)
  return BigInt(version)
}
