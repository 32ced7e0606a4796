import { WebApiError } from '../errors.ts'
import type { Org } from '../org.ts'
import { errorReply } from './reply.ts'
import type { Reply } from './reply.ts'

/** 401 with the challenge that says where tokens are issued, and for what resource. */
export function unauthorized({ organization }: Org, root: string): Reply {
  const authority = `https://login.emulator.test/${organization.tenantId}/oauth2/authorize`
  return {
    status: 401,
    headers: { 'WWW-Authenticate': `Bearer authorization_uri=${authority}, resource_id=${root}` },
    body: undefined,
  }
}

/** 403 for a token that is good, of somebody the organisation does not know. */
export function notAMember({ knobs }: Org): Reply {
  return errorReply(
    new WebApiError(403, '0x80072560', 'The user is not a member of the organization.'),
    knobs,
    () => false,
  )
}
