import type { Answer, Ask, Question } from '../ask.test-support.ts'

/** The preference that asks for change tracking. */
export const TRACK: Readonly<Record<string, string>> = { Prefer: 'odata.track-changes' }

interface Item {
  readonly id: string
  readonly name: string
  readonly reason?: string
}

interface ListBody {
  readonly '@odata.nextLink'?: string
  readonly '@odata.deltaLink'?: string
  readonly value: readonly Item[]
}

/** Status and error code of an answer. */
export function refusal({ status, json }: Answer): readonly [number, string | undefined] {
  const body = json as { readonly error?: { readonly code?: string } } | undefined
  return [status, body?.error?.code]
}

/** What a change feed said until it gave its token. */
export interface Feed {
  readonly names: readonly string[]
  readonly deleted: readonly string[]
  /** On which of the pages the token was, counted from 1, and how many pages there were. */
  readonly tokens: readonly number[]
  readonly pages: number
  readonly deltaLink: string
}

/** Reads a change feed to its end. */
export async function feed(ask: Ask, link: string, question: Question = {}): Promise<Feed> {
  const items: Item[] = []
  const tokens: number[] = []
  let next = link
  for (let pages = 1; ; pages++) {
    const answer = await ask('GET', next, question)
    if (answer.status !== 200) throw new Error(answer.text)
    const body = answer.json as ListBody
    items.push(...body.value)
    if (body['@odata.deltaLink'] !== undefined) tokens.push(pages)
    const names = items.filter(({ reason }) => reason === undefined).map(({ name }) => name)
    const deleted = items.filter(({ reason }) => reason !== undefined).map(({ id }) => id)
    const deltaLink = body['@odata.deltaLink'] ?? ''
    if (body['@odata.nextLink'] === undefined) return { names, deleted, tokens, pages, deltaLink }
    next = body['@odata.nextLink']
  }
}

/** Names of the rows of a list. */
export function namesIn(answer: Answer, column = 'name'): string[] {
  const { value } = answer.json as { readonly value: readonly Readonly<Record<string, string>>[] }
  return value.map((row) => row[column] ?? '')
}

/** The path of a list with its filter encoded. */
export function filtered(set: string, filter: string, rest = ''): string {
  return `${set}?$filter=${encodeURIComponent(filter)}${rest}`
}

/** The path of a list asked for in FetchXML. */
export function fetched(set: string, inner: string, root = ''): string {
  return `${set}?fetchXml=${encodeURIComponent(`<fetch ${root}>${inner}</fetch>`)}`
}
