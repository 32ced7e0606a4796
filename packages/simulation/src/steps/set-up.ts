import type { Configuration, TableConfiguration } from '@outpost/core'
import { anyOf } from './draw-row.ts'
import type { Drawing } from './draw-row.ts'
import type { StepKind } from './step.ts'
import { inTrouble, OFFLINE, ONLINE } from './trouble.ts'

/** Another configuration of the scenario, or the one in force with a difference in one table. */
export const configure: StepKind = {
  name: 'configure',
  weight: 3,
  run: async (context) => {
    const { device, draw } = context
    const { configuration, told } = draw.chance(0.4) ? drawOther(context) : drawDifference(context)
    const org = draw.pick(device.tabs)
    const { words } = await inTrouble(context, OFFLINE, () => org.configure(configuration), { commits: 3 })
    return `device ${device.number} is configured with ${told}, ${words}`
  },
}

/** The copy of the metadata is renewed; or a table, or all, are to be read anew. */
export const renew: StepKind = {
  name: 'renew',
  weight: 1.5,
  run: async (context) => {
    const { device, draw } = context
    const org = draw.pick(device.tabs)
    const tables = Object.keys(org.configuration.tables).filter(() => draw.chance(0.4))
    const whole = draw.chance(0.3)
    if (draw.chance(0.5)) {
      const { words } = await inTrouble(context, OFFLINE, () => org.resync(tables), { commits: 1 })
      return `device ${device.number} is to read ${tables.join(', ')} anew, ${words}`
    }
    const { words } = await inTrouble(context, ONLINE, (signal) => org.updateMetadata({ signal, whole }), {
      commits: 3,
    })
    return `device ${device.number} updates its metadata${whole ? ', all of it' : ''}, ${words}`
  },
}

interface Wanted {
  readonly configuration: Configuration
  readonly told: string
}

function drawOther({ world, device, draw }: Drawing): Wanted {
  const at = draw.below(world.scenario.configurations.length)
  const configuration = device.asConfigured(world.scenario.configurations[at] ?? { tables: {} })
  return { configuration, told: `configuration ${at}` }
}

/** What some configuration of the scenario says of one aspect of a table goes for the one in force; or it is left out. */
export function drawDifference({ world, device, draw }: Drawing, aspects: readonly Aspect[] = ASPECTS): Wanted {
  const { configuration } = device.org
  const name = anyOf(draw, Object.keys(configuration.tables))
  if (name === undefined) return drawOther({ world, device, draw })
  const aspect = draw.pick(aspects)
  const { [aspect]: mine, ...rest } = configuration.tables[name] ?? {}
  const elsewhere = world.scenario.configurations.flatMap(({ tables }) => {
    const { [aspect]: theirs } = tables[name] ?? {}
    return theirs === undefined ? [] : [{ [aspect]: theirs }]
  })
  const isLeftOut = mine !== undefined && draw.chance(0.5)
  const said: TableConfiguration = isLeftOut || elsewhere.length === 0 ? {} : draw.pick(elsewhere)
  return {
    configuration: { ...configuration, tables: { ...configuration.tables, [name]: { ...rest, ...said } } },
    told: `${JSON.stringify(said)} for the ${aspect} of ${name}`,
  }
}

type Aspect = Exclude<keyof TableConfiguration, 'syncFetchXml' | 'localColumns'>

const ASPECTS: readonly Aspect[] = [
  'columns',
  'syncFilter',
  'uploadFilter',
  'syncDeletion',
  'tracking',
  'changeTracking',
  'conflictPolicy',
  'conflictRules',
  'onDeletedRow',
  'onUpdatedRow',
  'priority',
  'batchSize',
  'related',
]
