import type { Row } from '@outpost/core'
import { FIRST_VERSION, wireRow } from '../data/account-rows.ts'
import { contentsOf } from '../data/contents.ts'
import type { Contents } from '../data/contents.ts'
import type { Accounts, Run } from './accounts.ts'
import { ANSWERS, METADATA, privilegesOf } from './answers.ts'

export const API = '/api/data/v9.2/'

export interface Request {
  readonly method: string
  /** Behind the root of the API. */
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly parts: readonly Buffer[]
}

/**
 * As much of the Web API as clients of the bench ask: pages of accounts by version, entries of the mobile-tracking table,
 * lists of ids, rows by id, updates. What nobody asks is answered 501.
 */
export class WebApi {
  readonly #accounts: Accounts
  readonly #api: string
  /** The last update of each account, and how many there were of all. */
  readonly #written = new Map<string, Row>()
  #writes = 0

  constructor(accounts: Accounts, root: string) {
    this.#accounts = accounts
    this.#api = root + API
  }

  reset(): void {
    this.#accounts.reset()
    this.#written.clear()
    this.#writes = 0
  }

  /** What was written here; `queued` counts the updates that came more than once. */
  written(): Promise<Contents> {
    return contentsOf(this.#written.values(), this.#writes - this.#written.size)
  }

  answer(request: Request): Answer {
    const url = new URL(request.path, 'http://bench')
    const path = decodeURIComponent(url.pathname.slice(1))
    const fixed = ANSWERS.get(path)
    if (fixed) return json(fixed)
    if (path.startsWith('RetrieveMetadataChanges(')) return json(METADATA)
    if (path.includes('RetrieveUserSetOfPrivilegesByNames')) {
      return json(privilegesOf(JSON.parse(url.searchParams.get('@p1') ?? '[]') as string[]))
    }
    const size = Number(/maxpagesize=(\d+)/.exec(request.headers['prefer'] ?? '')?.[1] ?? 5000)
    if (path === 'accounts') return this.#accountPage(url.searchParams, size)
    if (path === 'resco_mobiletrackings') {
      return this.#page(path, this.#accounts.entriesAfter(versionIn(url.searchParams), size))
    }
    const id = /^accounts\(([-0-9a-f]{36})\)$/.exec(path)?.[1]
    if (id !== undefined) return this.#oneAccount(request, id)
    return refusal(501, `the bench does not answer ${path}`)
  }

  #accountPage(query: URLSearchParams, size: number): Answer {
    const filter = query.get('$filter') ?? ''
    const order = query.get('$orderby') ?? ''
    const ids = /PropertyName='accountid',PropertyValues=\[([^\]]*)\]/.exec(filter)?.[1]
    if (ids !== undefined) return this.#byIds(ids.replaceAll(/["']/g, '').split(','))
    if (order.startsWith('accountid')) return this.#idPage(Number(query.get('$skiptoken') ?? 0), size)
    if (query.has('$count') && size === 1) return json(counted(this.#accounts.beginning.rows, []))
    if (order.startsWith('modifiedon desc')) return json({ value: [this.#newest()] })
    return this.#page('accounts', this.#accounts.after(versionIn(query), size))
  }

  #page(set: string, { parts, last, more }: Run): Answer {
    const link = `,"@odata.nextLink":"${this.#api}${set}?$orderby=versionnumber&$filter=versionnumber%20gt%20${last}"`
    const head = `{"@odata.context":"${this.#api}$metadata#${set}","@odata.count":${this.#accounts.beginning.rows},"value":[`
    return { status: 200, parts: [Buffer.from(head), ...withCommas(parts), Buffer.from(`]${more ? link : ''}}`)] }
  }

  #idPage(from: number, size: number): Answer {
    const { part, next } = this.#accounts.ids(from, size)
    const link = `,"@odata.nextLink":"${this.#api}accounts?$select=accountid&$orderby=accountid&$skiptoken=${next}"`
    const head = `{"@odata.context":"${this.#api}$metadata#accounts(accountid)","value":[`
    return { status: 200, parts: [Buffer.from(head), part, Buffer.from(`]${next === undefined ? '' : link}}`)] }
  }

  #byIds(ids: readonly string[]): Answer {
    const rows = ids.map((id) => this.#accounts.get(id)).filter((row) => row !== undefined)
    return json({ '@odata.context': `${this.#api}$metadata#accounts`, value: rows.map(wireRow) })
  }

  #newest(): object {
    const run = this.#accounts.after(FIRST_VERSION + this.#accounts.beginning.rows - 2, 1)
    return JSON.parse(String(run.parts[0])) as object
  }

  #oneAccount({ method, headers, body }: Request, id: string): Answer {
    const row = this.#accounts.get(id)
    if (!row) return refusal(404, `account With Id = ${id} Does Not Exist`)
    if (method === 'GET') return json(wireRow(row))
    if (method !== 'PATCH') return refusal(501, `the bench does not answer ${method}`)
    const expected = headers['if-match']
    if (expected !== undefined && expected !== '*' && expected !== etagOf(row)) return refusal(412, 'another version')
    const values = JSON.parse(body) as Row
    const updated = this.#accounts.update(row, values)
    this.#written.set(id, { accountid: id, ...values })
    this.#writes += 1
    const wanted = headers['prefer']?.includes('return=representation') === true
    return { ...(wanted ? json(wireRow(updated)) : { status: 204, parts: [] }), headers: { ETag: etagOf(updated) } }
  }
}

function refusal(status: number, message: string): Answer {
  return { ...json({ error: { code: '0x80040203', message } }), status }
}

export function json(value: object): Answer {
  return { status: 200, parts: [Buffer.from(JSON.stringify(value))] }
}

/** The master counts to 5,000. */
function counted(rows: number, value: readonly object[]): object {
  return { '@odata.count': Math.min(rows, 5000), value }
}

function versionIn(query: URLSearchParams): number {
  const [, operator, version] = /versionnumber (g[te]) (\d+)/.exec(query.get('$filter') ?? '') ?? []
  return version === undefined ? FIRST_VERSION - 1 : Number(version) - (operator === 'ge' ? 1 : 0)
}

function etagOf(row: Row): string {
  return `W/"${row['versionnumber']}"`
}

const COMMA = Buffer.from(',')

function withCommas(parts: readonly Buffer[]): readonly Buffer[] {
  return parts.flatMap((part, at) => (at === 0 ? [part] : [COMMA, part]))
}
