import type { Cost, SyncPhase, SyncReport } from '../events.ts'
import { costInSum, costing, NO_COST } from '../pull/cost.ts'
import type { PullContext } from '../pull/pull-context.ts'

/** One run of a sync: tells which part of it begins, and what each part took. */
export class SyncRun {
  readonly #context: Pick<PullContext, 'env' | 'master' | 'emit'>
  readonly #phases: Partial<Record<SyncPhase, Cost>> = {}

  constructor(context: Pick<PullContext, 'env' | 'master' | 'emit'>) {
    this.#context = context
  }

  /** Runs a part of the run. */
  readonly inPhase = async <T>(phase: SyncPhase, part: () => Promise<T>): Promise<T> => {
    this.#context.emit({ type: 'sync.phase', phase })
    const tell = (cost: Cost): void => {
      this.#phases[phase] = costInSum(this.#phases[phase] ?? NO_COST, cost)
    }
    return costing(this.#context, tell, part)
  }

  get cost(): Cost & Pick<SyncReport, 'phases'> {
    return { ...Object.values(this.#phases).reduce(costInSum, NO_COST), phases: { ...this.#phases } }
  }
}
