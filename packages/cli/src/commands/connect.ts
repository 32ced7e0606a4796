import { orgUrl } from '@outpost/dataverse-adapter'
import type { Command } from 'commander'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { progressOf } from '../progress.ts'
import { counted } from '../text.ts'
import { withOrg } from '../with-org.ts'

export function addConnect(program: Command, action: Action): void {
  program
    .command('connect')
    .argument('<url>', 'the organisation: contoso, contoso.crm4, or its full URL')
    .description('Bind the client org to a master and copy its metadata. No rows are downloaded yet.')
    .addHelpText(
      'after',
      `
Makes the database if there is none, and leaves none behind when it fails. Connecting again renews the copy of the metadata.
A client org belongs to one organisation and one user; connecting it to others is refused.

Examples:
  $ outpost connect contoso.crm4
  $ outpost connect https://contoso.crm4.dynamics.com --db ./contoso.db
  $ outpost connect contoso --token-command 'az account get-access-token --resource "$OUTPOST_RESOURCE" --query accessToken -o tsv'`,
    )
    .action(action((invocation, command) => connect(invocation, String(command.args[0]))))
}

async function connect(invocation: Invocation, text: string): Promise<number> {
  const url = orgUrl(text)
  return withOrg(
    invocation,
    async (org) => {
      const progress = progressOf(invocation)
      const unsubscribe = org.subscribe((event) => progress.show(event))
      progress.say(`connecting to ${url} and copying its metadata, which can take a minute`)
      const identity = await org.connect({ signal: invocation.io.signal }).finally(() => {
        unsubscribe()
        progress.end()
      })
      const tables = (await org.masterTables()).length
      reply(invocation, { ...identity, database: invocation.database, tables }, () => [
        `Connected ${invocation.database} to ${identity.url}`,
        `  organisation  ${identity.organizationId}`,
        `  user          ${identity.userId}`,
        `  metadata      ${counted(tables, 'table')}`,
        ...(Object.keys(org.configuration.tables).length === 0
          ? ["Choose what to keep with 'outpost configure', then run 'outpost sync'."]
          : []),
      ])
      return 0
    },
    { url, create: true },
  )
}
