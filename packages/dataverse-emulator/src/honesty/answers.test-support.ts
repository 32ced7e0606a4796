import type { Answer, Ask, Question } from '../ask.test-support.ts'

/** The preference that asks for change tracking. */
export const TRACK: Readonly<Record<string, string>> = { Prefer: 'odata.track-changes' }

/** Status and error code of an answer. */
export function refusal({ status, json }: Answer): readonly [number, string | undefined] {
  return [status, json?.error?.code]
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
  const names: string[] = []
  const deleted: string[] = []
  const tokens: number[] = []
  let next: string | undefined = link
  for (let pages = 1; ; pages++) {
    const answer: Answer = await ask('GET', next, question)
    if (answer.status !== 200) throw new Error(answer.text)
    for (const item of answer.json.value) {
      if ('reason' in item) deleted.push(item.id)
      else names.push(item.name)
    }
    if ('@odata.deltaLink' in answer.json) tokens.push(pages)
    next = answer.json['@odata.nextLink']
    if (next === undefined) return { names, deleted, tokens, pages, deltaLink: answer.json['@odata.deltaLink'] }
  }
}

/** Names of the rows of a list. */
export function namesIn(answer: Answer, column = 'name'): string[] {
  return answer.json.value.map((row: Readonly<Record<string, string>>) => row[column])
}

/** The path of a list with its filter encoded. */
export function filtered(set: string, filter: string, rest = ''): string {
  return `${set}?$filter=${encodeURIComponent(filter)}${rest}`
}

/** The path of a list asked for in FetchXML. */
export function fetched(set: string, inner: string, root = ''): string {
  return `${set}?fetchXml=${encodeURIComponent(`<fetch ${root}>${inner}</fetch>`)}`
}
