import type { World } from '../world.ts'
import { nothingLost } from './i1-nothing-lost.ts'
import { noHostage } from './i4-no-hostage.ts'
import { noSurprise } from './i5-no-surprise.ts'
import { Watch } from './look.ts'
import { moves } from './moves.ts'
import type { Problem } from './problem.ts'
import { lookForShares } from './unfound.ts'

const watches = new WeakMap<World, readonly Watch[]>()

/** What must hold of every device at any time. Costs nothing for a device on which nothing was committed since. */
export async function afterStep(world: World): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  lookForShares(world)
  for (const watch of watchesOf(world)) {
    const look = await watch.look()
    if (look) problems.push(...nothingLost(look), ...noSurprise(look), ...noHostage(look), ...moves(look))
  }
  return problems
}

export function watchesOf(world: World): readonly Watch[] {
  const found = watches.get(world) ?? world.devices.map((device) => new Watch(device))
  watches.set(world, found)
  return found
}
