import { WebApiError } from '../errors.ts'
import type { Knobs } from '../knobs.ts'
import type { RowStore } from '../rows/row-store.ts'
import { nothingAsked } from './asked.ts'
import type { Asked } from './asked.ts'
import { isvUnexpected } from './errors.ts'
import type { JobQueue } from './jobs.ts'
import { PluginPipeline } from './plugin-pipeline.ts'
import type { PluginContext, PluginStep, RegisteredStep } from './step.ts'

/** What the plug-ins of an organisation need of it. */
export interface PluginHost {
  readonly store: RowStore
  readonly jobs: JobQueue
  readonly knobs: Pick<Knobs, 'pluginCrash'>
  /** Whether there is a function or action of this name. */
  readonly isOperation: (name: string) => boolean
}

const ROW_MESSAGES: ReadonlySet<string> = new Set(['Create', 'Update', 'Delete', 'Associate', 'Disassociate'])

/**
 * The plug-ins of an organisation. Those of one message and stage run in the order in which they were registered,
 * inside the transaction of what they belong to: what one of them throws takes everything back.
 */
export class Plugins {
  readonly #host: PluginHost
  readonly #steps: RegisteredStep[] = []
  #asked: Asked = nothingAsked

  constructor(host: PluginHost) {
    this.#host = host
  }

  /** Registers a plug-in and gives the id of its step. Throws RangeError for what could never run. */
  register(step: PluginStep): string {
    this.#check(step)
    const id = this.#host.store.newId()
    this.#steps.push({ ...step, id })
    return id
  }

  /** Takes a plug-in out again, by the id of its step. */
  unregister(id: string): void {
    const at = this.#steps.findIndex((step) => step.id === id)
    if (at >= 0) this.#steps.splice(at, 1)
  }

  /** The registered plug-ins, in order. */
  list(): readonly RegisteredStep[] {
    return [...this.#steps]
  }

  /** Answers a request that said this about plug-ins. */
  during<T>(asked: Asked, body: () => T): T {
    const before = this.#asked
    this.#asked = asked
    try {
      return body()
    } finally {
      this.#asked = before
    }
  }

  /** What runs around the writes of a request; undefined where there are no plug-ins. */
  pipeline(): PluginPipeline | undefined {
    if (this.#steps.length === 0) return undefined
    const shared = new Map<string, unknown>(this.#asked.tag === undefined ? [] : [['tag', this.#asked.tag]])
    return new PluginPipeline(this, this.#host.jobs, this.#asked, shared, 1)
  }

  /** The plug-ins that a message of a table (or of two, for links) sets off. */
  stepsFor(message: string, tables: readonly string[]): readonly RegisteredStep[] {
    return this.#steps.filter(
      (step) => step.message === message && (step.table === undefined || tables.includes(step.table)),
    )
  }

  /** Runs one plug-in. */
  run(step: RegisteredStep, context: PluginContext): void {
    this.guard(step.name, () => step.run(context))
  }

  /** Runs code of plug-ins; what it throws is a refusal, or else a crash of the plug-in. */
  guard<T>(name: string, body: () => T): T {
    try {
      return body()
    } catch (error) {
      if (error instanceof WebApiError) throw error
      throw isvUnexpected(name, error, this.#host.knobs)
    }
  }

  #check({ name, message, stage, mode, table, filteringColumns }: PluginStep): void {
    const { schema } = this.#host.store
    const fail = (why: string): never => {
      throw new RangeError(`plug-in ${name}: ${why}`)
    }
    if (!ROW_MESSAGES.has(message) && !this.#host.isOperation(message)) fail(`there is no message ${message}`)
    if (mode === 'async' && stage !== 'postOperation') fail('async plug-ins run after the operation only')
    if (table !== undefined && schema.table(table) === undefined) fail(`there is no table ${table}`)
    if (filteringColumns === undefined) return
    if (message !== 'Update' || table === undefined) fail('filtering columns are for Update of a table')
    const unknown = filteringColumns.find((column) => schema.column(table ?? '', column) === undefined)
    if (unknown !== undefined) fail(`${table ?? ''} has no column ${unknown}`)
  }
}
