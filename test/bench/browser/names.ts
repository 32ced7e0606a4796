/** Where a contender keeps its rows; its name ends with that where it can be more than one. */
export const BROWSER_STORES = ['dexie', 'opfs'] as const

export const BROWSER_CONTENDER_NAMES = [
  'outpost',
  'raw',
  'outpost-opfs',
  'raw-opfs',
  'rxdb',
  'rxdb-push',
  'pouch',
  'floor',
] as const
export type BrowserContenderName = (typeof BROWSER_CONTENDER_NAMES)[number]

const STORES: Partial<Record<string, (typeof BROWSER_STORES)[number]>> = {
  outpost: 'dexie',
  raw: 'dexie',
  'outpost-opfs': 'opfs',
  'raw-opfs': 'opfs',
}

/** Whether the contender takes part where Outpost and the limit are measured over these stores. */
export function keepsIn(stores: readonly string[], contender: string): boolean {
  const store = STORES[contender]
  return store === undefined || stores.includes(store)
}
