import type { ConfiguredTable } from '../copy/configuration.ts'
import { concernsOneTable, OutpostError } from '../errors.ts'
import type { Cost, LayerReport, SyncPhase, TableReport } from '../events.ts'
import { costInSum, costing, NO_COST } from './cost.ts'
import type { PullContext } from './pull-context.ts'

/** What the parts of a run did to one table, put together. */
export class TableRun {
  readonly table: ConfiguredTable
  #counts: Omit<TableReport, keyof Cost | 'phases' | 'error' | 'layers'> = {
    received: 0,
    written: 0,
    pruned: 0,
    kept: 0,
    added: 0,
    refreshed: 0,
  }
  #layers: LayerReport | undefined
  #error: OutpostError | undefined
  readonly #phases: Partial<Record<SyncPhase, Cost>> = {}

  constructor(table: ConfiguredTable) {
    this.table = table
    const { stopped } = table
    if (stopped) this.#error = new OutpostError(stopped.code, stopped.message, { remedy: stopped.remedy })
  }

  get name(): string {
    return this.table.metadata.name
  }

  get hasFailed(): boolean {
    return this.#error !== undefined
  }

  /**
   * Runs one part, unless the table is stopped. A failure that concerns this table alone ends it for the table; any other
   * is thrown.
   */
  async run(context: PullContext, phase: SyncPhase, part: () => Promise<void>): Promise<void> {
    if (this.table.stopped) return
    const tell = (cost: Cost): void => {
      this.#phases[phase] = costInSum(this.#phases[phase] ?? NO_COST, cost)
    }
    try {
      await costing(context, tell, part)
    } catch (error) {
      if (!concernsOneTable(error)) throw error
      this.#error ??= error
    }
  }

  add(counts: Partial<Omit<TableReport, keyof Cost | 'phases' | 'error' | 'layers'>>): void {
    const { received, written, pruned, kept, added, refreshed } = this.#counts
    this.#counts = {
      received: received + (counts.received ?? 0),
      written: written + (counts.written ?? 0),
      pruned: pruned + (counts.pruned ?? 0),
      kept: kept + (counts.kept ?? 0),
      added: added + (counts.added ?? 0),
      refreshed: refreshed + (counts.refreshed ?? 0),
    }
  }

  addLayers({ received, written }: LayerReport): void {
    this.#layers = {
      received: (this.#layers?.received ?? 0) + received,
      written: (this.#layers?.written ?? 0) + written,
    }
  }

  get report(): TableReport {
    return {
      ...this.#counts,
      ...(this.#layers ? { layers: this.#layers } : {}),
      ...Object.values(this.#phases).reduce(costInSum, NO_COST),
      phases: { ...this.#phases },
      ...(this.#error ? { error: reported(this.#error) } : {}),
    }
  }
}

function reported({ code, message, remedy }: OutpostError): TableReport['error'] & object {
  return { code, message, ...(remedy === undefined ? {} : { remedy }) }
}
