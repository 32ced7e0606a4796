import { OutpostError } from '../errors.ts'
import type { StoreReader } from '../ports/store.ts'

/**
 * Runs the body of a transaction over `tx` and waits for every operation it began. Rejects when the body rejects, and
 * also when an operation failed whose failure the body caught: a transaction is whole or not at all. An operation that is
 * begun after the body has ended rejects with `closed`. `translate` makes an error of the store of what an operation
 * failed with; what the body throws of its own is passed on as it is.
 */
export async function runBody<Tx extends StoreReader, T>(
  name: string,
  tx: Tx,
  body: (tx: Tx) => Promise<T>,
  translate: (error: unknown) => unknown = unchanged,
): Promise<T> {
  const running = new Set<Promise<unknown>>()
  let failure: { readonly error: unknown } | undefined
  let ended = false

  async function operate(method: (...args: unknown[]) => Promise<unknown>, args: unknown[]): Promise<unknown> {
    if (ended) throw new OutpostError('closed', `the transaction '${name}' is over: await every operation inside it`)
    const operation = method.apply(tx, args)
    running.add(operation)
    try {
      return await operation
    } catch (cause) {
      const error = translate(cause)
      failure ??= { error }
      throw error
    } finally {
      running.delete(operation)
    }
  }

  const guarded = new Proxy(tx, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => operate(method as (...args: unknown[]) => Promise<unknown>, args)
    },
  })

  try {
    const result = await body(guarded)
    while (running.size > 0) await Promise.allSettled(running)
    if (failure) throw failure.error
    return result
  } finally {
    ended = true
  }
}

function unchanged(error: unknown): unknown {
  return error
}
