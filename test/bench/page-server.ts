import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { accountRow, COLUMNS, FIRST_VERSION, wireRow } from './account-rows.ts'

export interface PageServer {
  readonly url: string
  readonly close: () => Promise<void>
}

const API = '/api/data/v9.2/'

/**
 * Serves so many accounts in the shape of the Web API, on loopback. Every answer is made before the first request, so
 * that a client waits for bytes and not for this server. What a first download does not ask is answered 501.
 */
export async function servePages(rows: number, pageSize: number, seed: number): Promise<PageServer> {
  const pages = new Map<number, Buffer>()
  const counted = { '@odata.count': Math.min(rows, 5000) }
  const count = Buffer.from(JSON.stringify({ ...counted, value: [] }))
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    const prefer = String(request.headers['prefer'])
    const body = path.startsWith(`${API}accounts?`)
      ? /maxpagesize=1\b/.test(prefer)
        ? count
        : pages.get(Number(/versionnumber gt (\d+)/.exec(path)?.[1] ?? FIRST_VERSION - 1))
      : ANSWERS.find(([start]) => path.startsWith(API + start))?.[1]
    response.writeHead(body ? 200 : 501, { 'Content-Type': 'application/json; odata.metadata=minimal' })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (let from = 0; from < rows; from += pageSize) {
    const to = Math.min(from + pageSize, rows)
    const value = Array.from({ length: to - from }, (_, at) => wireRow(accountRow(seed, from + at)))
    const link = `${url}${API}accounts?$filter=versionnumber%20gt%20${FIRST_VERSION + to - 1}`
    const page = {
      '@odata.context': `${url}${API}$metadata#accounts`,
      ...(from === 0 ? counted : {}),
      value,
      ...(to < rows ? { '@odata.nextLink': link } : {}),
    }
    pages.set(FIRST_VERSION + from - 1, Buffer.from(JSON.stringify(page)))
  }
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const ORGANIZATION = '0b9e5c1a-0000-4000-8000-000000000001'
const USER = '0b9e5c1a-0000-4000-8000-000000000002'

const ACCOUNT = {
  LogicalName: 'account',
  EntitySetName: 'accounts',
  PrimaryIdAttribute: 'accountid',
  PrimaryNameAttribute: 'name',
  OwnershipType: 'UserOwned',
  IsIntersect: false,
  IsOptimisticConcurrencyEnabled: true,
  ChangeTrackingEnabled: true,
  Attributes: COLUMNS.map(({ name, type, targets }) => ({
    LogicalName: name,
    AttributeTypeName: { Value: `${type}Type` },
    IsValidForCreate: true,
    IsValidForRead: true,
    IsValidForUpdate: true,
    ...(targets ? { Targets: targets } : {}),
  })),
}

/** Answers by the beginning of the path. */
const ANSWERS: readonly (readonly [string, Buffer])[] = Object.entries({
  'WhoAmI()': { OrganizationId: ORGANIZATION, UserId: USER },
  'organizations?': {
    '@Microsoft.Dynamics.CRM.globalmetadataversion': '1',
    value: [{ organizationid: ORGANIZATION }],
  },
  'RetrieveMetadataChanges(': { EntityMetadata: [ACCOUNT], ServerVersionStamp: '1!1' },
}).map(([start, answer]) => [start, Buffer.from(JSON.stringify(answer))])
