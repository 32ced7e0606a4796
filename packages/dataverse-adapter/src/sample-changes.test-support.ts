import type { Change, OutgoingTransaction, PushOutcome, Row, TableMetadata } from '@outpost/core'
import { dataverseMaster } from './dataverse-master.ts'
import {
  A,
  account,
  accountContact,
  B,
  contact,
  incident,
  scripted,
  type Sent,
  systemuser,
  territory,
} from './sample-tables.test-support.ts'
import { staticToken } from './token.ts'

const signal = new AbortController().signal

const tables: ReadonlyMap<string, TableMetadata> = new Map(
  [account, accountContact, contact, incident, systemuser, territory].map((table) => [table.name, table]),
)
const columns: ReadonlyMap<string, readonly string[]> = new Map([
  ['account', ['name', 'ownerid']],
  ['contact', ['fullname']],
  ['incident', ['title', 'customerid']],
  ['new_account_contact', ['accountid', 'contactid']],
])

let next = 0
export function transaction(...changes: Change[]): OutgoingTransaction {
  return { id: `t${(next += 1)}`, changes, tables, columns }
}

export const create = (id = A, values: Row = { fullname: 'N' }, table = 'contact'): Change => ({
  kind: 'create',
  table,
  id,
  values,
})
export const update = (id = A, values: Row = { fullname: 'N' }, table = 'contact', before: Row = {}): Change => ({
  kind: 'update',
  table,
  id,
  values,
  before,
  patch: [],
  version: 'W/"7"',
})
export const remove = (id = A, version: string | null = 'W/"7"'): Change => ({
  kind: 'delete',
  table: 'contact',
  id,
  before: {},
  version,
})
export const link = (kind: 'associate' | 'disassociate'): Change => ({
  kind,
  relationship: 'new_account_contact',
  table: 'new_account_contact',
  id: `${A}:${B}`,
  first: { table: 'account', id: A },
  second: { table: 'contact', id: B },
})

export async function push(
  answer: (request: Sent, index: number) => Response,
  ...transactions: OutgoingTransaction[]
): Promise<{ outcomes: readonly PushOutcome[]; sent: readonly Sent[] }> {
  const { fetch, sent } = scripted(answer)
  const master = dataverseMaster({ url: 'contoso', token: staticToken('t'), fetch })
  return { outcomes: await master.push(transactions, signal), sent }
}

export async function pushOne(
  answer: Response,
  change: Change,
): Promise<{ outcome: PushOutcome | undefined; sent: Sent | undefined }> {
  const { outcomes, sent } = await push(() => answer, transaction(change))
  return { outcome: outcomes[0], sent: sent[0] }
}

export const done = (): Response => new Response(null, { status: 204 })
export const made = (id: string, version: number): object => ({
  '@odata.etag': `W/"${version}"`,
  contactid: id,
  fullname: 'Made',
  versionnumber: version,
})
