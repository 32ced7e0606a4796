import type { LineFault } from '../line.ts'
import { byMaster } from './by-master.ts'
import type { StepKind } from './step.ts'

const SECOND_MS = 1000

/** What a whole master answers for a while, by the time that is left of it. */
const OUTAGES: Readonly<Record<string, (left: number) => LineFault>> = {
  throttled: (ms) => ({ kind: 'throttled', ms }),
  'throttled-untold': () => ({ kind: 'throttled-untold' }),
  maintenance: () => ({ kind: 'unavailable' }),
  unreachable: () => ({ kind: 'unreachable' }),
  failing: () => ({ kind: 'failed' }),
  'signed out': () => ({ kind: 'unauthenticated' }),
}

/** The master, or what is in front of it, answers everybody or one user with nothing but refusals for a while. */
export const masterOutage: StepKind = byMaster('master outage', 2, ({ world, draw }) => {
  const kind = draw.pick(Object.keys(OUTAGES))
  const user = draw.chance(0.4) ? draw.pick(world.scenario.users) : undefined
  const ms = (1 + draw.below(draw.pick([10, 60, 600]))) * SECOND_MS
  const fault = OUTAGES[kind]
  if (fault) world.outages.begin({ ms, fault, ...(user === undefined ? {} : { user }) })
  world.coverage.count('outage', kind)
  return `${user ?? 'everybody'} meets '${kind}' for ${ms} ms`
})

/** How a service of today may behave, or may not. */
export const masterKnobs: StepKind = byMaster('master knobs', 1, ({ world, draw }) => {
  const { knobs } = world.emulator
  const kind = draw.pick([
    'emptyErrorCodes',
    'decimalErrorCodes',
    'patch204WithEntityId',
    'unchangedUpdateRaisesVersion',
    'trackIntersects',
    'absentLinkStatus',
    'expiredTokenStatus',
    'trackingWithoutReadStatus',
    'missingRowWithEtagStatus',
    'deltaTokenAt',
    'maxPageSize',
  ] as const)
  switch (kind) {
    case 'absentLinkStatus':
      knobs[kind] = knobs[kind] === 404 ? 204 : 404
      break
    case 'expiredTokenStatus':
    case 'trackingWithoutReadStatus':
      knobs[kind] = knobs[kind] === 400 ? 403 : 400
      break
    case 'missingRowWithEtagStatus':
      knobs[kind] = knobs[kind] === 404 ? 412 : 404
      break
    case 'deltaTokenAt':
      knobs[kind] = knobs[kind] === 'firstPage' ? 'lastPage' : 'firstPage'
      break
    case 'maxPageSize':
      knobs[kind] = knobs[kind] === 2 ? 5000 : 2
      break
    default:
      knobs[kind] = !knobs[kind]
  }
  world.coverage.count('knob', kind)
  return `the master's ${kind} is ${String(knobs[kind])} from now on`
})
