import { drawFrom } from '@outpost/core/testing'
import type { Draw } from '@outpost/core/testing'
import type { Device } from '../device.ts'
import { drawAction } from './draw-act.ts'
import { beginWriting } from './enter.ts'
import type { Writing } from './enter.ts'
import { outcomeOf, outcomesOf, told } from './outcome.ts'
import type { StepContext, StepKind } from './step.ts'
import { drawAsked } from './sync.ts'
import { planWriteFault } from './trouble.ts'
import { drawActs } from './write.ts'

/** Writes while the device syncs: begun when a request of the sync goes out, in whichever tab. */
export const writeInSync: StepKind = {
  name: 'write in sync',
  weight: 0.5,
  run: async (context) => {
    const { world, device, draw } = context
    const asked = drawAsked(context)
    const [syncing, writer] = [draw.pick(device.tabs), draw.pick(device.tabs)]
    let waiting: { readonly at: number; readonly begin: () => Writing }[] = []
    for (let count = 1 + draw.below(2); count > 0; count -= 1) {
      const acts = await drawActs(context, 1)
      waiting.push({ at: draw.below(8), begin: () => beginWriting(device, writer, acts) })
    }
    // In the order in which they were begun, which is the order of the writes.
    const begun: Writing[] = []
    const beginDue = (sent: number): void => {
      const due = waiting.filter(({ at }) => at <= sent)
      waiting = waiting.filter((write) => !due.includes(write))
      begun.push(...due.map(({ begin }) => begin()))
    }
    // Each request waits for a moment, so that some of the write is done before it goes.
    device.line.lasting(() => {
      beginDue(device.line.sent)
      return { kind: 'held', ms: 1 }
    })
    const [outcome] = await outcomesOf(world, [asked.run(syncing, new AbortController().signal)])
    quieten(device)
    beginDue(Number.POSITIVE_INFINITY)
    const written = await outcomesOf(
      world,
      begun.map(({ done }) => done),
    )
    const words = begun.flatMap(({ enter }, at) => (written[at] ? [enter(written[at])] : []))
    return `device ${device.number} ${asked.words}: ${told(outcome)}; meanwhile ${words.join('; ')}`
  },
}

/** Both tabs of a device ask the master at once, mostly with something to send that must not be sent by both. */
export const tabsAtOnce: StepKind = {
  name: 'tabs at once',
  weight: 0.7,
  run: async (context) => {
    const { world, device, draw } = context
    if (!device.hasTabs) return alone(context)
    if (device.tabs.length < 2) await outcomesOf(world, [device.openTab()])
    const words = draw.chance(0.7) ? [await writes(context)] : []
    const asked = device.tabs.map(() => drawAsked(context))
    hold(device, draw)
    if (draw.chance(0.3)) words.push(`a write ${planWriteFault(device.line, draw)}`)
    const outcomes = await outcomesOf(
      world,
      device.tabs.map((org, at) => asked[at]?.run(org, new AbortController().signal) ?? Promise.resolve()),
    )
    quieten(device)
    return [...words, inWords(device, asked, outcomes)].join('; ')
  },
}

/** The only tab there is writes something and sends it at once, which is not always answered. */
export async function alone(context: StepContext, failed?: 'failed'): Promise<string> {
  const { world, device, draw } = context
  const written = await writes(context)
  const fault = failed || draw.chance(0.7) ? `a write ${planWriteFault(device.line, draw, failed)}` : 'whole'
  const outcome = await outcomeOf(world, device.org.push())
  quieten(device)
  return `${written}; device ${device.number} pushes, ${fault}: ${told(outcome)}`
}

/** Several devices ask the master at once. */
export const devicesAtOnce: StepKind = {
  name: 'devices at once',
  weight: 0.15,
  run: async ({ world, device, draw }) => {
    const others = world.devices.filter((each) => each !== device)
    const devices = [device, ...others.slice(draw.below(others.length))]
    const asked = devices.map((each) => drawAsked({ world, device: each, draw }))
    for (const each of devices) hold(each, draw)
    const outcomes = await outcomesOf(
      world,
      devices.map(({ org }, at) => asked[at]?.run(org, new AbortController().signal) ?? Promise.resolve()),
    )
    for (const each of devices) quieten(each)
    return devices.map((each, at) => inWords(each, asked.slice(at, at + 1), outcomes.slice(at, at + 1))).join('; ')
  },
}

/** A second tab is opened, or closed. */
export const tabs: StepKind = {
  name: 'tabs',
  weight: 2,
  run: async ({ world, device }) => {
    if (!device.hasTabs) return `device ${device.number} has no tabs`
    const isOpen = device.tabs.length > 1
    const [outcome] = await outcomesOf<unknown>(world, [isOpen ? device.closeTab() : device.openTab()])
    return `device ${device.number} ${isOpen ? 'closes' : 'opens'} a tab: ${told(outcome)}`
  },
}

/** Something is written, an action where there is one: nothing in it keeps the master from doing it twice. */
export async function writes(context: StepContext): Promise<string> {
  const { world, device, draw } = context
  const action = draw.chance(0.7) ? await drawAction(context) : undefined
  const writing = beginWriting(device, draw.pick(device.tabs), action ? [action] : await drawActs(context, 1))
  const [written] = await outcomesOf(world, [writing.done])
  return written === undefined ? '' : writing.enter(written)
}

/** Requests and answers wait for different times, so that those of one overtake those of others. */
function hold({ line }: Device, draw: Draw): void {
  const most = 1 + draw.below(300)
  const own = drawFrom(draw.below(2 ** 31))
  line.lasting(() => ({ kind: own.chance(0.5) ? 'held' : 'late', ms: own.below(most) }))
}

function quieten({ line }: Device): void {
  line.lasting(undefined)
  line.clear()
}

function inWords(device: Device, asked: readonly { readonly words: string }[], outcomes: readonly unknown[]): string {
  return `device ${device.number} ${asked.map(({ words }, at) => `${words}: ${told(outcomes[at])}`).join(' and ')}`
}
