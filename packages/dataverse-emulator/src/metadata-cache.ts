import type { Org } from './org.ts'
import { Schema } from './schema.ts'

interface Kept {
  readonly schema: Schema
  readonly atMs: number
}

const kept = new WeakMap<Org, Kept>()

/**
 * The schema as questions about it are answered: with the knob `metadataCacheMs` it may be so old, unless the request
 * asks for strong consistency. Rows are always read and written by the schema of now.
 */
export function schemaAsAsked(org: Org, headers: Headers): Schema {
  const { metadataCacheMs } = org.knobs
  if (metadataCacheMs === 0 || headers.get('Consistency') === 'Strong') return org.schema
  const now = org.store.now()
  const before = kept.get(org)
  if (before !== undefined && now >= before.atMs && now - before.atMs < metadataCacheMs) return before.schema
  const schema = Schema.from(org.schema.snapshot())
  kept.set(org, { schema, atMs: now })
  return schema
}
