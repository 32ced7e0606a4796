import type { Configuration } from '../copy/configuration.ts'
import type { KeptTables } from '../copy/kept-tables.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { PullContext } from '../pull/pull-context.ts'
import { askedOf, configured } from '../sync/asked.ts'
import type { CallOptions, SyncOptions } from '../sync/asked.ts'
import { dryRun } from './dry-run.ts'
import type { DryRun } from './dry-run.ts'
import { planConfiguration } from './plan.ts'
import type { ConfigurationPlan } from './plan.ts'
import { repair, verify } from './verify.ts'
import type { RepairReport, VerifyOptions, VerifyReport } from './verify.ts'

export interface ComparisonsOptions {
  readonly kept: KeptTables
  readonly delivery: Delivery
  /** What a pull works with, as it is at that moment. */
  readonly pulling: () => PullContext
}

/** What is here beside what is there. The contracts are those of `ClientOrg`. */
export class Comparisons {
  readonly #kept: KeptTables
  readonly #delivery: Delivery
  readonly #pulling: () => PullContext

  constructor(options: ComparisonsOptions) {
    this.#kept = options.kept
    this.#delivery = options.delivery
    this.#pulling = options.pulling
  }

  plan(configuration: Configuration, { signal: asked }: CallOptions): Promise<ConfigurationPlan> {
    return this.#delivery.asking(asked, async (signal) =>
      planConfiguration(this.#pulling(), await this.#kept.checked(configuration), signal),
    )
  }

  async verify(table: string, { signal: asked, buckets }: VerifyOptions): Promise<VerifyReport> {
    configured(this.#kept.byName, table)
    return this.#delivery.asking(asked, (signal) =>
      verify(this.#pulling(), configured(this.#kept.byName, table), signal, buckets),
    )
  }

  async repair(table: string, { signal: asked, buckets }: VerifyOptions): Promise<RepairReport> {
    configured(this.#kept.byName, table)
    return this.#delivery.asking(asked, async (signal) => {
      // What is read from here on is read under the standing that the next sync holds its own against.
      await this.#kept.renewPrivileges(this.#pulling().userId, signal)
      return repair(this.#pulling(), configured(this.#kept.byName, table), signal, buckets)
    })
  }

  async dryRun({ signal: asked, tables: names }: Pick<SyncOptions, 'signal' | 'tables'>): Promise<DryRun> {
    const { tables } = askedOf(this.#kept, names ? { tables: names } : {})
    return this.#delivery.asking(asked, (signal) =>
      dryRun({ ...this.#pulling(), readiness: this.#delivery.readiness() }, tables(), signal),
    )
  }
}
