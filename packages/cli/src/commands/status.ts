import type { Command } from 'commander'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { ageText, count, tableLines } from '../text.ts'
import { withOrg } from '../with-org.ts'

export function addStatus(program: Command, action: Action): void {
  program
    .command('status')
    .description('Show what the client org holds. Works without the network.')
    .addHelpText('after', '\nExamples:\n  $ outpost status\n  $ outpost status --json | jq .transactions.error')
    .action(action(status))
}

async function status(invocation: Invocation): Promise<number> {
  const { paint, database } = invocation
  const { found, localTables } = await withOrg(invocation, async (org) => {
    const names = Object.keys(org.configuration.localTables ?? {})
    const local = names.map(async (name): Promise<[string, { readonly rows: number }]> => [
      name,
      { rows: await org.table(name).count() },
    ])
    return { found: await org.status(), localTables: Object.fromEntries(await Promise.all(local)) }
  })
  const { identity, signedOut, catalogueStamp, tables, transactions, oldestPending } = found
  const shown = { database, identity, signedOut, catalogueStamp, tables, localTables, transactions, oldestPending }
  reply(invocation, shown, () => {
    const rows = [
      ...Object.entries(tables).map(([name, table]) => [
        name,
        count(table.rows),
        table.stopped ? 'not pulled any more' : table.complete ? 'complete' : 'not finished',
      ]),
      ...Object.entries(localTables).map(([name, table]) => [name, count(table.rows), 'only here']),
    ]
    const waits = oldestPending === null ? '' : `; #${oldestPending.seq} waits for ${ageText(oldestPending.ageMs)}`
    return [
      `Client org    ${database}`,
      ...(identity
        ? [
            `Master        ${identity.url}`,
            `Organisation  ${identity.organizationId}`,
            `User          ${identity.userId}${signedOut ? ", signed out: nothing is sent until 'outpost connect'" : ''}`,
          ]
        : ["Master        not connected (run 'outpost connect <url>')"]),
      `Transactions  ${transactionCounts(transactions)}${waits}`,
      '',
      ...(rows.length === 0
        ? ["No tables are kept. Choose some with 'outpost configure'."]
        : tableLines(['TABLE', 'ROWS', 'DOWNLOAD'], rows)),
      ...(transactions.error > 0 ? ['', paint.yellow("What is in Error needs a person: 'outpost tx list'.")] : []),
    ]
  })
  return 0
}

/** The outbox in one line. */
function transactionCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, number]) => `${count(number)} ${name}`)
    .join(' · ')
}
