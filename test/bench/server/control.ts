import type { Contents } from '../data/contents.ts'
import type { ChangeOrder } from './page-server.ts'

/** Lets something happen on the server. */
export async function happen(url: string, order: ChangeOrder): Promise<void> {
  const response = await fetch(`${url}/bench/change`, { method: 'POST', body: JSON.stringify(order) })
  if (response.status !== 204) throw new Error(await response.text())
}

/** What was written to the server; `queued` counts the writes that came more than once. */
export async function writtenTo(url: string): Promise<Contents> {
  return (await (await fetch(`${url}/bench/written`)).json()) as Contents
}
