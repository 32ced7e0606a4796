import type { ColumnValue, Row } from '@outpost/core'
import { COLUMNS, FIRST_VERSION, OWNER_TABLE } from '../data/account-rows.ts'
import type { Deletions, Write } from './contender.ts'

/** What a program by hand reads of the Web API. */

export type WireRow = Readonly<Record<string, ColumnValue>>

interface WirePage {
  readonly value: readonly WireRow[]
  readonly '@odata.nextLink'?: string
}

/** What a pull has brought: rows, ids of deleted ones, and how far it reached. */
export interface Pulled {
  readonly rows: readonly WireRow[]
  readonly deleted: readonly string[]
  readonly version: number
}

const ANNOTATION = 'Microsoft.Dynamics.CRM.lookuplogicalname'

/**
 * Pages of everything that is new behind that version. Deletions come first, as the mobile-tracking table tells them, or last:
 * of the ids that are held in the end those that are not in the list of all ids.
 */
export async function* pullPages(
  url: string,
  pageSize: number,
  deletions: Deletions,
  since = FIRST_VERSION - 1,
  held?: () => Promise<readonly string[]>,
): AsyncGenerator<Pulled, void> {
  let version = since
  if (deletions === 'tracking') {
    for await (const entries of pages(`${behind(url, 'resco_mobiletrackings', since)}`, pageSize)) {
      version = Math.max(version, ...entries.map(versionOf))
      yield { rows: [], deleted: entries.map((entry) => String(entry['resco_rowid'])), version }
    }
  }
  for await (const rows of pages(behind(url, 'accounts', since), pageSize)) {
    const last = rows.at(-1)
    version = Math.max(version, last ? versionOf(last) : 0)
    yield { rows, deleted: [], version }
  }
  if (deletions !== 'sweep' || !held) return
  const shown = new Set<string>()
  for await (const ids of idPages(url, pageSize)) for (const id of ids) shown.add(id)
  const deleted = (await held()).filter((id) => !shown.has(id))
  if (deleted.length > 0) yield { rows: [], deleted, version }
}

/** The ids of all accounts there are. */
export async function* idPages(url: string, pageSize: number): AsyncGenerator<readonly string[]> {
  const first = `${url}/api/data/v9.2/accounts?$select=accountid&$orderby=accountid`
  for await (const rows of pages(first, pageSize)) yield rows.map((row) => String(row['accountid']))
}

async function* pages(first: string, pageSize: number): AsyncGenerator<readonly WireRow[]> {
  const headers = { Prefer: `odata.maxpagesize=${pageSize},odata.include-annotations="${ANNOTATION}"` }
  let next: string | undefined = first
  while (next !== undefined) {
    const response = await fetch(next, { headers })
    if (response.status !== 200) throw new Error(await response.text())
    const page = JSON.parse(await response.text()) as WirePage
    if (page.value.length > 0) yield page.value
    next = page['@odata.nextLink']
  }
}

function behind(url: string, set: string, version: number): string {
  return `${url}/api/data/v9.2/${set}?$orderby=versionnumber&$filter=versionnumber%20gt%20${version}`
}

function versionOf(row: WireRow): number {
  return Number(row['versionnumber'])
}

/** The row under logical column names, as Outpost gives it to an application. */
export function rowOf(wire: WireRow): Row {
  const row: Record<string, ColumnValue> = {}
  for (const { name, type, targets } of COLUMNS) {
    const value = wire[targets ? `_${name}_value` : name] ?? null
    row[name] = type === 'BigInt' ? String(value) : value
  }
  row[OWNER_TABLE] = wire[`_ownerid_value@${ANNOTATION}`] ?? null
  return row
}

/** Sends updates in one batch. */
export async function sendUpdates(url: string, writes: readonly Write[]): Promise<void> {
  const parts = writes.map(({ id, telephone1 }) =>
    [
      '--updates',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      `PATCH /api/data/v9.2/accounts(${id}) HTTP/1.1`,
      'Content-Type: application/json',
      '',
      JSON.stringify({ telephone1 }),
      '',
    ].join('\r\n'),
  )
  const response = await fetch(`${url}/api/data/v9.2/$batch`, {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/mixed; boundary=updates' },
    body: `${parts.join('')}--updates--\r\n`,
  })
  const text = await response.text()
  const accepted = text.match(/^HTTP\/1\.1 20/gm)?.length ?? 0
  if (accepted !== writes.length) throw new Error(`${accepted} of ${writes.length} updates were accepted`)
}
