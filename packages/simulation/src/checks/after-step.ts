import type { World } from '../world.ts'
import { nothingLost } from './i1-nothing-lost.ts'
import { noSurprise } from './i5-no-surprise.ts'
import { Watch } from './look.ts'
import { moves } from './moves.ts'
import type { Problem } from './problem.ts'

const watches = new WeakMap<World, readonly Watch[]>()

/** What must hold of every device at any time. Costs nothing for a device on which nothing was committed since. */
export async function afterStep(world: World): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const watch of watchesOf(world)) {
    const look = await watch.look()
    if (look) problems.push(...nothingLost(look), ...moves(look), ...noSurprise(look))
  }
  return problems
}

function watchesOf(world: World): readonly Watch[] {
  const found = watches.get(world) ?? world.devices.map((device) => new Watch(device))
  watches.set(world, found)
  return found
}
