import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { ScenarioError } from './scenario-error.ts'
import type { Chunk, Lane, RunShape, Searched } from './search.ts'

/** What a worker is started with. */
export interface WorkerTask {
  readonly module: string
  readonly shape: RunShape
}

/** What a worker says: each seed as its run begins and ends, what came of a chunk, or why it cannot go on. */
export type WorkerSaid =
  | { readonly begun: number }
  | { readonly run: number; readonly isBad: boolean }
  | { readonly searched: Searched }
  | { readonly failed: string; readonly isScenario: boolean }

/** Threads of which each goes through seeds for itself, with a scenario of its own. */
export class Workers {
  readonly #workers: readonly Worker[]

  constructor(count: number, task: WorkerTask) {
    // A run goes through nearly all of the code and stays nowhere long: compiled plainly at once, it takes a tenth less.
    setFlagsFromString('--always-sparkplug')
    // For the same reason most of what is optimised is not worth it: later and with less of it put into its callers, the first
    // hundred runs take a fourth less, and those after them no more.
    setFlagsFromString('--interrupt-budget=400000')
    setFlagsFromString('--max-inlined-bytecode-size-cumulative=460')
    // Next to nothing of a run outlives it: with room for what several runs make, hardly any of it is ever copied.
    setFlagsFromString('--min-semi-space-size=32')
    setFlagsFromString('--max-semi-space-size=64')
    this.#workers = Array.from({ length: count }, () => {
      const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: task })
      // What it dies of while nobody waits for it, the next chunk hears of.
      worker.on('error', () => {})
      return worker
    })
  }

  get lanes(): readonly Lane[] {
    return this.#workers.map((worker) => (chunk, onRun) => searchedBy(worker, chunk, onRun))
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

function searchedBy(worker: Worker, chunk: Chunk, onRun: (seed: number, isBad: boolean) => void): Promise<Searched> {
  return new Promise((resolve, reject) => {
    let seed = chunk.first
    const die = (error: Error): void => fail(`the program died in the run of seed ${seed}: ${error.stack ?? ''}`, error)
    const exit = (): void => fail(`the program ended in the run of seed ${seed}`)
    const hear = (said: WorkerSaid): void => {
      if ('begun' in said) seed = said.begun
      else if ('run' in said) onRun(said.run, said.isBad)
      else if ('failed' in said && said.isScenario) end(new ScenarioError(said.failed))
      else if ('failed' in said) fail(`the run of seed ${seed}: ${said.failed}`)
      else {
        leave()
        resolve(said.searched)
      }
    }
    const leave = (): void => void worker.off('message', hear).off('error', die).off('exit', exit)
    const fail = (words: string, cause?: Error): void => end(new Error(words, cause ? { cause } : {}))
    const end = (error: Error): void => {
      leave()
      reject(error)
    }
    worker.on('message', hear).on('error', die).on('exit', exit)
    worker.postMessage(chunk)
  })
}
