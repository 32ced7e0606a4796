import { jsonAnswer } from './answer.ts'
import { isVerdict } from './identify.ts'
import { jsonObjects } from './json.ts'
import type { ReadContext } from './read-page.ts'

/**
 * The names of the privileges that the user has by roles of their own and by those of their teams; null where the master
 * does not tell them (it is not allowed, or an older one that gives no names).
 */
export async function readPrivileges(
  context: Pick<ReadContext, 'transport' | 'timeoutMs'>,
  userId: string,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  const path = `systemusers(${userId})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()`
  const headers = { Consistency: 'Strong' }
  const { transport, timeoutMs } = context
  try {
    const answer = jsonAnswer(await transport.send({ method: 'GET', path, headers, timeoutMs }, signal))
    const found = answer['RolePrivileges']
    if (!Array.isArray(found)) return null
    const names = jsonObjects(found).map((privilege) => privilege['PrivilegeName'])
    return names.every((name) => typeof name === 'string') ? [...new Set(names)] : null
  } catch (error) {
    if (isVerdict(error)) return null
    throw error
  }
}
