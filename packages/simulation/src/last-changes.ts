import { drawFrom } from '@outpost/core/testing'
import { allowed } from './allowed.ts'
import { heldByDevice, lookWhoIsTold } from './checks/restores.ts'
import type { Device } from './device.ts'
import { goesBack, isBackedUp } from './steps/master-history.ts'
import { changeRows } from './steps/master-rows.ts'
import { outcomeOf } from './steps/outcome.ts'
import { drawDifference } from './steps/set-up.ts'
import type { World } from './world.ts'

/** How many rows change at once. */
const ROWS = 8

/** More of what devices have to be told of, or to look for, than of what comes as a matter of course. */
const KINDS = { update: 3, delete: 4, assign: 4, link: 1, unlink: 3, create: 1 } as const

/**
 * Once everything is delivered and quiet, some more happens to the master and to what devices are to keep, and nothing that
 * makes everything be compared for another reason: what finds out about it has to find it by itself.
 */
export async function changesOnceMore(
  world: World,
  tell: (words: string) => void,
  syncs: (device: Device) => Promise<void>,
): Promise<void> {
  const draw = drawFrom(world.seed * 43)
  const { emulator, devices } = world
  const changeSome = (): void => {
    for (let each = 0; each < ROWS; each += 1)
      tell(allowed(() => changeRows({ world, draw, master: emulator.master }, KINDS)))
  }
  const past = draw.weighted({ stays: 6, expires: 2, 'is another': 1 })
  if (past === 'is another') {
    isBackedUp(world)
    changeSome()
    for (const device of devices) await syncs(device)
    goesBack(world, await heldByDevice(world))
    await lookWhoIsTold(world)
    tell('the master goes back to before that')
    // That it went back is seen by the first pull from there, and what that means is done by the next. Nothing else happens:
    // versions that are given out again are none that one could tell apart.
    for (const device of devices) await syncs(device)
    return
  }
  if (past === 'expires') {
    emulator.expireDelta()
    tell('the tokens of the change feed expire')
  }
  changeSome()
  for (const device of devices) {
    if (draw.chance(0.5)) continue
    const { configuration, told } = drawDifference({ world, device, draw }, ['syncFilter', 'columns'])
    await outcomeOf(world, device.org.configure(configuration))
    tell(`device ${device.number} is configured with ${told}`)
  }
}
