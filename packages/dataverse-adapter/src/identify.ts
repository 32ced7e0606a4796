import { canonicalGuid, MasterError, type MasterIdentity, OutpostError } from '@outpost/core'
import { jsonObject, type JsonObject } from './json.ts'
import type { OrgMessages } from './org-messages.ts'

/** Which organisation answers, and as whom. */
export async function identify(messages: OrgMessages, url: string, signal: AbortSignal): Promise<MasterIdentity> {
  return identityIn(await messages.callFunction('WhoAmI', {}, signal), url)
}

/** The identity that an answer to `WhoAmI` tells. Throws `protocol` where it tells none. */
export function identityIn(answer: JsonObject, url: string): MasterIdentity {
  const { OrganizationId: organization, UserId: user } = answer
  const organizationId = typeof organization === 'string' ? canonicalGuid(organization) : null
  const userId = typeof user === 'string' ? canonicalGuid(user) : null
  if (organizationId === null || userId === null) {
    throw new MasterError('protocol', 'the master does not say which organisation and user it is', {
      remedy: 'Check the address of the organisation.',
    })
  }
  return { organizationId, userId, url }
}

/** The tenant of the organisation; null where the master does not say, or does not let everybody ask. */
export async function readTenant(messages: OrgMessages, signal: AbortSignal): Promise<string | null> {
  const parameters = { AccessType: { enumType: 'Microsoft.Dynamics.CRM.EndpointAccessType', member: 'Default' } }
  try {
    const { Detail: detail } = await messages.callFunction('RetrieveCurrentOrganization', parameters, signal)
    const tenant = jsonObject(detail)?.['TenantId']
    return typeof tenant === 'string' ? canonicalGuid(tenant) : null
  } catch (error) {
    if (isVerdict(error)) return null
    throw error
  }
}

const VERDICTS: ReadonlySet<string> = new Set(['forbidden', 'not-found', 'rejected'])

/** True where the master has answered that it does not do this, or not for this user. */
export function isVerdict(error: unknown): boolean {
  return error instanceof OutpostError && VERDICTS.has(error.code)
}
