import { OutpostError } from '../errors.ts'
import type { Configuration, LocalTable, TableConfiguration } from './configuration.ts'

export interface DraftContext<Plan> {
  /** What the configuration would break, what keeps its tables from going included. */
  problems(configuration: Configuration): Promise<readonly OutpostError[]>
  plan(configuration: Configuration, options: { readonly signal?: AbortSignal }): Promise<Plan>
  /** Puts it in force. Throws `refused` when another one than `instead` is in force by now. */
  save(configuration: Configuration, instead: Configuration): Promise<void>
}

/**
 * A configuration that is being edited. It has no effect before `save()`, which puts all of it in force or nothing.
 *
 * It was made from the configuration that was in force then. Where that has been replaced since, by another draft, tab or
 * job, `save()` throws `refused`, so that nobody's changes are lost unseen. A draft that was saved or discarded is done.
 */
export class ConfigurationDraft<Plan = unknown> {
  readonly #context: DraftContext<Plan>
  readonly #instead: Configuration
  #configuration: Configuration
  #isDone = false

  constructor(configuration: Configuration, context: DraftContext<Plan>) {
    this.#context = context
    this.#instead = configuration
    this.#configuration = configuration
  }

  /** The configuration as it would be. */
  get configuration(): Configuration {
    return this.#configuration
  }

  /** Adds a table, or gives it other options: those that are not named have their defaults. */
  set(table: string, options: TableConfiguration): this {
    return this.#edit({ tables: { ...this.#configuration.tables, [table]: options } })
  }

  /** Adds a table that only this client org has, or gives it another definition. */
  setLocal(table: string, definition: LocalTable): this {
    return this.#edit({ localTables: { ...this.#configuration.localTables, [table]: definition } })
  }

  /** Takes a table out, a local one too. Throws `invalid` when it is not there. */
  remove(table: string): this {
    const { tables, localTables = {} } = this.#configuration
    if (Object.hasOwn(tables, table)) return this.#edit({ tables: without(tables, table) })
    if (Object.hasOwn(localTables, table)) return this.#edit({ localTables: without(localTables, table) })
    throw new OutpostError('invalid', `table '${table}' is not configured`, { place: { table, rule: 'unknown-table' } })
  }

  /** Changes what is not about one table: the mobile-tracking table, the scopes; undefined takes a setting away. */
  change(settings: { readonly [name in 'mobileTracking' | 'scopes']?: Configuration[name] | undefined }): this {
    const { mobileTracking, scopes } = { ...this.#configuration, ...settings }
    const { tables, localTables } = this.#configuration
    this.#mustBeOpen()
    this.#configuration = {
      tables,
      ...(localTables ? { localTables } : {}),
      ...(mobileTracking === undefined ? {} : { mobileTracking }),
      ...(scopes ? { scopes } : {}),
    }
    return this
  }

  /** Every reason for which `save()` would refuse, but for a configuration that was replaced meanwhile. */
  problems(): Promise<readonly OutpostError[]> {
    return this.#context.problems(this.#configuration)
  }

  /** What saving it, followed by a sync, would do. Nothing is changed. */
  plan(options: { readonly signal?: AbortSignal } = {}): Promise<Plan> {
    return this.#context.plan(this.#configuration, options)
  }

  /** Puts the draft in force: all of it or nothing. Throws `invalid` or `refused`; it can be mended and saved then. */
  async save(): Promise<void> {
    this.#mustBeOpen()
    await this.#context.save(this.#configuration, this.#instead)
    this.#isDone = true
  }

  /** Gives the draft up. */
  discard(): void {
    this.#isDone = true
  }

  #edit(parts: Partial<Configuration>): this {
    this.#mustBeOpen()
    this.#configuration = { ...this.#configuration, ...parts }
    return this
  }

  #mustBeOpen(): void {
    if (!this.#isDone) return
    throw new OutpostError('refused', 'the draft was saved or discarded', {
      place: { rule: 'draft-done' },
      remedy: 'Make another one with draft().',
    })
  }
}

function without<T>(all: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([each]) => each !== name))
}
