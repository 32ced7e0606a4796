import { OutpostError } from '../errors.ts'
import type { Store, StoreReader, StoreWriter, CommitOptions } from '../ports/store.ts'

/**
 * Where a transaction of the store fails.
 *
 * - `body`: before its body runs.
 * - `{ call: k }`: its k-th operation, from 1, is not done and rejects. `{ afterCall: k }`: it is done and then rejects.
 * - `commit`: the body has ended, nothing is committed.
 * - `acknowledge`: it is committed, and its promise rejects all the same.
 */
export type FaultPoint = 'body' | 'commit' | 'acknowledge' | { readonly call: number } | { readonly afterCall: number }

export interface StoreFault {
  readonly at: FaultPoint
  /** The name of the transaction that fails; any when absent. */
  readonly name?: string
  /** The default is `write`. */
  readonly kind?: 'read' | 'write'
  /** What it rejects with; an `OutpostError` with the code `store` when absent. */
  readonly error?: unknown
  /** How many transactions of that name pass before. The default is 0. */
  readonly skip?: number
  /** How many times it strikes. The default is once. */
  readonly times?: number
}

/** A store that fails where it is told to, and otherwise is the store it was made from. */
export interface FaultyStore extends Store {
  /** Adds a fault. */
  fail(fault: StoreFault): void
  /** Takes every fault back. */
  heal(): void
  /** How many faults have struck. */
  readonly strikes: number
  /** The names of the transactions that were begun, in order, as `read <name>` and `write <name>`. */
  readonly begun: readonly string[]
}

interface PlannedFault {
  readonly fault: StoreFault
  skip: number
  times: number
}

/** A store over `store` with the planned faults. A fault of a write never leaves anything half written: see the points. */
export function faultyStore(store: Store, faults: readonly StoreFault[] = []): FaultyStore {
  let planned = faults.map(plan)
  let strikes = 0
  const begun: string[] = []

  function due(kind: 'read' | 'write', name: string): PlannedFault | undefined {
    begun.push(`${kind} ${name}`)
    const found = planned.find(
      ({ fault, times }) => times > 0 && (fault.kind ?? 'write') === kind && (fault.name ?? name) === name,
    )
    if (!found) return undefined
    if (found.skip === 0) return found
    found.skip--
    return undefined
  }

  function strike(found: PlannedFault): unknown {
    found.times--
    strikes++
    return found.fault.error ?? new OutpostError('store', 'the planned fault of the store')
  }

  async function run<Tx extends StoreReader, T>(
    found: PlannedFault | undefined,
    transact: (body: (tx: Tx) => Promise<T>) => Promise<T>,
    body: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    if (!found) return transact(body)
    const { at } = found.fault
    if (at === 'body') throw strike(found)
    const result = await transact(async (tx) => {
      let struck: { readonly error: unknown } | undefined
      const inner = typeof at === 'object' ? failingAt(tx, at, () => (struck = { error: strike(found) }).error) : tx
      const value = await body(inner)
      // As in every store, catching the failure of an operation does not save the transaction.
      if (struck) throw struck.error
      if (at === 'commit') throw strike(found)
      return value
    })
    if (at === 'acknowledge') throw strike(found)
    return result
  }

  return {
    exclusive: store.exclusive,
    read<T>(name: string, body: (tx: StoreReader) => Promise<T>) {
      return run<StoreReader, T>(due('read', name), (inner) => store.read(name, inner), body)
    },
    write<T>(name: string, body: (tx: StoreWriter) => Promise<T>, options?: CommitOptions) {
      return run<StoreWriter, T>(due('write', name), (inner) => store.write(name, inner, options), body)
    },
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
    fail(fault) {
      planned.push(plan(fault))
    },
    heal() {
      planned = []
    },
    get strikes() {
      return strikes
    },
    begun,
  }
}

function plan(fault: StoreFault): PlannedFault {
  return { fault, skip: fault.skip ?? 0, times: fault.times ?? 1 }
}

function failingAt<Tx extends StoreReader>(
  tx: Tx,
  at: { readonly call: number } | { readonly afterCall: number },
  strike: () => unknown,
): Tx {
  let calls = 0
  async function operate(method: (...args: unknown[]) => Promise<unknown>, args: unknown[]): Promise<unknown> {
    calls++
    if ('call' in at && at.call === calls) throw strike()
    const last = 'afterCall' in at && at.afterCall === calls
    const result = await method.apply(tx, args)
    if (last) throw strike()
    return result
  }
  return new Proxy(tx, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => operate(method as (...args: unknown[]) => Promise<unknown>, args)
    },
  })
}
