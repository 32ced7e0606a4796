import { linesOf, noiseWarning, tableOf } from '../run/report.ts'
import type { Line } from '../run/report.ts'
import type { Served, ServeOrder } from './serve-child.ts'
import { endOf, forked } from '../run/forked.ts'

/** The emulator must serve pages at this share of the limit's rate or better. */
const LEAST_RATE = 1 / 5

/** How fast pages leave the emulator, beside the same page served by a server that has it as bytes. */
export interface ServeResult {
  readonly workload: 'serve'
  readonly pageRows: number
  readonly pageBytes: number
  readonly lines: readonly Line[]
  /** The emulator's rate as a share of the limit's: the median of the rounds. */
  readonly share: number
}

interface Contender extends Served {
  readonly measures: Record<string, number>[]
}

/** Reads one page to its end, as text, as a client would that then parses it. */
async function readPage({ urls, headers }: Served, index: number): Promise<string> {
  const url = urls[index % urls.length] ?? ''
  const response = await fetch(url, { headers })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${text.slice(0, 500)}`)
  return text
}

/** Serves pages of 5,000 rows in a process of its own and reads them in turn, round by round. */
export async function benchServe(
  order: ServeOrder,
  rounds: number,
  pages: number,
  seconds: number,
): Promise<ServeResult> {
  // It serves all rounds.
  const limit = seconds * (rounds + 1)
  const child = forked(new URL('serve-child.js', import.meta.url), [JSON.stringify(order)], limit)
  try {
    const served = await new Promise<readonly Served[]>((resolve, reject) => {
      child.on('message', (message) => resolve(message as readonly Served[]))
      child.on('error', reject)
      child.on('exit', reject)
    })
    const contenders = served.map((one): Contender => ({ ...one, measures: [] }))
    for (let round = 0; round <= rounds; round++) {
      for (const contender of contenders) {
        const start = performance.now()
        for (let page = 0; page < pages; page++) await readPage(contender, round * pages + page)
        const ms = (performance.now() - start) / pages
        // The first round only warms up.
        if (round > 0) contender.measures.push({ 'page ms': ms })
      }
    }
    const [limit] = served
    const text = limit === undefined ? '' : await readPage(limit, 0)
    const lines = linesOf(
      contenders.map(({ name, measures }) => ({ contender: name, measures })),
      'serialised',
    )
    const share = 1 / (lines.find(({ contender }) => contender === 'emulator')?.ratio ?? Number.NaN)
    const { value } = JSON.parse(text) as { value: unknown[] }
    return { workload: 'serve', pageRows: value.length, pageBytes: Buffer.byteLength(text), lines, share }
  } catch (cause) {
    // Whoever was reading has only seen that nobody answers any more.
    const isOver = child.killed || child.exitCode !== null || child.signalCode !== null
    throw isOver ? new Error(`serve: the server ${endOf(child, limit)}`, { cause }) : cause
  } finally {
    child.kill()
  }
}

export function describeServe({ pageRows, pageBytes, lines, share }: ServeResult): string {
  const title = `SERVE  pages of ${pageRows.toLocaleString('en')} rows, ${(pageBytes / 1e6).toFixed(1)} MB, over HTTP; ratios to the same page already serialised`
  const rate = `The emulator serves the page at ${share.toFixed(2)} of the rate of the serialised one (no less than ${LEAST_RATE} is wanted).`
  return [title, tableOf(lines, 'serialised'), rate, noiseWarning(lines)]
    .filter((part) => part !== undefined)
    .join('\n\n')
}

export function isFastEnough({ share }: ServeResult): boolean {
  return share >= LEAST_RATE
}
