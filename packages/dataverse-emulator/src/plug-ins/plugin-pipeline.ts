import { changesFrom, givenFrom } from '../rows/given-values.ts'
import type { GivenValue } from '../rows/given-values.ts'
import type { Changes } from '../rows/changes.ts'
import type { Row } from '../rows/row.ts'
import type { LinkWrite, WriteContext, WritePipeline } from '../rows/write-context.ts'
import type { JsonValue } from '../json/write.ts'
import type { TableDefinition } from '../schema.ts'
import type { Asked } from './asked.ts'
import { infiniteLoop, isvAborted } from './errors.ts'
import { guardedHand } from './guarded-hand.ts'
import type { JobQueue } from './jobs.ts'
import { splitUpdate } from './split-update.ts'
import type { PluginContext, PluginStage, RegisteredStep } from './step.ts'

/** How deep plug-ins may cause each other. */
const MAX_DEPTH = 8

/** The plug-ins as the pipeline needs them. */
export interface PluginRunner {
  stepsFor(message: string, tables: readonly string[]): readonly RegisteredStep[]
  run(step: RegisteredStep, context: PluginContext): void
  guard<T>(name: string, body: () => T): T
}

/** The part of a plug-in's context that the message decides. */
type Event = Pick<PluginContext, 'message' | 'table' | 'id'> & Partial<PluginContext>

/** Runs the plug-ins of one request's writes, or of the writes that a plug-in made. */
export class PluginPipeline implements WritePipeline {
  readonly #plugins: PluginRunner
  readonly #jobs: JobQueue
  readonly #asked: Asked
  readonly #shared: Map<string, unknown>
  readonly #depth: number

  constructor(plugins: PluginRunner, jobs: JobQueue, asked: Asked, shared: Map<string, unknown>, depth: number) {
    this.#plugins = plugins
    this.#jobs = jobs
    this.#asked = asked
    this.#shared = shared
    this.#depth = depth
  }

  create(
    context: WriteContext,
    table: TableDefinition,
    id: string,
    changes: Changes,
    store: (changes: Changes) => Row,
  ): Row {
    const steps = this.#plugins.stepsFor('Create', [table.logicalName])
    if (steps.length === 0) return store(changes)
    const event: Event = { message: 'Create', table: table.logicalName, id }
    let ready = this.#before(context, steps, 'preValidation', event, changes)
    ready = this.#before(context, steps, 'preOperation', event, ready)
    return this.#after(context, table, steps, event, ready, store(ready))
  }

  update(
    context: WriteContext,
    table: TableDefinition,
    row: Row,
    changes: Changes,
    store: (row: Row, changes: Changes) => Row,
  ): Row {
    const steps = this.#plugins.stepsFor('Update', [table.logicalName])
    if (steps.length === 0) return store(row, changes)
    const event: Event = { message: 'Update', table: table.logicalName, id: row.id }
    const validated = this.#before(context, steps, 'preValidation', { ...event, preImage: row.values }, changes)
    let current = row
    for (const part of splitUpdate(validated)) {
      const before = { ...event, preImage: current.values }
      const ready = this.#before(context, steps, 'preOperation', before, part)
      // What a plug-in did to the row itself stays.
      const stored = store(latest(context, table, current), ready)
      current = this.#after(context, table, steps, before, ready, stored)
    }
    return current
  }

  delete(context: WriteContext, table: TableDefinition, row: Row, store: (row: Row) => void): void {
    const steps = this.#plugins.stepsFor('Delete', [table.logicalName])
    const event: Event = { message: 'Delete', table: table.logicalName, id: row.id, preImage: row.values }
    this.#around(context, steps, event, () => store(latest(context, table, row)))
  }

  link(context: WriteContext, { message, navigation, row, target }: LinkWrite, store: () => boolean): boolean {
    const steps = this.#plugins.stepsFor(message, [row.table, target.table])
    const relationship = navigation.relationship.schemaName
    return this.#around(context, steps, { message, table: row.table, id: row.id, relationship, related: target }, store)
  }

