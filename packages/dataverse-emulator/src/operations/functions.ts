import { badQuery } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import type { JsonValue } from '../json/write.ts'
import { allowOptions } from '../odata/query-options.ts'
import type { Org } from '../org.ts'

function whoAmI(org: Org, { root, user }: ApiRequest): JsonValue {
  return {
    '@odata.context': `${root}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    BusinessUnitId: user.businessUnitId,
    UserId: user.id,
    OrganizationId: org.organization.id,
  }
}

function currentOrganization(org: Org, request: ApiRequest, inner: string): JsonValue {
  const { root, query } = request
  const given = /^AccessType=(.+)$/.exec(inner.trim())?.[1] ?? ''
  const accessType = given.startsWith('@') ? query.aliases.get(given) : given
  if (!/^Microsoft\.Dynamics\.CRM\.EndpointAccessType'(?:Default|Internet|Intranet)'$/.test(accessType ?? '')) {
    throw badQuery("The parameter 'AccessType' of RetrieveCurrentOrganization is missing or not valid.")
  }
  const { organization } = org
  const origin = root.replace(/\/api\/data\/v9\.\d\/$/, '')
  return {
    '@odata.context': `${root}$metadata#Microsoft.Dynamics.CRM.RetrieveCurrentOrganizationResponse`,
    Detail: {
      OrganizationId: organization.id,
      FriendlyName: organization.friendlyName,
      OrganizationVersion: '9.2.25104.00182',
      EnvironmentId: organization.environmentId,
      DatacenterId: '00000000-0000-0000-0000-000000000000',
      Geo: 'EMEA',
      TenantId: organization.tenantId,
      UrlName: organization.urlName,
      UniqueName: organization.uniqueName,
      State: 'Enabled',
      Endpoints: {
        Count: 3,
        IsReadOnly: false,
        Keys: ['WebApplication', 'OrganizationService', 'OrganizationDataService'],
        Values: [
          `${origin}/`,
          `${origin}/XRMServices/2011/Organization.svc`,
          `${origin}/XRMServices/2011/OrganizationData.svc`,
        ],
      },
    },
  }
}

/** Answers a function of the organisation; undefined where the name is none of those implemented. */
export function answerFunction(
  org: Org,
  request: ApiRequest,
  name: string,
  inner: string | undefined,
): Reply | undefined {
  if (name === 'WhoAmI') {
    allowOptions(request.query, [])
    if ((inner ?? '').trim() !== '') throw badQuery(`The function 'WhoAmI' takes no parameters.`)
    return jsonReply(whoAmI(org, request))
  }
  if (name === 'RetrieveCurrentOrganization') {
    allowOptions(request.query, ['@'])
    return jsonReply(currentOrganization(org, request, inner ?? ''))
  }
  return undefined
}
