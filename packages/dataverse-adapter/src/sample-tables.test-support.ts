import type { ColumnMetadata, ColumnType, TableMetadata } from '@outpost/core'
import type { Fetch } from './transport.ts'

export const A = 'aaaaaaaa-0000-4000-8000-000000000001'
export const B = 'bbbbbbbb-0000-4000-8000-000000000002'
export const C = 'cccccccc-0000-4000-8000-000000000003'

export function column(name: string, type: ColumnType, more: Partial<ColumnMetadata> = {}): ColumnMetadata {
  return { name, label: name, type, required: false, creatable: true, updatable: true, readable: true, ...more }
}

export function table(
  name: string,
  columns: readonly ColumnMetadata[],
  more: Partial<TableMetadata> = {},
): TableMetadata {
  return {
    name,
    label: name,
    primaryId: `${name}id`,
    primaryName: 'name',
    ownership: 'user',
    intersect: false,
    versioned: true,
    changeTracking: true,
    columns: [column(`${name}id`, 'guid'), ...columns],
    keys: [],
    oneToMany: [],
    manyToMany: [],
    wire: { entitySetName: `${name}s`, lookups: {}, links: {} },
    ...more,
  }
}

const stamps = [column('versionnumber', 'bigint'), column('modifiedon', 'datetime')]

const skills = {
  name: 'new_account_contact',
  intersectTable: 'new_account_contact',
  first: { table: 'account', column: 'accountid' },
  second: { table: 'contact', column: 'contactid' },
}

export const account: TableMetadata = table(
  'account',
  [
    ...stamps,
    column('name', 'text'),
    column('revenue', 'money'),
    column('primarycontactid', 'lookup', { targets: [{ table: 'contact' }] }),
    column('ownerid', 'lookup', { targets: [{ table: 'systemuser' }, { table: 'team' }] }),
    column('new_region', 'lookup', { targets: [{ table: 'territory' }] }),
    column('primarycontactidname', 'text', { readable: false }),
  ],
  {
    manyToMany: [skills],
    wire: {
      entitySetName: 'accounts',
      lookups: {
        primarycontactid: { contact: 'primarycontactid' },
        ownerid: { owner: 'ownerid' },
        new_region: { territory: 'new_Region' },
      },
      links: { new_account_contact: { fromFirst: 'new_contacts', fromSecond: 'new_accounts' } },
    },
  },
)

export const contact: TableMetadata = table('contact', [...stamps, column('fullname', 'text')])

export const incident: TableMetadata = table(
  'incident',
  [
    ...stamps,
    column('title', 'text'),
    column('customerid', 'lookup', { targets: [{ table: 'account' }, { table: 'contact' }] }),
  ],
  {
    wire: {
      entitySetName: 'incidents',
      lookups: { customerid: { account: 'customerid_account', contact: 'customerid_contact' } },
      links: {},
    },
  },
)

export const systemuser: TableMetadata = table('systemuser', stamps)
export const territory: TableMetadata = table('territory', stamps, {
  wire: { entitySetName: 'territories', lookups: {}, links: {} },
})

export const accountContact: TableMetadata = table(
  'new_account_contact',
  [column('accountid', 'guid'), column('contactid', 'guid'), column('versionnumber', 'bigint')],
  {
    intersect: true,
    ownership: 'none',
    versioned: false,
    manyToMany: [skills],
    wire: { entitySetName: 'new_account_contactset', lookups: {}, links: {} },
  },
)

/** A request as the double of the network saw it. */
export interface Sent {
  readonly method: string
  /** Relative to the Web API, decoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A network with an organisation at its end that answers with what the test wrote, and keeps what it was asked. */
export function scripted(answer: (request: Sent, index: number) => Response): { fetch: Fetch; sent: readonly Sent[] } {
  const sent: Sent[] = []
  return {
    sent,
    fetch: (url, init) => {
      const request: Sent = {
        method: init.method ?? 'GET',
        path: decodeURIComponent(url.replace(/^https:\/\/contoso\.crm\.dynamics\.com\/api\/data\/v9\.2\//, '')),
        headers: init.headers as Record<string, string>,
        body: typeof init.body === 'string' ? init.body : '',
      }
      sent.push(request)
      return Promise.resolve(answer(request, sent.length - 1))
    },
  }
}

export function json(body: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  const headers = { 'Content-Type': 'application/json; odata.metadata=minimal', ...init.headers }
  return new Response(JSON.stringify(body), { status: init.status ?? 200, headers })
}

export function refusal(status: number, code: string, message = 'Words.'): Response {
  return json({ error: { code, message } }, { status })
}
