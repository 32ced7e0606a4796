import type { Store } from '@outpost/core'

/** Kills this process as the system would, without a chance to tidy up. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

/** A store on which the program dies at the n-th of the commits that count; it lives where there is none such. */
export class DyingStore {
  readonly store: Store
  /** Commits that were begun, of those that count. */
  begun = 0

  constructor(store: Store, point: string, nth: number, counts: (name: string) => boolean = () => true) {
    this.store = {
      exclusive: store.exclusive,
      read: (name, body) => store.read(name, body),
      write: async (name, body, options) => {
        if (!counts(name)) return store.write(name, body, options)
        this.begun += 1
        const isLast = this.begun === nth
        const result = await store.write(
          name,
          async (tx) => {
            const written = await body(tx)
            return isLast && point === 'within' ? die() : written
          },
          options,
        )
        return isLast ? die() : result
      },
      subscribe: (listener) => store.subscribe(listener),
      close: () => store.close(),
    }
  }
}
