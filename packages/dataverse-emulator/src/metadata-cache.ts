import type { Knobs } from './knobs.ts'
import { Schema } from './schema.ts'

/** What of an organisation the cache looks at. */
export interface CachedOrg {
  readonly schema: Schema
  readonly store: { readonly now: () => number }
  readonly knobs: Pick<Knobs, 'metadataCacheMs'>
}

interface Kept {
  readonly schema: Schema
  readonly atMs: number
}

const kept = new WeakMap<Schema, Kept>()

/**
 * The schema as questions about it are answered: with the knob `metadataCacheMs` it may be so old, unless the request
 * asks for strong consistency. Rows are always read and written by the schema of now.
 */
export function schemaAsAsked(org: CachedOrg, headers: Headers): Schema {
  const { metadataCacheMs } = org.knobs
  if (metadataCacheMs === 0 || headers.get('Consistency') === 'Strong') return org.schema
  const now = org.store.now()
  const before = kept.get(org.schema)
  if (before !== undefined && now >= before.atMs && now - before.atMs < metadataCacheMs) return before.schema
  const schema = Schema.from(org.schema.snapshot())
  kept.set(org.schema, { schema, atMs: now })
  return schema
}
