import type { Row } from '@outpost/core'
import type { Contender, Place, Write } from '../contenders/contender.ts'
import type { Contents } from '../data/contents.ts'

/*
 * The limit of SQLite in a browser: sqlite-wasm over its pool of files in the origin private file system, for this one
 * table and nothing else. All of it but the list on the screen is in the worker, fetch and JSON.parse too.
 */

/** What the worker does for the page. */
export interface RawDatabase {
  readonly pull: () => Promise<void>
  readonly together: (writes: readonly Write[]) => Promise<void>
  readonly query: () => Promise<readonly Row[]>
  readonly contents: () => Promise<Contents>
  readonly close: () => Promise<void>
}

export interface Call {
  readonly id: number
  readonly method: keyof RawDatabase
  readonly parameters: readonly unknown[]
}

export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly failure?: string
}

export async function openRawOpfs(place: Place): Promise<Contender> {
  const worker = new Worker(new URL('./raw-opfs-worker.js', import.meta.url), { type: 'module' })
  const waiting = new Map<number, (answer: Answer) => void>()
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data)
    waiting.delete(data.id)
  })
  let calls = 0
  const ask = async <K extends keyof RawDatabase>(
    method: K,
    ...parameters: Parameters<RawDatabase[K]>
  ): Promise<Awaited<ReturnType<RawDatabase[K]>>> => {
    const id = ++calls
    const { value, failure } = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve)
      worker.postMessage({ id, method, parameters } satisfies Call)
    })
    if (failure !== undefined) throw new Error(failure)
    return value as Awaited<ReturnType<RawDatabase[K]>>
  }
  worker.postMessage(place)

  let listener: ((rows: readonly Row[]) => void) | undefined
  const tell = async (): Promise<void> => {
    if (listener) listener(await ask('query'))
  }
  const together = async (writes: readonly Write[]): Promise<void> => {
    await ask('together', writes)
    await tell()
  }
  return {
    pull: () => ask('pull'),
    write: (write) => together([write]),
    burst: together,
    together,
    query: () => ask('query'),
    watch: (wanted) => {
      listener = wanted
      void tell()
      return () => (listener = undefined)
    },
    contents: () => ask('contents'),
    close: async () => {
      await ask('close')
      worker.terminate()
    },
  }
}
