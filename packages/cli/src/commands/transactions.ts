import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { addAmend } from './transactions/amend.ts'
import { addList } from './transactions/list.ts'
import { addPutAway } from './transactions/put-away.ts'
import { addQueueFiles } from './transactions/queue-files.ts'
import { addRetry } from './transactions/retry.ts'
import { addShow } from './transactions/show.ts'
import { addTrace } from './transactions/trace.ts'

export function addTransactions(program: Command, action: Action): void {
  const tx = program
    .command('tx')
    .description('Inspect and decide about offline transactions: what was written here and is to be sent.')
  addList(tx, action)
  addShow(tx, action)
  addRetry(tx, action)
  addAmend(tx, action)
  addPutAway(tx, action)
  addQueueFiles(tx, action)
  addTrace(tx, action)
}
