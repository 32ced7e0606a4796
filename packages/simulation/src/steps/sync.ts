import { OutpostError } from '@outpost/core'
import type { ClientOrg } from '@outpost/core'
import { Broken } from '../checks/problem.ts'
import type { Drawing } from './draw-row.ts'
import type { StepKind } from './step.ts'
import { inTrouble, ONLINE } from './trouble.ts'

/** A sync, of everything or of a part, or a push, in which something may go wrong. */
export const sync: StepKind = {
  name: 'sync',
  weight: 3,
  run: async (context) => {
    const asked = drawAsked(context)
    const org = context.draw.pick(context.device.tabs)
    let isCutShort = false
    const { outcome, words } = await inTrouble(context, ONLINE, async (signal) => {
      let pulls = false
      const unsubscribe = org.subscribe((event) => (pulls ||= event.type === 'sync.phase' && event.phase === 'rows'))
      try {
        return await asked.run(org, signal)
      } finally {
        unsubscribe()
        // What can be sent only because of what came with the pull is sent behind it.
        isCutShort = context.device.line.endsStruck && !pulls
      }
    })
    const isOfOneRequest = outcome instanceof OutpostError && ['timeout', 'unavailable'].includes(outcome.code)
    if (isCutShort && isOfOneRequest && asked.pulls)
      throw new Broken('I4', `device ${context.device.number} pulls nothing because a write got no answer`)
    return `device ${context.device.number} ${asked.words}, ${words}`
  },
}

/** What a client org is asked to do with its master. */
export interface Asked {
  readonly words: string
  /** Whether rows are to be pulled. */
  readonly pulls: boolean
  readonly run: (org: ClientOrg, signal: AbortSignal) => Promise<unknown>
}

/** A sync of everything mostly; a push, some tables or a scope of the configuration else. */
export function drawAsked({ device, draw }: Drawing): Asked {
  const { tables, scopes = {} } = device.org.configuration
  const kind = draw.weighted({ all: 12, push: 4, tables: 2, scope: 2 })
  const names = Object.keys(kind === 'scope' ? scopes : tables)
  const name = names.length === 0 ? '' : draw.pick(names)
  if (kind === 'push') return { words: 'pushes', pulls: false, run: (org, signal) => org.push({ signal }) }
  if (kind === 'all' || name === '') return { words: 'syncs', pulls: true, run: (org, signal) => org.sync({ signal }) }
  const asked = kind === 'scope' ? { scope: name } : { tables: [name] }
  return { words: `syncs ${kind} ${name}`, pulls: true, run: (org, signal) => org.sync({ ...asked, signal }) }
}
