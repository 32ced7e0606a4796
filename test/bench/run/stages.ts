import type { Contender } from '../contenders/contender.ts'
import type { Run } from '../workloads/workload.ts'

/** Told once for each: that a contender is opened, and what it is asked to do, until something else is. */
export type Tell = (stage: string) => void

/** What every order begins with, without telling. */
export const FIRST_STAGE = 'open'

/** Opens contenders that tell what they do. */
export function telling(open: Run['open'], tell: Tell): Run['open'] {
  let last = FIRST_STAGE
  const enter = (stage: string): void => {
    if (stage !== last) tell(stage)
    last = stage
  }
  return async (place) => {
    enter(FIRST_STAGE)
    return new Proxy(await open(place), {
      get: (contender, name: keyof Contender) => {
        const method = contender[name]
        if (method === undefined) return undefined
        return (...given: readonly unknown[]): unknown => {
          enter(name)
          return Reflect.apply(method, contender, given)
        }
      },
    })
  }
}
