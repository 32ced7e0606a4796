import { OutpostError } from '@outpost/core'
import type { Store, StoreChange } from '@outpost/core'

/** What becomes of one commit of a device's store, counted from 1 from now on. */
export interface StoreFault {
  readonly commit: number
  /** `before`: nothing of it is kept. `after`: all of it is, and nobody is told so. */
  readonly when: 'before' | 'after'
  /** Whether the power fails with it: the store does nothing any more then. */
  readonly dies: boolean
}

/** The store of one device, which its tabs share, and which fails where it is told to. */
export class ShakyStore {
  /** The store as it is, for whoever looks at the device from outside. */
  readonly bare: Store
  readonly #listeners = new Set<{ readonly tab: object; readonly tell: (change: StoreChange) => void }>()
  /** The tab that commits: commits come one after another. */
  #writer: object | undefined
  #planned: StoreFault | undefined
  #commits = 0
  #isDark = false
  #struck = 0

  constructor(store: Store) {
    this.bare = store
    store.subscribe((change) => {
      for (const { tab, tell } of this.#listeners)
        tell(tab === this.#writer ? change : { ...change, name: 'elsewhere' })
    })
  }

  /** Whether the power has failed. */
  get isDark(): boolean {
    return this.#isDark
  }

  /** How many faults have struck. */
  get struck(): number {
    return this.#struck
  }

  plan(fault: StoreFault): void {
    this.#planned = fault
    this.#commits = 0
  }

  /** Nothing is planned any more. */
  heal(): void {
    this.#planned = undefined
  }

  /** The store as one tab has it; what other tabs commit comes from `elsewhere`. */
  tab(options: { readonly exclusive: boolean }): Store {
    const tab = {}
    return {
      exclusive: options.exclusive,
      read: async (name, body) => {
        this.#mustHavePower()
        return this.bare.read(name, body)
      },
      write: async (name, body, commit) => {
        this.#mustHavePower()
        this.#commits += 1
        const fault = this.#planned?.commit === this.#commits ? this.#planned : undefined
        const result = await this.bare.write(
          name,
          async (tx) => {
            const done = await body(tx)
            if (fault?.when === 'before') this.#strike(fault)
            this.#writer = tab
            return done
          },
          commit,
        )
        if (fault) this.#strike(fault)
        return result
      },
      subscribe: (tell) => {
        const listener = { tab, tell }
        this.#listeners.add(listener)
        return () => void this.#listeners.delete(listener)
      },
      close: () => Promise.resolve(),
    }
  }

  #strike({ dies }: StoreFault): never {
    this.#planned = undefined
    this.#struck += 1
    this.#isDark ||= dies
    throw new OutpostError('store', dies ? 'the power is gone' : 'the disk failed')
  }

  #mustHavePower(): void {
    if (this.#isDark) throw new OutpostError('store', 'the power is gone')
  }
}
