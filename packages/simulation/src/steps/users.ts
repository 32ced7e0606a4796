import { OutpostError } from '@outpost/core'
import { Broken } from '../checks/problem.ts'
import { outcomeOf, outcomesOf, told } from './outcome.ts'
import { writes } from './together.ts'
import type { StepContext, StepKind } from './step.ts'
import { inTrouble, OFFLINE, ONLINE } from './trouble.ts'

/** The user signs out, leaving work behind or not, and comes back; or somebody else takes the device. */
export const users: StepKind = {
  name: 'users',
  weight: 0.4,
  run: async (context) => {
    const { world, device, draw } = context
    const unsent = draw.weighted({ refuse: 3, keep: 3, discard: 1 })
    const next = draw.chance(0.5) ? device.user : draw.pick(world.scenario.users)
    const isAnew = draw.chance(0.2)
    const whose = (await device.org.status()).identity
    const configuration = draw.pick(world.scenario.configurations)
    const { outcome, words } = await inTrouble(context, OFFLINE, () => device.org.signOut({ unsent }), { commits: 1 })
    // Whoever is told that the store failed starts the program again.
    if (outcome instanceof OutpostError && outcome.code === 'store') await world.time.until(device.crash())
    const left = `device ${device.number} signs out (${unsent}), ${words}`
    const { identity, signedOut } = await device.org.status()
    if (identity && !signedOut) return `${left}; ${await isTaken(context)}`
    if (identity) return `${left}; ${await comesBack(context, next)}; ${await isTaken(context)}`
    if (whose && unsent === 'keep')
      throw new Broken('I1', `device ${device.number} was emptied by who wanted to keep all`)
    device.book.clear()
    if (isAnew) {
      device.user = next
      await signsIn(context)
    } else await world.time.until(device.giveTo(next))
    const configured = await outcomeOf(world, device.org.configure(device.asConfigured(configuration)))
    return `${left}; ${next} begins anew: ${told(configured)}`
  },
}

/** Another account is signed in under the program for a while, and nobody tells it so. */
async function isTaken(context: StepContext): Promise<string> {
  const { world, device, draw } = context
  const { user } = device
  const others = world.scenario.users.filter((each) => each !== user)
  if (others.length === 0) return 'nobody else is there'
  const next = draw.pick(others)
  const written = await writes(context)
  await world.time.advance(BELIEVED_MS)
  device.user = next
  const synced = await outcomeOf(world, device.org.sync())
  device.user = user
  device.org.reconnect()
  return `${written}; ${next} syncs unnoticed: ${told(synced)}; ${user} is there again`
}

/** Longer than an answer about who is signed in is believed. */
const BELIEVED_MS = 61_000

/** Whoever left work behind comes back to it; somebody else is not let in before. */
async function comesBack(context: StepContext, next: string): Promise<string> {
  const { world, device } = context
  const { user } = device
  if (next === user) return `${user} comes back, ${await signsIn(context)}`
  device.user = next
  const stranger = await outcomeOf(world, device.org.connect())
  device.user = user
  if (!(stranger instanceof OutpostError)) throw new Broken('I5', `${next} has been let in to the work of ${user}`)
  return `${next} is not let in: ${stranger.code}; ${user} comes back, ${await signsIn(context)}`
}

/** Not at the first try perhaps. */
async function signsIn(context: StepContext): Promise<string> {
  const { world, device } = context
  const { outcome, words } = await inTrouble(context, ONLINE, (signal) => device.org.connect({ signal }), {
    commits: 4,
  })
  if (outcome instanceof OutpostError) await outcomesOf(world, [device.org.connect()])
  return words
}
