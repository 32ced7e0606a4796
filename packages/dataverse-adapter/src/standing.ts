import { MasterError, type Standing } from '@outpost/core'
import { jsonAnswer, notDataverse } from './answer.ts'
import type { BatchRequest } from './batch.ts'
import { isVerdict } from './identify.ts'
import { type JsonObject, jsonObjects } from './json.ts'
import { query } from './read-page.ts'
import type { WireResponse } from './transport.ts'

/** Roles and privileges may otherwise come from a cache of up to half a minute. */
const FRESH = { Consistency: 'Strong' }

/**
 * The requests that tell the standing of a user: business unit, teams, roles, and what the user has of some privileges by
 * whatever role. Besides the privileges asked for those to read the same tables count, because they decide what is shown.
 */
export function standingRequests(userId: string, privileges: readonly string[]): readonly BatchRequest[] {
  const user = `systemusers(${userId})`
  const names = JSON.stringify([...new Set([...privileges, ...readPrivileges(privileges)])].toSorted())
  const set = `${user}/Microsoft.Dynamics.CRM.RetrieveUserSetOfPrivilegesByNames(PrivilegeNames=@p1)`
  return [
    user + query({ $select: '_businessunitid_value,isdisabled' }),
    `${user}/teammembership_association${query({ $select: 'teamid' })}`,
    `${user}/systemuserroles_association${query({ $select: 'roleid' })}`,
    ...(privileges.length > 0 ? [set + query({ '@p1': names })] : []),
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
  const [user, teams, roles, held] = responses.map((response) => {
    if (!response) throw notDataverse(whole, 'a batch without an answer to each of its requests')
    return verdictOr(response)
  })
  const found = held && Array.isArray(held['RolePrivileges']) ? jsonObjects(held['RolePrivileges']) : null
  const names = new Set(found?.map((privilege) => privilege['PrivilegeName']))
  return {
    stamp: JSON.stringify([
      user?.['_businessunitid_value'] ?? null,
      user?.['isdisabled'] ?? null,
      idsOf(teams, 'teamid'),
      idsOf(roles, 'roleid'),
      found?.map((privilege) => HELD.map((name) => String(privilege[name] as string)).join(':')).toSorted() ?? null,
    ]),
    privileges: privileges.length === 0 ? [] : found && privileges.filter((name) => names.has(name)),
  }
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

/** `prvWriteAccount` and its like have a `prvReadAccount` beside them. */
function readPrivileges(privileges: readonly string[]): readonly string[] {
  return privileges.flatMap((name) => {
    const table = /^prv(?:Create|Write|Delete|Assign|AppendTo|Append|Share)(.+)$/.exec(name)?.[1]
    return table === undefined ? [] : [`prvRead${table}`]
  })
}
