import { OutpostError } from '@outpost/core'
import type { ClientOrg } from '@outpost/core'
import { Broken } from '../checks/problem.ts'
import { anyOf } from './draw-row.ts'
import type { Drawing } from './draw-row.ts'
import type { StepKind } from './step.ts'
import { inTrouble, ONLINE } from './trouble.ts'

/** Whoever is answered is signed in, which is noted where it was not so before. */
const SIGNED_IN = 'note sign-in'

/** What would happen is asked for, and nothing must be changed by that; or a table is mended. */
export const compare: StepKind = {
  name: 'compare',
  weight: 1,
  run: async (context) => {
    const { device, draw } = context
    const org = draw.pick(device.tabs)
    const question = drawQuestion(context)
    const { held, store } = device
    const stored: string[] = []
    const unsubscribe = store.bare.subscribe(({ name }) => stored.push(name))
    const { outcome, words } = await inTrouble(context, ONLINE, (signal) => question.run(org, signal))
    unsubscribe()
    const mustBeSame = !question.mends && device.isQuiet && device.store === store && !(outcome instanceof OutpostError)
    const told = stored.filter((name) => name !== SIGNED_IN)
    if (mustBeSame && device.held !== held && (told.length > 0 || stored.length === 0))
      throw new Broken(
        'I5',
        `device ${device.number} ${question.words}, and something has been stored: ${told.join(', ')}`,
      )
    return `device ${device.number} ${question.words}, ${words}`
  },
}

interface Question {
  readonly words: string
  readonly run: (org: ClientOrg, signal: AbortSignal) => Promise<unknown>
  readonly mends?: true
}

function drawQuestion({ world, device, draw }: Drawing): Question {
  const kind = draw.pick(['plan', 'verify', 'repair', 'dry run', 'preview'] as const)
  const table = anyOf(draw, Object.keys(device.org.configuration.tables)) ?? ''
  const configuration = draw.pick(world.scenario.configurations)
  const buckets = draw.pick([1, 16, 256])
  switch (kind) {
    case 'plan':
      return { words: 'plans a configuration', run: (org, signal) => org.plan(configuration, { signal }) }
    case 'verify':
      return { words: `verifies ${table}`, run: (org, signal) => org.verify(table, { signal, buckets }) }
    case 'repair':
      return { words: `repairs ${table}`, run: (org, signal) => org.repair(table, { signal, buckets }), mends: true }
    case 'dry run':
      return { words: 'rehearses a sync', run: (org, signal) => org.dryRun({ signal }) }
    case 'preview':
      return { words: 'looks for other metadata', run: (org, signal) => org.previewMetadata({ signal }) }
  }
}
