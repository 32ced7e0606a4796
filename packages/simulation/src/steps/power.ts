import type { Crash } from '../device.ts'
import { outcomesOf } from './outcome.ts'
import type { StepKind } from './step.ts'
import { alone } from './together.ts'
import { drawCrash } from './trouble.ts'

/** The device dies while it rests, and is started again; perhaps not at the first try. */
export const crash: StepKind = {
  name: 'crash',
  weight: 2,
  run: async ({ world, device, draw, isCalm }) => {
    const how: Crash = isCalm ? {} : drawCrash(draw)
    await outcomesOf(world, [device.crash(how)])
    return `device ${device.number} crashes${how.again ? `, and once more ${how.again.when} ${how.again.commit}` : ''}`
  },
}

const [SECOND, HOUR] = [1000, 3_600_000]

/** Time passes, in which devices do what they do by themselves. */
export const wait: StepKind = {
  name: 'wait',
  weight: 2,
  run: async ({ world, draw }) => {
    const most = draw.weighted({ 10: 4, 300: 4, 3600: 2, 100_000: 1 })
    const ms = Math.floor(draw.number() * Number(most) * SECOND)
    await world.time.advance(ms)
    return `${Math.round(ms / SECOND)} seconds pass`
  },
}

/** Somebody sets the device's clock, or it is set right. */
export const setClock: StepKind = {
  name: 'set clock',
  weight: 2,
  run: async (context) => {
    const { device, draw, isCalm } = context
    const most = draw.pick([60 * SECOND, HOUR, 24 * HOUR, 40 * 24 * HOUR])
    const away = Math.floor((draw.number() * 2 - 1) * most)
    device.clockOffset = isCalm || draw.chance(0.4) ? 0 : away
    const words = `the clock of device ${device.number} is off by ${Math.round(device.clockOffset / SECOND)} s`
    if (device.clockOffset <= 0 || draw.chance(0.5)) return words
    // What was put off by that clock must not wait for its time.
    const sent = await alone(context, 'failed')
    device.clockOffset = 0
    return `${words}; ${sent}; the clock is set right`
  },
}