  /** Runs the plug-ins of a function or action around it. */
  operation<T>(
    context: WriteContext,
    name: string,
    bound: { readonly table?: string | undefined; readonly id?: string | undefined },
    parameters: Readonly<Record<string, JsonValue>>,
    body: () => T,
  ): T {
    const { table, id } = bound
    const steps = this.#plugins.stepsFor(name, table === undefined ? [] : [table])
    return this.#around(context, steps, { message: name, table, id, parameters }, body)
  }

  #around<T>(context: WriteContext, steps: readonly RegisteredStep[], event: Event, body: () => T): T {
    for (const stage of ['preValidation', 'preOperation'] as const) this.#stage(context, steps, stage, event, {})
    const result = body()
    this.#stage(context, steps, 'postOperation', event, {})
    return result
  }

  #before(
    context: WriteContext,
    steps: readonly RegisteredStep[],
    stage: PluginStage,
    event: Event,
    changes: Changes,
  ): Changes {
    if (!steps.some((step) => step.stage === stage)) return changes
    const target = givenFrom(changes)
    this.#stage(context, steps, stage, event, target)
    const { table = '' } = event
    // A target that the table cannot hold is the plug-ins' fault, not the caller's.
    return this.#plugins.guard(table, () => ({
      ...changes,
      ...changesFrom(context.store.schema, table, target),
      ...backDated(changes, target),
    }))
  }

  #after(
    context: WriteContext,
    table: TableDefinition,
    steps: readonly RegisteredStep[],
    event: Event,
    changes: Changes,
    row: Row,
  ): Row {
    const after = { ...event, postImage: row.values }
    this.#stage(context, steps, 'postOperation', after, Object.freeze(givenFrom(changes)))
    return latest(context, table, row)
  }

  #stage(
    context: WriteContext,
    steps: readonly RegisteredStep[],
    stage: PluginStage,
    event: Event,
    target: Record<string, GivenValue>,
  ): void {
    for (const step of steps) {
      if (step.stage !== stage || this.#asked.bypassSteps.has(step.id)) continue
      const filter = step.filteringColumns
      if (filter !== undefined && !filter.some((column) => column in target)) continue
      const isAsync = step.mode === 'async'
      if (isAsync ? this.#asked.bypassAsync : this.#asked.bypassSync) continue
      if (this.#depth > MAX_DEPTH) throw infiniteLoop()
      if (isAsync) this.#later(context, step, event, target)
      else this.#run(context, step, event, target)
    }
  }

  #later(context: WriteContext, step: RegisteredStep, event: Event, target: Record<string, GivenValue>): void {
    const { store } = context
    const cancel = this.#jobs.add(step.name, () => store.atomically(() => this.#run(context, step, event, target)))
    store.onUndo(cancel)
  }

  #run(context: WriteContext, step: RegisteredStep, event: Event, target: Record<string, GivenValue>): void {
    // Nothing that a plug-in writes is bypassed: the headers speak of the request's own writes.
    const asked = { ...this.#asked, bypassSync: false, bypassAsync: false, bypassSteps: new Set<string>() }
    const pipeline = new PluginPipeline(this.#plugins, this.#jobs, asked, this.#shared, this.#depth + 1)
    const inner = { ...context, pipeline, byMessage: false }
    const { user } = context
    const guard = guardedHand()
    this.#plugins.run(step, {
      preImage: undefined,
      postImage: undefined,
      relationship: undefined,
      related: undefined,
      parameters: {},
      ...event,
      name: step.name,
      stage: step.stage,
      target,
      user: { id: user.id, name: user.name, businessUnitId: user.businessUnitId },
      depth: this.#depth,
      sharedVariables: this.#shared,
      service: guard.hand(inner),
      systemService: guard.hand({ ...inner, enforcePrivileges: false }),
      onCommit: (then) => context.store.onCommit(then),
      refuse: (message, code) => {
        throw isvAborted(message, code)
      },
    })
    guard.check()
  }
}

/** The time that a plug-in put into its target; one that the caller sent is no business of the caller's. */
function backDated(changes: Changes, { modifiedon }: Readonly<Record<string, GivenValue>>): Partial<Changes> {
  const isGiven = typeof modifiedon === 'string' && modifiedon !== changes.values.get('modifiedon')
  return isGiven ? { modifiedOn: modifiedon } : {}
}

function latest({ store }: WriteContext, table: TableDefinition, row: Row): Row {
  return store.rows(table.logicalName).get(row.id) ?? row
}
