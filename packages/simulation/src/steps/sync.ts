import type { ClientOrg } from '@outpost/core'
import type { Drawing } from './draw-row.ts'
import type { StepKind } from './step.ts'
import { inTrouble, ONLINE } from './trouble.ts'

/** A sync, of everything or of a part, or a push, in which something may go wrong. */
export const sync: StepKind = {
  name: 'sync',
  weight: 5,
  run: async (context) => {
    const asked = drawAsked(context)
    const org = context.draw.pick(context.device.tabs)
    const { words } = await inTrouble(context, ONLINE, (signal) => asked.run(org, signal))
    return `device ${context.device.number} ${asked.words}, ${words}`
  },
}

/** What a client org is asked to do with its master. */
export interface Asked {
  readonly words: string
  readonly run: (org: ClientOrg, signal: AbortSignal) => Promise<unknown>
}

/** A sync of everything mostly; a push, some tables or a scope of the configuration else. */
export function drawAsked({ device, draw }: Drawing): Asked {
  const { tables, scopes = {} } = device.org.configuration
  const kind = draw.weighted({ all: 12, push: 4, tables: 2, scope: 2 })
  const names = Object.keys(kind === 'scope' ? scopes : tables)
  const name = names.length === 0 ? '' : draw.pick(names)
  if (kind === 'push') return { words: 'pushes', run: (org, signal) => org.push({ signal }) }
  if (kind === 'all' || name === '') return { words: 'syncs', run: (org, signal) => org.sync({ signal }) }
  const asked = kind === 'scope' ? { scope: name } : { tables: [name] }
  return { words: `syncs ${kind} ${name}`, run: (org, signal) => org.sync({ ...asked, signal }) }
}
