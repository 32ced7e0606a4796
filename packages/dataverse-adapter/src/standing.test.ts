import { expect, test } from 'vitest'
import { A, B, C, json } from './sample-tables.test-support.ts'
import { standingOf, standingRequests } from './standing.ts'
import type { WireResponse } from './transport.ts'

async function wire(response: Response): Promise<WireResponse> {
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const REFUSED = (): Response =>
  json({ error: { code: '0x80040220', message: 'Principal user is missing prvReadTeam' } }, { status: 403 })

async function standing(
  teams: Response,
  held: Response,
  teamRoles: Response = TEAM_ROLES(),
): Promise<ReturnType<typeof standingOf>> {
  const answers = [
    json({ systemuserid: A, _businessunitid_value: B, isdisabled: false }),
    teams,
    json({ value: [{ roleid: C }] }),
    json({ timezonecode: 92 }),
    teamRoles,
    held,
  ]
  const responses = await Promise.all(answers.map(wire))
  return standingOf(['prvWriteAccount', 'prvDeleteAccount'], responses, await wire(json({})))
}

const HELD = (depth: string): Response =>
  json({ RolePrivileges: [{ PrivilegeName: 'prvWriteAccount', Depth: depth, BusinessUnitId: B, PrivilegeId: C }] })
const TEAMS = (...ids: readonly string[]): Response => json({ value: ids.map((teamid) => ({ teamid })) })

const TEAM_ROLES = (...ids: readonly string[]): Response =>
  json({ value: [{ teamid: A, teamroles_association: ids.map((roleid) => ({ roleid })) }] })

test('asks for the privileges to read beside those that were named', () => {
  const paths = standingRequests(A, ['prvWriteAccount', 'prvAppendToContact']).map(({ path }) =>
    decodeURIComponent(path),
  )
  expect(paths.at(-1)).toContain('["prvAppendToContact","prvReadAccount","prvReadContact","prvWriteAccount"]')
  expect(standingRequests(A, [])).toHaveLength(paths.length - 1)
})

test('the order of answers is no difference, and depth is one', async () => {
  const { stamp, privileges } = await standing(TEAMS(A, B), HELD('Local'))
  expect(privileges).toEqual(['prvWriteAccount'])
  expect((await standing(TEAMS(B, A), HELD('Local'))).stamp).toBe(stamp)
  expect((await standing(TEAMS(A), HELD('Local'))).stamp).not.toBe(stamp)
  expect((await standing(TEAMS(A, B), HELD('Global'))).stamp).not.toBe(stamp)
})

test('a role of a team is a difference, also where it gives nothing that the user does not have', async () => {
  const { stamp } = await standing(TEAMS(A), HELD('Local'), TEAM_ROLES(B, C))
  expect((await standing(TEAMS(A), HELD('Local'), TEAM_ROLES(C, B))).stamp).toBe(stamp)
  expect((await standing(TEAMS(A), HELD('Local'), TEAM_ROLES(C))).stamp).not.toBe(stamp)
  expect((await standing(TEAMS(A), HELD('Local'), REFUSED())).facts).toEqual(
    (await standing(TEAMS(A), HELD('Local'))).facts,
  )
})

test('what the user may not ask does not count; what cannot be answered now is an error', async () => {
  const refused = await standing(REFUSED(), REFUSED())
  expect(refused.privileges).toBeNull()
  expect((await standing(REFUSED(), REFUSED())).stamp).toBe(refused.stamp)
  await expect(standing(new Response('busy', { status: 503 }), HELD('Local'))).rejects.toMatchObject({
    code: 'unavailable',
  })
})
