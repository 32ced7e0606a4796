import type { StaticFile } from '../server/page-server.ts'
import type { Outcome } from '../workloads/workload.ts'
import { endOf, forked } from './forked.ts'
import { failed } from './order.ts'
import type { Order } from './order.ts'
import { FIRST_STAGE } from './stages.ts'

/** Carries out orders, each by itself. */
export interface Runner {
  /** What the page server has to serve for it, by path. */
  readonly files: ReadonlyMap<string, StaticFile>
  /** Null where the order was only to prepare. It rejects, and has ended everything, where that takes longer than so many seconds. */
  readonly run: (order: Order, seconds: number) => Promise<Outcome | null>
  readonly browser?: string
}

/** What a process tells: what it does, and in the end what came of it. */
export type Message = Outcome | { readonly stage: string }

/** Each in a process of Node, which leaves a profile in that folder where one is given. */
export const inNode = (profiles?: string): Runner => ({
  files: new Map(),
  run: (order, seconds) =>
    new Promise((resolve, reject) => {
      const child = forked(new URL('run-once.js', import.meta.url), [JSON.stringify(order)], seconds, {
        // Some peers talk much; what they said counts where a run fails.
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv:
          profiles === undefined
            ? []
            : ['--cpu-prof', '--cpu-prof-dir', profiles, '--cpu-prof-name', profileName(order)],
      })
      let outcome: Outcome | null = null
      let stage = FIRST_STAGE
      let said = ''
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-5000)))
      child.on('message', (message: Message) => {
        if ('stage' in message) ({ stage } = message)
        else outcome = message
      })
      child.on('error', reject)
      child.on('exit', (code) => {
        if (code === 0) resolve(outcome)
        else reject(failed(order, stage, `${endOf(child, seconds)}\n${said}`))
      })
    }),
})

let profiled = 0

function profileName({ workload, contender, prepare }: Order): string {
  profiled += 1
  return `${workload}-${contender}${prepare ? '-prepare' : ''}-${profiled}.cpuprofile`
}
