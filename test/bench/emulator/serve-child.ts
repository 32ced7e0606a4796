import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import { serve } from '@outpost/dataverse-emulator/server'

/** What the child is told, as its argument. */
export interface ServeOrder {
  readonly rows: number
  readonly columns: number
}

/** Where to read pages from, one address after the other. */
export interface Served {
  readonly name: string
  readonly urls: readonly string[]
  readonly headers: Readonly<Record<string, string>>
}

const TABLE = 'msdyn_workorder'

const { rows, columns } = JSON.parse(process.argv[2] ?? '') as ServeOrder
const emulator = createEmulator({ seed: fieldService({ rows }), limits: { serviceProtection: false } })
const { api, url } = await serve(emulator, { gzip: false })
const table = emulator.schema.table(TABLE)
const select = (table?.columns ?? [])
  .filter(({ attributeOf, type }) => attributeOf === null && type !== 'Virtual')
  .slice(0, columns)
  .map(({ logicalName, type }) =>
    ['Lookup', 'Customer', 'Owner'].includes(type) ? `_${logicalName}_value` : logicalName,
  )
const headers = { Authorization: `Bearer ${emulator.tokenFor('Sunniva Admin', { audience: url })}` }
const pageOf = (names: readonly string[]): string => `${api}${table?.entitySetName ?? ''}?$select=${names.join()}`
const page = pageOf(select)
// The same columns in another order each time: nothing of it was written before.
const orders = select.map((_, at) => pageOf([...select.slice(at), ...select.slice(0, at)]))
const answer = await fetch(page, { headers })
const body = Buffer.from(await answer.arrayBuffer())
if (answer.status !== 200) throw new Error(body.toString())

// The limit: the same page, serialised before, by a server that does nothing else.
const plain = createServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'application/json; odata.metadata=minimal', 'Content-Length': body.length })
  response.end(body)
})
await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
const served: readonly Served[] = [
  { name: 'serialised', urls: [`http://127.0.0.1:${(plain.address() as AddressInfo).port}/`], headers: {} },
  { name: 'emulator', urls: [page], headers },
  { name: 'never read before', urls: orders, headers },
  { name: 'with $filter', urls: [`${page}&$filter=statecode eq 0 and msdyn_totalamount ge 0`], headers },
  { name: 'with annotations', urls: [page], headers: { ...headers, Prefer: 'odata.include-annotations="*"' } },
]
process.send?.(served)
