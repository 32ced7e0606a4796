import { allowed } from '../allowed.ts'
import { heldByDevice, restoreBackup } from '../checks/restores.ts'
import type { HeldByDevice } from '../checks/restores.ts'
import type { World } from '../world.ts'
import type { StepContext, StepKind } from './step.ts'

const MINUTE_MS = 60_000

/**
 * The master is backed up, goes back to a backup, or forgets how far its change feed has gone. What was committed since
 * the backup has never happened then: `world.restores` tells which of the ledger's commits those are.
 */
export const masterHistory: StepKind = {
  name: 'master history',
  weight: 2,
  run: async (context) => {
    const held = await heldByDevice(context.world)
    return allowed(() => happens(context, held))
  },
}

function happens({ world, draw }: StepContext, held: HeldByDevice): string {
  const { emulator } = world
  const kind = draw.weighted({ backup: 3, restore: 2, expire: 4, ahead: 2 })
  world.coverage.count('history', kind)
  switch (kind) {
    case 'backup':
      isBackedUp(world)
      return 'the master is backed up'
    case 'restore':
      goesBack(world, held)
      return `the master goes back to its backup`
    case 'expire':
      emulator.expireDelta()
      return 'the tokens of the change feed expire'
    case 'ahead': {
      const ms = (1 + draw.below(10)) * MINUTE_MS
      world.time.putAhead(ms)
      return `the master's clock is put ahead by ${ms} ms`
    }
  }
}

export function isBackedUp(world: World): void {
  world.emulator.backup()
  world.backedUp = world.ledger.commits.length
}

export function goesBack(world: World, held: HeldByDevice): void {
  const { emulator, ledger } = world
  restoreBackup(world, held)
  world.restores.push({ kept: world.backedUp, at: ledger.commits.length })
  // Who was disabled then, and nobody knows of it any more.
  for (const { id, values } of emulator.master.rows('systemuser'))
    if (values['isdisabled'] === true) emulator.security.enableUser(id)
}
