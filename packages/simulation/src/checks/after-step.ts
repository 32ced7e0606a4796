import type { World } from '../world.ts'
import { nothingLost } from './i1-nothing-lost.ts'
import { Effects } from './i2-one-effect.ts'
import { noHostage } from './i4-no-hostage.ts'
import { noSurprise } from './i5-no-surprise.ts'
import { Watch } from './look.ts'
import type { Look } from './look.ts'
import { moves } from './moves.ts'
import type { Problem } from './problem.ts'
import { lookForShares } from './unfound.ts'

interface Checked {
  readonly watches: readonly Watch[]
  readonly effects: Effects
  /** The last look at each device. */
  readonly latest: Map<number, Look>
}

const checked = new WeakMap<World, Checked>()

/** What must hold of every device at any time. Costs next to nothing for a device on which nothing was committed since. */
export async function afterStep(world: World): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const { watches, effects, latest } = checkedOf(world)
  lookForShares(world)
  const looks: Look[] = []
  for (const watch of watches) {
    const look = await watch.look()
    if (!look) continue
    looks.push(look)
    latest.set(watch.device.number, look)
    problems.push(...nothingLost(look), ...noSurprise(look), ...noHostage(look), ...moves(look))
  }
  return [...problems, ...effects.judge(looks, latest)]
}

/** Those who look at the devices, by their number. */
export function watchesOf(world: World): readonly Watch[] {
  return checkedOf(world).watches
}

function checkedOf(world: World): Checked {
  const found = checked.get(world) ?? {
    watches: world.devices.map((device) => new Watch(device)),
    effects: new Effects(world),
    latest: new Map<number, Look>(),
  }
  checked.set(world, found)
  return found
}
