import type { Env } from '../env.ts'
import type { Cost } from '../events.ts'
import type { MasterOrg } from '../ports/master-org.ts'

export const NO_COST: Cost = { ms: 0, requests: 0, bytes: 0 }

/** Runs the body and tells what it cost, whether or not it succeeded. Requests and bytes are 0 where the master does not count. */
export async function costing<T>(
  { env, master }: { readonly env: Pick<Env, 'now'>; readonly master: MasterOrg },
  tell: (cost: Cost) => void,
  body: () => Promise<T>,
): Promise<T> {
  const began = env.now()
  const before = master.traffic?.()
  try {
    return await body()
  } finally {
    const after = master.traffic?.()
    const requests = after && before ? after.requests - before.requests : 0
    const bytes = after && before ? after.bytesSent + after.bytesReceived - before.bytesSent - before.bytesReceived : 0
    tell({ ms: Math.max(0, env.now() - began), requests, bytes })
  }
}

export function costInSum(one: Cost, other: Cost): Cost {
  return { ms: one.ms + other.ms, requests: one.requests + other.requests, bytes: one.bytes + other.bytes }
}
