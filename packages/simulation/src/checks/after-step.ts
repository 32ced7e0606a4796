import type { World } from '../world.ts'
import { nothingLost } from './i1-nothing-lost.ts'
import { OnlyHere } from './i1-only-here.ts'
import { HeldBack } from './i2-held-back.ts'
import { Effects } from './i2-one-effect.ts'
import { EffectsWithoutText } from './i2-without-text.ts'
import { noHostage } from './i4-no-hostage.ts'
import { noSurprise } from './i5-no-surprise.ts'
import { Senders } from './i5-senders.ts'
import { Watch } from './look.ts'
import type { Look } from './look.ts'
import { moves } from './moves.ts'
import type { Problem } from './problem.ts'
import { lookWhoCanNotice } from './restores.ts'
import { lookForShares, noteMet } from './unfound.ts'

interface Checked {
  readonly watches: readonly Watch[]
  readonly effects: Effects
  readonly withoutText: EffectsWithoutText
  readonly senders: Senders
  readonly heldBack: readonly HeldBack[]
  readonly onlyHere: readonly OnlyHere[]
  /** The last look at each device. */
  readonly latest: Map<number, Look>
}

const checked = new WeakMap<World, Checked>()

/** What must hold of every device at any time. Costs next to nothing for a device on which nothing was committed since. */
export async function afterStep(world: World): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const { watches, effects, withoutText, senders, heldBack, onlyHere, latest } = checkedOf(world)
  lookForShares(world)
  await lookWhoCanNotice(world)
  const looks: Look[] = []
  // What sends by itself goes on while it is looked at: the looks and the ledger must be of one moment.
  for (let commits = -1; commits !== world.ledger.commits.length;) {
    commits = world.ledger.commits.length
    for (const [at, watch] of watches.entries()) {
      const look = await watch.look()
      if (!look) continue
      looks.push(look)
      latest.set(watch.device.number, look)
      noteMet(watch.device, look.changed)
      problems.push(...nothingLost(look), ...noSurprise(look), ...noHostage(look), ...moves(look))
      problems.push(...((await heldBack[at]?.judge(look)) ?? []), ...((await onlyHere[at]?.look()) ?? []))
    }
  }
  return [...problems, ...effects.judge(looks, latest), ...withoutText.judge(looks, latest), ...senders.judge(looks)]
}

/** Those who look at the devices, by their number. */
export function watchesOf(world: World): readonly Watch[] {
  return checkedOf(world).watches
}

function checkedOf(world: World): Checked {
  const found = checked.get(world) ?? {
    watches: world.devices.map((device) => new Watch(device)),
    effects: new Effects(world),
    withoutText: new EffectsWithoutText(world),
    senders: new Senders(world),
    heldBack: world.devices.map((device) => new HeldBack(device)),
    onlyHere: world.devices.map((device) => new OnlyHere(device)),
    latest: new Map<number, Look>(),
  }
  checked.set(world, found)
  return found
}
