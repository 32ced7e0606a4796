import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { Action } from './action.ts'
import { addConfigure } from './commands/configure.ts'
import { addConflicts } from './commands/conflicts.ts'
import { addConnect } from './commands/connect.ts'
import { addDetach } from './commands/detach.ts'
import { addDisconnect } from './commands/disconnect.ts'
import { addDryRun } from './commands/dry-run.ts'
import { addExplain } from './commands/explain.ts'
import { addExport } from './commands/export.ts'
import { addImport } from './commands/import.ts'
import { addJobs } from './commands/jobs.ts'
import { addMetadata } from './commands/metadata.ts'
import { addPlan } from './commands/plan.ts'
import { addQuarantined } from './commands/quarantined.ts'
import { addQuery } from './commands/query.ts'
import { addResync } from './commands/resync.ts'
import { addServe } from './commands/serve.ts'
import { addSignOut } from './commands/sign-out.ts'
import { addStatus } from './commands/status.ts'
import { addSync } from './commands/sync.ts'
import { addTables } from './commands/tables.ts'
import { addTransactions } from './commands/transactions.ts'
import { addVerify, addRepair } from './commands/verify.ts'
import { addWatch } from './commands/watch.ts'
import { EXIT_CODES_HELP } from './exit-codes.ts'

/** The options that every command takes. */
export interface SharedOptions {
  readonly db?: string
  readonly json?: boolean
  readonly tokenCommand?: string
}

/** The whole command line: its commands, options and help. Nothing is run before it is parsed. */
export function programWith(
  action: Action,
  output: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): Command {
  const program = new Command('outpost')
    .description(
      'Keep a copy of a Dataverse organisation in a file, work on it offline, send changes when there is a network.',
    )
    .version(version(), '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err, outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .option('--db <path>', 'the client org, an SQLite file (default: OUTPOST_DB, else ./outpost.db)')
    .option(
      '--token-command <cmd>',
      'a command that prints an access token (else OUTPOST_TOKEN); tokens are never stored',
    )
    .option('--json', 'results as JSON on stdout, errors as JSON on stderr')
    .addHelpText('after', `\n${GUIDE}\n\n${EXIT_CODES_HELP}`)
  addConnect(program, action)
  addTables(program, action)
  addConfigure(program, action)
  addPlan(program, action)
  addSync(program, action)
  addDryRun(program, action)
  addWatch(program, action)
  addServe(program, action)
  addJobs(program, action)
  addStatus(program, action)
  addExplain(program, action)
  addVerify(program, action)
  addRepair(program, action)
  addResync(program, action)
  addQuarantined(program, action)
  addMetadata(program, action)
  addTransactions(program, action)
  addConflicts(program, action)
  addQuery(program, action)
  addExport(program, action)
  addImport(program, action)
  addSignOut(program, action)
  addDetach(program, action)
  addDisconnect(program, action)
  return program
}

const GUIDE = `A first run:
  $ export OUTPOST_TOKEN=…            or --token-command 'az account get-access-token …'
  $ outpost connect contoso.crm4
  $ outpost configure --table account --columns name,telephone1 --filter "statecode eq 0"
  $ outpost sync
  $ outpost query account --where "startswith(name,'N')"`

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}
