import { OutpostError } from '@outpost/core'
import type { Store } from '@outpost/core'

/** When the power fails: at the nth commit from now on, just before or just after it. */
export interface PowerCut {
  readonly commit: number
  readonly when: 'before' | 'after'
}

/** A store whose device can lose power: nothing that it is asked for afterwards is answered. */
export interface PowerCutStore extends Store {
  cutAt(cut: PowerCut): void
}

export function powerCutStore(store: Store): PowerCutStore {
  let planned: PowerCut | undefined
  let commits = 0
  let dark = false
  const fail = (): never => {
    dark = true
    throw new OutpostError('store', 'the power is gone')
  }
  return {
    exclusive: store.exclusive,
    read: async (name, body) => (dark ? fail() : store.read(name, body)),
    write: async (name, body, options) => {
      if (dark) fail()
      commits += 1
      const strikes = planned !== undefined && commits === planned.commit
      const result = await store.write(
        name,
        async (tx) => {
          const done = await body(tx)
          if (strikes && planned?.when === 'before') fail()
          return done
        },
        options,
      )
      if (strikes) fail()
      return result
    },
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
    cutAt: (cut) => {
      planned = cut
      commits = 0
    },
  }
}
