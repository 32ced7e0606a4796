import { badQuery } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { JsonValue } from '../json/write.ts'
import type { Operation, OperationCall } from './operation.ts'

function whoAmI({ org, request: { root, user } }: OperationCall): JsonValue {
  return {
    '@odata.context': `${root}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    BusinessUnitId: user.businessUnitId,
    UserId: user.id,
    OrganizationId: org.organization.id,
  }
}

const ACCESS_TYPES: ReadonlySet<unknown> = new Set(['Default', 'Internet', 'Intranet'])

function currentOrganization({ org, request, parameters }: OperationCall): JsonValue {
  const { root } = request
  if (!ACCESS_TYPES.has(parameters.get('AccessType'))) {
    throw badQuery("The parameter 'AccessType' of RetrieveCurrentOrganization is not valid.")
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

/** Who is asking, and of which organisation. */
export const organizationOperations: readonly Operation[] = [
  {
    name: 'WhoAmI',
    kind: 'function',
    parameters: {},
    returns: 'mscrm.WhoAmIResponse',
    run: (call) => ({ reply: jsonReply(whoAmI(call)) }),
  },
  {
    name: 'RetrieveCurrentOrganization',
    kind: 'function',
    parameters: { AccessType: { type: 'mscrm.EndpointAccessType' } },
    returns: 'mscrm.RetrieveCurrentOrganizationResponse',
    run: (call) => ({ reply: jsonReply(currentOrganization(call)) }),
  },
]
