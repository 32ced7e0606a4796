import type { ConfiguredTable } from '../copy/configuration.ts'
import { concernsOneTable } from '../errors.ts'
import type { TableReport } from '../events.ts'
import { pullTable } from './pull.ts'
import type { PullContext } from './pull.ts'

/**
 * Pulls the tables one after another. A failure that concerns one table is in its report and does not stop the others; one
 * that concerns the connection or the store ends the run.
 */
export async function pullTables(
  context: PullContext,
  tables: ReadonlyMap<string, ConfiguredTable>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, TableReport>>> {
  const reports: Record<string, TableReport> = {}
  for (const [name, table] of tables) {
    const report = await pullReporting(context, table, signal)
    reports[name] = report
    context.emit({ type: 'pull.table', table: name, report })
  }
  return reports
}

async function pullReporting(context: PullContext, table: ConfiguredTable, signal: AbortSignal): Promise<TableReport> {
  try {
    return await pullTable(context, table, signal)
  } catch (error) {
    if (!concernsOneTable(error)) throw error
    return { received: 0, written: 0, pruned: 0, kept: 0, error: { code: error.code, message: error.message } }
  }
}
