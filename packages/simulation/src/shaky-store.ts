import { OutpostError } from '@outpost/core'
import type { Store, StoreChange } from '@outpost/core'

/** What becomes of one transaction of a device's store, counted from 1 from now on: reads and commits by themselves. */
export interface StoreFault {
  readonly commit: number
  /** `before`: nothing of it is kept. `after`: all of it is, and nobody is told so. `read`: it is a read that fails. */
  readonly when: 'before' | 'after' | 'read'
  /** Whether the power fails with it: the store does nothing any more then. */
  readonly dies: boolean
}

/** Told of what happens to a device's store. */
export interface StoreWatch {
  readonly onStruck: (fault: StoreFault) => void
  /** With the name of each commit. */
  readonly onCommitted: (name: string) => void
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
  #reads = 0
  #struck = 0
  #isDark = false
  /** Whether the commit that is being made must outlive a loss of power. */
  #isStrict = true
  readonly #watch: StoreWatch

  /** `onStrict` is called after each commit that outlives a loss of power. */
  constructor(store: Store, watch: StoreWatch, onStrict: () => void = () => {}) {
    this.bare = store
    this.#watch = watch
    store.subscribe((change) => {
      watch.onCommitted(change.name)
      if (this.#isStrict) onStrict()
      for (const { tab, tell } of this.#listeners)
        tell(tab === this.#writer ? change : { ...change, name: 'elsewhere' })
    })
  }

  /** How often something has failed here. */
  get struck(): number {
    return this.#struck
  }

  /** Whether the power has failed. */
  get isDark(): boolean {
    return this.#isDark
  }

  plan(fault: StoreFault): void {
    this.#planned = fault
    this.#commits = 0
    this.#reads = 0
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
        this.#reads += 1
        const fault = this.#planned
        if (fault?.when === 'read' && fault.commit === this.#reads) this.#strike(fault)
        return this.bare.read(name, body)
      },
      write: async (name, body, commit) => {
        this.#mustHavePower()
        this.#commits += 1
        const planned = this.#planned?.when === 'read' ? undefined : this.#planned
        const fault = planned?.commit === this.#commits ? planned : undefined
        const result = await this.bare.write(
          name,
          async (tx) => {
            this.#mustHavePower()
            const done = await body(tx)
            if (fault?.when === 'before') this.#strike(fault)
            this.#writer = tab
            this.#isStrict = commit?.durability !== 'relaxed'
            // Nothing is committed behind it, but it is itself.
            if (fault?.dies) this.#isDark = true
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

  #strike(fault: StoreFault): never {
    const { dies } = fault
    this.#planned = undefined
    this.#struck += 1
    this.#watch.onStruck(fault)
    this.#isDark ||= dies
    throw new OutpostError('store', dies ? 'the power is gone' : 'the disk failed')
  }

  #mustHavePower(): void {
    if (this.#isDark) throw new OutpostError('store', 'the power is gone')
  }
}
