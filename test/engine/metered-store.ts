import type { OfflineTransaction, Store, StoreChange, StoreReader, StoreWriter } from '@outpost/core'

/** How many transactions were read from a store. */
export interface Meter {
  /** The most that one call of an operation gave back. */
  mostPerCall: number
  /** The most that all calls within one transaction of the store gave back together. */
  mostHeld: number
  /** All that were given back. */
  total: number
  reset(): void
}

/** A store that counts the transactions it gives back. */
export function meteredStore(store: Store): { readonly store: Store; readonly meter: Meter } {
  const meter: Meter = {
    mostPerCall: 0,
    mostHeld: 0,
    total: 0,
    reset: () => Object.assign(meter, { mostPerCall: 0, mostHeld: 0, total: 0 }),
  }
  const metered: Store = {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, (tx) => body(counting(tx, meter))),
    write: (name, body, options) => store.write(name, (tx) => body(counting(tx, meter)), options),
    subscribe: (listener: (change: StoreChange) => void) => store.subscribe(listener),
    close: () => store.close(),
  }
  return { store: metered, meter }
}

function counting<T extends StoreReader | StoreWriter>(tx: T, meter: Meter): T {
  let inAll = 0
  const count = <F extends OfflineTransaction | undefined>(found: readonly F[]): readonly F[] => {
    const given = found.filter((transaction) => transaction !== undefined).length
    inAll += given
    meter.total += given
    meter.mostPerCall = Math.max(meter.mostPerCall, given)
    meter.mostHeld = Math.max(meter.mostHeld, inAll)
    return found
  }
  return new Proxy(tx, {
    get(target, property) {
      if (property === 'transactions') return async (seqs: readonly number[]) => count(await target.transactions(seqs))
      if (property === 'findTransactions') {
        return async (query: Parameters<StoreReader['findTransactions']>[0]) =>
          count(await target.findTransactions(query))
      }
      const value: unknown = Reflect.get(target, property)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
