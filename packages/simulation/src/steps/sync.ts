import type { Draw } from '@outpost/core/testing'
import type { Device } from '../device.ts'
import type { LineFault } from '../line.ts'
import { LINE_FAULTS } from '../line.ts'
import { outcomeOf, told } from './outcome.ts'
import type { StepKind } from './step.ts'

/** A whole sync, in which something may go wrong: on the line, in the store, with the power; or the caller gives up. */
export const sync: StepKind = {
  name: 'sync',
  weight: 12,
  run: async ({ world, device, draw, isCalm }) => {
    const giveUp = new AbortController()
    const trouble = draw.weighted({ none: 4, line: 4, gives: 1, store: 1, power: 2 })
    const words = isCalm ? 'whole' : plan(draw, device, trouble, giveUp)
    const org = draw.pick(device.tabs)
    const done = await outcomeOf(world, org.sync({ signal: giveUp.signal }))
    device.line.clear()
    device.line.lasting(undefined)
    device.store.heal()
    if (device.store.isDark) await world.time.until(device.crash())
    if (!isCalm) world.coverage.count('trouble', trouble)
    return `device ${device.number} syncs, ${words}: ${told(done)}`
  },
}

function plan(
  draw: Draw,
  device: Device,
  trouble: 'none' | 'line' | 'gives' | 'store' | 'power',
  giveUp: AbortController,
): string {
  switch (trouble) {
    case 'none':
      return 'whole'
    case 'line': {
      const faults = Array.from({ length: 1 + draw.below(2) }, () => [draw.below(12), drawFault(draw)] as const)
      for (const [nth, fault] of faults) device.line.plan(nth, fault)
      return faults.map(([nth, { kind }]) => `request ${nth} ${kind}`).join(', ')
    }
    case 'gives': {
      const after = draw.below(10)
      device.line.lasting(() => {
        if (device.line.sent >= after) giveUp.abort()
        return undefined
      })
      return `given up after ${after} requests`
    }
    case 'store':
    case 'power': {
      const fault = {
        commit: 1 + draw.below(9),
        when: draw.pick(['before', 'after'] as const),
        dies: trouble === 'power',
      }
      device.store.plan(fault)
      return `${trouble} fails ${fault.when} commit ${fault.commit}`
    }
  }
}

function drawFault(draw: Draw): LineFault {
  const kind = draw.pick(LINE_FAULTS)
  return kind === 'throttled' || kind === 'held' ? { kind, ms: 1000 * (1 + draw.below(60)) } : { kind }
}
