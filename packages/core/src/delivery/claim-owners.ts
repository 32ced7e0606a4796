import type { Store } from '../ports/store.ts'

const owners = new WeakMap<Store, Set<string>>()

/** By what name each client org that this program has open on a store claims transactions. To be added to and taken from. */
export function claimOwners(store: Store): Set<string> {
  const known = owners.get(store) ?? new Set<string>()
  owners.set(store, known)
  return known
}
