import type { StaticFile } from '../server/page-server.ts'
import type { Outcome } from '../workloads/workload.ts'
import type { Order } from './order.ts'
import { forked } from './forked.ts'

/** Carries out orders, each by itself. */
export interface Runner {
  /** What the page server has to serve for it, by path. */
  readonly files: ReadonlyMap<string, StaticFile>
  /** Null where the order was only to prepare. */
  readonly run: (order: Order) => Promise<Outcome | null>
}

/** Each in a process of Node, which leaves a profile in that folder where one is given. */
export const inNode = (profiles?: string): Runner => ({
  files: new Map(),
  run: (order) =>
    new Promise((resolve, reject) => {
      const child = forked(new URL('run-once.js', import.meta.url), [JSON.stringify(order)], {
        // Some peers talk much; what they said counts where a run fails.
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv:
          profiles === undefined
            ? []
            : ['--cpu-prof', '--cpu-prof-dir', profiles, '--cpu-prof-name', profileName(order)],
      })
      let outcome: Outcome | null = null
      let said = ''
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-5000)))
      child.on('message', (message) => (outcome = message as Outcome))
      child.on('error', reject)
      child.on('exit', (code) => {
        if (code === 0) resolve(outcome)
        else reject(new Error(`the run of ${order.contender} ended with exit code ${code}\n${said}`))
      })
    }),
})

let profiled = 0

function profileName({ workload, contender, prepare }: Order): string {
  profiled += 1
  return `${workload}-${contender}${prepare ? '-prepare' : ''}-${profiled}.cpuprofile`
}
