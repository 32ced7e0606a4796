import { badQuery } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { JsonValue } from '../json/write.ts'
import { complexReply } from './complex-reply.ts'
import type { Operation, OperationCall } from './operation.ts'

function whoAmI({ org, request: { root, user } }: OperationCall): JsonValue {
  return {
    '@odata.context': `${root}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    BusinessUnitId: user.businessUnitId,
    UserId: user.id,
    OrganizationId: org.organization.id,
  }
}

/** Version of the service that the emulator follows. */
const VERSION = '9.2.25104.00182'

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
      OrganizationVersion: VERSION,
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

/** What the organisation speaks; its own language is the only one. */
function languages({ org }: OperationCall): readonly number[] {
  const code = org.store.rows('organization').get(org.organization.id)?.values['languagecode']
  return [typeof code === 'number' ? code : 1033]
}

/** Who is asking, and of which organisation. */
export const organizationOperations: readonly Operation[] = [
  {
    name: 'WhoAmI',
    kind: 'function',
    parameters: {},
    returns: 'mscrm.WhoAmIResponse',
    response: { BusinessUnitId: 'Edm.Guid', UserId: 'Edm.Guid', OrganizationId: 'Edm.Guid' },
    run: (call) => ({ reply: jsonReply(whoAmI(call)) }),
  },
  {
    name: 'RetrieveCurrentOrganization',
    kind: 'function',
    parameters: { AccessType: { type: 'mscrm.EndpointAccessType' } },
    returns: 'mscrm.RetrieveCurrentOrganizationResponse',
    run: (call) => ({ reply: jsonReply(currentOrganization(call)) }),
  },
  {
    name: 'RetrieveVersion',
    kind: 'function',
    parameters: {},
    returns: 'mscrm.RetrieveVersionResponse',
    response: { Version: 'Edm.String' },
    run: (call) => complexReply(call, 'RetrieveVersionResponse', { Version: VERSION }),
  },
  {
    name: 'RetrieveProvisionedLanguages',
    kind: 'function',
    parameters: {},
    returns: 'mscrm.RetrieveProvisionedLanguagesResponse',
    response: { RetrieveProvisionedLanguages: 'Collection(Edm.Int32)' },
    run: (call) =>
      complexReply(call, 'RetrieveProvisionedLanguagesResponse', { RetrieveProvisionedLanguages: languages(call) }),
  },
  {
    name: 'RetrieveAvailableLanguages',
    kind: 'function',
    parameters: {},
    returns: 'mscrm.RetrieveAvailableLanguagesResponse',
    response: { LocaleIds: 'Collection(Edm.Int32)' },
    run: (call) => complexReply(call, 'RetrieveAvailableLanguagesResponse', { LocaleIds: languages(call) }),
  },
]
