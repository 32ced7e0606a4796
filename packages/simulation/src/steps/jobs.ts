import type { ClientOrg, JobDefinition } from '@outpost/core'
import { anyOf } from './draw-row.ts'
import type { Drawing } from './draw-row.ts'
import { outcomeOf, told } from './outcome.ts'
import type { StepKind } from './step.ts'
import { inTrouble, OFFLINE, ONLINE } from './trouble.ts'

const JOBS = ['Rounds', 'Evening', 'SyncService'] as const

/** Jobs are drafted, put in force, run by hand and removed. */
export const jobs: StepKind = {
  name: 'jobs',
  weight: 1.5,
  run: async (context) => {
    const { device, draw } = context
    const name = draw.pick(JOBS)
    const kind = draw.weighted({ make: 3, run: 3, deactivate: 1, activate: 1, remove: 1 })
    const definition = drawDefinition(context)
    const org = draw.pick(device.tabs)
    const { words } = await inTrouble(
      context,
      kind === 'run' ? ONLINE : OFFLINE,
      (signal) => does(org, kind, name, definition, signal),
      { commits: kind === 'run' ? 9 : 3 },
    )
    return `device ${device.number}: ${kind} job ${name}, ${words}`
  },
}

/** The service of jobs is started or stopped. What it does by itself, it does while time passes. */
export const service: StepKind = {
  name: 'service',
  weight: 0.2,
  run: async ({ world, device, draw }) => {
    const { service: own } = draw.pick(device.tabs)
    const { isStarted } = own
    const trigger = draw.weighted({ none: 2, focus: 1, manual: 1 })
    const ms = Math.floor(draw.number() * draw.pick([60_000, 1_800_000]))
    if (isStarted && trigger !== 'none') {
      own.trigger(trigger)
      await world.time.advance(ms)
      return `the service of device ${device.number} is told of ${trigger}`
    }
    const done = await outcomeOf(world, isStarted ? own.stop() : own.start())
    if (!isStarted) await world.time.advance(ms)
    return `device ${device.number} ${isStarted ? 'stops' : 'starts'} its service: ${told(done)}`
  },
}

async function does(
  org: ClientOrg,
  kind: 'make' | 'run' | 'deactivate' | 'activate' | 'remove',
  name: string,
  definition: JobDefinition,
  signal: AbortSignal,
): Promise<unknown> {
  switch (kind) {
    case 'make':
      await org.jobs.draft(name, definition)
      await org.jobs.publish(name)
      return org.jobs.activate(name)
    case 'run':
      return org.jobs.run((await org.jobs.get(name)) ? name : 'SyncService', { signal })
    case 'deactivate':
      return org.jobs.deactivate(name)
    case 'activate':
      return org.jobs.activate(name)
    case 'remove':
      return org.jobs.remove(name)
  }
}

function drawDefinition({ device, draw }: Drawing): JobDefinition {
  const { tables, scopes = {} } = device.org.configuration
  const [table, everyMinutes] = [anyOf(draw, Object.keys(tables)) ?? '', draw.pick([5, 30, 180])]
  const [scope] = Object.keys(scopes).filter(() => draw.chance(0.5))
  return {
    schedule: { everyMinutes },
    step: { function: 'SyncService', ...(scope === undefined ? { tables: [table] } : { scope }) },
    ...(draw.chance(0.4) ? { triggers: ['commit', 'focus'] as const } : {}),
  }
}
