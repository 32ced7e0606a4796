import type { World } from '../world.ts'
import { allowed } from '../allowed.ts'

/**
 * Nothing of the master's side is under way any more, and nothing of it will happen by itself. Everybody can sign in: who
 * has lost whatever lets one see the organisation itself has the roles of the beginning again.
 */
export function masterSettles(world: World): void {
  const { emulator, outages } = world
  emulator.mutateBetweenPages(undefined)
  emulator.settle()
  emulator.faults.clear()
  outages.end()
  // What jobs set off may be jobs again.
  for (let round = 0; round < 5 && emulator.runJobs().length > 0; round += 1);
  for (const { id, values } of emulator.master.rows('systemuser'))
    if (values['isdisabled'] === true) allowed(() => (emulator.security.enableUser(id), id))
  for (const user of emulator.users)
    if (user.depth('organization', 'read') === 'none')
      for (const role of world.roles.get(user.id) ?? [])
        if (!user.roleIds.includes(role)) emulator.security.assignRole(user.name, role)
}
