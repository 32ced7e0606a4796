import { canonicalGuid, MasterError, type Standing, type UserFacts } from '@outpost/core'
import { jsonAnswer, notDataverse } from './answer.ts'
import type { BatchRequest } from './batch.ts'
import { isVerdict } from './identify.ts'
import { type JsonObject, jsonObjects } from './json.ts'
import { query, type ReadContext } from './read-page.ts'
import { timeZoneOf } from './time-zones.ts'
import type { WireResponse } from './transport.ts'

/** Roles and privileges may otherwise come from a cache of up to half a minute. */
const FRESH = { Consistency: 'Strong' }

/** The standing of a user, asked for by itself and by plain reads. The contract is `MasterOrg.standing`. */
export async function readStanding(
  { transport, timeoutMs }: Pick<ReadContext, 'transport' | 'timeoutMs'>,
  userId: string,
  privileges: readonly string[],
  signal: AbortSignal,
): Promise<Standing> {
  const requests = standingRequests(userId, privileges)
  const responses = await Promise.all(requests.map((request) => transport.send({ ...request, timeoutMs }, signal)))
  const [whole] = responses
  if (!whole) throw new TypeError('a standing is asked for by at least one request')
  return standingOf(privileges, responses, whole)
}

/**
 * The requests that tell the standing of a user: business unit, teams, roles, those of the teams, and what the user has of
 * some privileges by whatever role. Besides the privileges asked for those to read the same tables count, because they decide
 * what is shown.
 *
 * The roles of the teams are asked for although privileges come from them: a privilege is told in its deepest reach only, and
 * a role of a team that reaches no deeper is still given for the team's unit. They have a request of their own, so that who
 * may not read roles is still told the teams.
 */
export function standingRequests(userId: string, privileges: readonly string[]): readonly BatchRequest[] {
  const user = `systemusers(${userId})`
  const names = [...new Set([...privileges, ...readPrivileges(privileges)])].toSorted()
  const set = `${user}/Microsoft.Dynamics.CRM.RetrieveUserSetOfPrivilegesByNames(PrivilegeNames=@p1)`
  return [
    user + query({ $select: '_businessunitid_value,isdisabled' }),
    `${user}/teammembership_association${query({ $select: 'teamid' })}`,
    `${user}/systemuserroles_association${query({ $select: 'roleid' })}`,
    `usersettingscollection(${userId})${query({ $select: 'timezonecode' })}`,
    `${user}/teammembership_association${query({ $select: 'teamid', $expand: 'teamroles_association($select=roleid)' })}`,
    ...partsOf(names).map((part) => set + query({ '@p1': JSON.stringify(part) })),
  ].map((path) => ({ method: 'GET', path, headers: FRESH }))
}

/**
 * What the answers to `standingRequests` say. What this user may not ask for does not count. Throws the `MasterError` of
 * an answer that is no verdict, and `protocol` for answers that are missing.
 */
export function standingOf(
  privileges: readonly string[],
  responses: readonly (WireResponse | undefined)[],
  whole: WireResponse,
): Standing {
  const [user, teams, roles, settings, teamRoles, ...held] = responses.map((response) => {
    if (!response) throw notDataverse(whole, 'a batch without an answer to each of its requests')
    return verdictOr(response)
  })
  const timeZone = zoneIn(settings, responses[3])
  const parts = held.map((part) => (Array.isArray(part?.['RolePrivileges']) ? part['RolePrivileges'] : null))
  const found = parts.length === 0 || parts.includes(null) ? null : parts.flatMap((part) => jsonObjects(part ?? []))
  const names = new Set(found?.map((privilege) => privilege['PrivilegeName']))
  return {
    stamp: JSON.stringify([
      user?.['_businessunitid_value'] ?? null,
      user?.['isdisabled'] ?? null,
      idsOf(teams, 'teamid'),
      idsOf(roles, 'roleid'),
      rolesOfTeams(teamRoles),
      found?.map((privilege) => HELD.map((name) => String(privilege[name] as string)).join(':')).toSorted() ?? null,
      timeZone ?? null,
    ]),
    facts: factsOf(user, teams, timeZone),
    privileges: privileges.length === 0 ? [] : found && privileges.filter((name) => names.has(name)),
  }
}

/** So many names that the address of a plain read has room for them. */
const NAMES_AT_ONCE = 100

function partsOf(names: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(names.length / NAMES_AT_ONCE)
  return Array.from({ length: count }, (_, nth) => names.slice(nth * NAMES_AT_ONCE, (nth + 1) * NAMES_AT_ONCE))
}

function factsOf(
  user: JsonObject | null | undefined,
  teams: JsonObject | null | undefined,
  timeZone: string | undefined,
): UserFacts {
  const unit = user?.['_businessunitid_value']
  const businessUnitId = typeof unit === 'string' ? canonicalGuid(unit) : null
  const teamIds = idsOf(teams, 'teamid')
  return {
    ...(businessUnitId === null ? {} : { businessUnitId }),
    // A list that goes on does not tell all of them.
    ...(teamIds === null || teams?.['@odata.nextLink'] !== undefined ? {} : { teamIds }),
    ...(timeZone === undefined ? {} : { timeZone }),
  }
}

/** The days of a user without settings begin in UTC. Of settings that may not be read nothing is known. */
function zoneIn(settings: JsonObject | null | undefined, response: WireResponse | undefined): string | undefined {
  if (!settings) return response?.status === 404 ? 'UTC' : undefined
  const code = settings['timezonecode']
  return typeof code === 'number' ? timeZoneOf(code) : code === null ? 'UTC' : undefined
}

const HELD = ['PrivilegeName', 'Depth', 'BusinessUnitId'] as const

function verdictOr(response: WireResponse): JsonObject | null {
  try {
    return jsonAnswer(response)
  } catch (error) {
    if (isVerdict(error) && error instanceof MasterError) return null
    throw error
  }
}

function idsOf(answer: JsonObject | null | undefined, column: string): readonly string[] | null {
  const rows = answer?.['value']
  return Array.isArray(rows)
    ? jsonObjects(rows)
        .flatMap((row) => (typeof row[column] === 'string' ? [row[column]] : []))
        .toSorted()
    : null
}

function rolesOfTeams(teams: JsonObject | null | undefined): readonly string[] | null {
  const rows = teams?.['value']
  if (!Array.isArray(rows)) return null
  return jsonObjects(rows)
    .map((team) => JSON.stringify([team['teamid'], idsOf({ value: team['teamroles_association'] ?? null }, 'roleid')]))
    .toSorted()
}

/** `prvWriteAccount` and its like have a `prvReadAccount` beside them. */
function readPrivileges(privileges: readonly string[]): readonly string[] {
  return privileges.flatMap((name) => {
    const table = /^prv(?:Create|Write|Delete|Assign|AppendTo|Append|Share)(.+)$/.exec(name)?.[1]
    return table === undefined ? [] : [`prvRead${table}`]
  })
}
