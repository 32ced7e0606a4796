import type { OutpostError } from '@outpost/core'
import { drawFrom } from '@outpost/core/testing'
import type { Draw } from '@outpost/core/testing'
import type { Crash } from '../device.ts'
import { LINE_FAULTS } from '../line.ts'
import type { Line, LineFault } from '../line.ts'
import type { StoreFault } from '../shaky-store.ts'
import { outcomeOf, told } from './outcome.ts'
import type { StepContext } from './step.ts'

/**
 * What goes wrong while something is done.
 *
 * - `line`: faults of one request or of several. `write`: of the first one that writes. `outage`: nothing comes through from some request on.
 * - `held`: every request is sent after a while of its own. `gives`: the caller gives up.
 * - `store`: a read or a commit fails. `power`: the device dies at a commit, and is started again.
 */
export type Trouble = 'none' | 'line' | 'write' | 'outage' | 'held' | 'gives' | 'store' | 'power'

/** How often which, beside the others. */
export type Troubles = Readonly<Partial<Record<Trouble, number>>>

/** Of what asks the master. */
export const ONLINE: Troubles = { none: 5, line: 4, write: 2, outage: 1, held: 1, gives: 1, store: 1, power: 2 }

/** Of what only the device does. */
export const OFFLINE: Troubles = { none: 10, store: 1, power: 2 }

/** How many transactions of its store what is done takes, more or less. */
const COMMITS = 9

/** Draws what goes wrong, does it under that, and starts the device again where it died. Gives it back with both in words. */
export async function inTrouble<T>(
  context: StepContext,
  troubles: Troubles,
  run: (signal: AbortSignal) => Promise<T>,
  options: { readonly commits?: number } = {},
): Promise<{ readonly outcome: T | OutpostError; readonly words: string }> {
  const { world, device, draw, isCalm } = context
  const trouble = draw.weighted<Trouble>(troubles)
  const crash = drawCrash(draw)
  const giveUp = new AbortController()
  const words = isCalm ? 'whole' : plan(context, trouble, giveUp, options.commits ?? COMMITS)
  const outcome = await outcomeOf(world, run(giveUp.signal))
  device.line.clear()
  device.line.lasting(undefined)
  device.store.heal()
  if (device.store.isDark) await world.time.until(device.crash(crash))
  if (!isCalm) world.coverage.count('trouble', trouble)
  return { outcome, words: `${words}: ${told(outcome)}` }
}

/** How a device goes down, and what goes wrong when it comes up. */
export function drawCrash(draw: Draw): Crash {
  const isPowerLost = draw.chance(0.5)
  const again = drawFault(draw, draw.chance(0.5), 3)
  return draw.chance(0.15) ? { isPowerLost, again } : { isPowerLost }
}

function plan({ device, draw }: StepContext, trouble: Trouble, giveUp: AbortController, commits: number): string {
  const { line, store } = device
  switch (trouble) {
    case 'none':
      return 'whole'
    case 'line': {
      const first = draw.below(12)
      const isRow = draw.chance(0.3)
      const faults = Array.from({ length: 1 + draw.below(isRow ? 4 : 2) }, (_, at) => {
        const nth = isRow || at === 0 ? first + at : draw.below(12)
        return [nth, drawLineFault(draw)] as const
      })
      for (const [nth, fault] of faults) line.plan(nth, fault)
      return faults.map(([nth, { kind }]) => `request ${nth} ${kind}`).join(', ')
    }
    case 'write':
      return `a write ${planWriteFault(line, draw)}`
    case 'outage': {
      const after = draw.below(10)
      const kind = draw.pick(['request-lost', 'answer-lost', 'portal', 'unavailable'] as const)
      line.lasting(() => (line.sent >= after ? { kind } : undefined))
      return `${kind} from request ${after} on`
    }
    case 'held': {
      const most = 1 + draw.below(2000)
      const own = drawFrom(draw.below(2 ** 31))
      line.lasting(() => ({ kind: 'held', ms: own.below(most) }))
      return `each request held for less than ${most} ms`
    }
    case 'gives': {
      const after = draw.below(10)
      line.lasting(() => {
        if (line.sent >= after) giveUp.abort()
        return undefined
      })
      return `given up after ${after} requests`
    }
    case 'store':
    case 'power': {
      const fault = drawFault(draw, trouble === 'power', commits)
      store.plan(fault)
      return `${trouble} fails ${fault.when === 'read' ? 'at' : fault.when} ${fault.when === 'read' ? 'read' : 'commit'} ${fault.commit}`
    }
  }
}

/** What the first request meets that writes anything; gives it back in a word. */
export function planWriteFault(
  line: Line,
  draw: Draw,
  kind: (typeof WRITE_FAULTS)[number] = draw.pick(WRITE_FAULTS),
): string {
  line.planWrite({ kind })
  // Whoever is told that a sign-in is missing asks once more with another one.
  if (kind === 'unauthenticated') line.planWrite({ kind })
  return kind
}

const WRITE_FAULTS = ['answer-lost', 'failed', 'hanging', 'repeated', 'empty', 'unauthenticated'] as const

function drawFault(draw: Draw, dies: boolean, commits: number): StoreFault {
  return {
    commit: 1 + draw.below(commits),
    when: draw.weighted({ before: 4, after: 4, read: 1 }),
    dies,
  }
}

function drawLineFault(draw: Draw): LineFault {
  const kind = draw.pick(LINE_FAULTS)
  const ms = 1000 * (1 + draw.below(60))
  return kind === 'throttled' || kind === 'held' ? { kind, ms } : { kind }
}
