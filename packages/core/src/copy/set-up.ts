import { refuseUnknownChoice } from '../choices.ts'
import type { ConfigurationPlan } from '../compare/plan.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { Env } from '../env.ts'
import type { IdentityGuard } from '../identity/identity-guard.ts'
import { refusedAfterSignOut } from '../identity/sign-out.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { putFiledJobs } from '../jobs/put-filed-jobs.ts'
import type { SyncService } from '../jobs/service.ts'
import type { Store } from '../ports/store.ts'
import { isOfAnother, readSettings } from '../settings.ts'
import type { CallOptions } from '../sync/asked.ts'
import { ConfigurationDraft } from './configuration-draft.ts'
import { configurationFile, fitFile, namesIn, readConfigurationFile } from './configuration-file.ts'
import type { ConfigurationFile, ConfigurationImport } from './configuration-file.ts'
import type { Configuration } from './configuration.ts'
import type { KeptTables } from './kept-tables.ts'
import { needsMaster } from './without-master.ts'

export interface SetUpOptions {
  readonly store: Store
  readonly env: Pick<Env, 'now'>
  readonly kept: KeptTables
  readonly delivery: Delivery
  readonly identity: IdentityGuard
  readonly jobs: Pick<Jobs, 'list'>
  readonly service: Pick<SyncService, 'wake'>
}

export interface ImportOptions {
  /** What becomes of what the master or this program does not know. The default is 'refuse'. */
  readonly unknown?: 'refuse' | 'leave-out'
}

/** What is set up: the configuration, as it is put in force, edited and kept in files with the jobs. As `ClientOrg` says. */
export class SetUp {
  readonly #options: SetUpOptions

  constructor(options: SetUpOptions) {
    this.#options = options
  }

  async configure(given: Configuration, options?: Parameters<KeptTables['configure']>[1]): Promise<void> {
    const { store, kept, delivery, identity } = this.#options
    const configuration = kept.own(given)
    await delivery.turns.run(async () => {
      // What is only here needs no master.
      if (needsMaster(configuration)) identity.connected()
      const { bound } = identity
      const isOurs = await store.read('look whose it is', async (tx) =>
        bound ? !(await isOfAnother(tx, bound)) : (await readSettings(tx)).identity === null,
      )
      if (!isOurs) throw refusedAfterSignOut()
      await kept.follow(bound?.userId ?? '')
      await kept.configure(configuration, options)
      delivery.begunAnew()
    })
    delivery.wake()
  }

  draft(
    plan: (configuration: Configuration, options: CallOptions) => Promise<ConfigurationPlan>,
  ): ConfigurationDraft<ConfigurationPlan> {
    const { kept } = this.#options
    return new ConfigurationDraft(kept.configuration, {
      problems: (configuration) => kept.allProblems(configuration),
      plan,
      save: (configuration, instead) => this.configure(configuration, { instead }),
    })
  }

  async file(): Promise<ConfigurationFile> {
    const { kept, identity, jobs } = this.#options
    const from = identity.bound ?? identity.detachedFrom
    return configurationFile(kept.configuration, from?.url ?? null, await jobs.list())
  }

  async import(file: unknown, options: ImportOptions): Promise<ConfigurationImport> {
    const { env, service } = this.#options
    const { configuration, jobs, leftOut } = await this.#fitted(file, options)
    await this.configure(configuration, {
      also: async (tx) => {
        if (jobs) await putFiledJobs(tx, jobs, env.now())
      },
    })
    service.wake()
    return { leftOut }
  }

  async read(
    file: unknown,
    options: ImportOptions,
  ): Promise<ConfigurationImport & { readonly configuration: Configuration }> {
    const { configuration, leftOut } = await this.#fitted(file, options)
    return { configuration, leftOut }
  }

  async #fitted(file: unknown, { unknown = 'refuse' }: ImportOptions): Promise<ReturnType<typeof fitFile>> {
    refuseUnknownChoice('unknown', unknown, ['refuse', 'leave-out'])
    const { kept, env } = this.#options
    const read = readConfigurationFile(file)
    return fitFile(read, await kept.catalogue.tables(namesIn(read)), unknown, env.now())
  }
}
