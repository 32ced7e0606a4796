import { canonicalGuid, MasterError, type MasterIdentity } from '@outpost/core'
import type { OrgMessages } from './org-messages.ts'

/** Which organisation answers, and as whom. */
export async function identify(messages: OrgMessages, url: string, signal: AbortSignal): Promise<MasterIdentity> {
  const { OrganizationId: organization, UserId: user } = await messages.callFunction('WhoAmI', {}, signal)
  const organizationId = typeof organization === 'string' ? canonicalGuid(organization) : null
  const userId = typeof user === 'string' ? canonicalGuid(user) : null
  if (organizationId === null || userId === null) {
    throw new MasterError('protocol', 'the master does not say which organisation and user it is', {
      remedy: 'Check the address of the organisation.',
    })
  }
  return { organizationId, userId, url }
}
