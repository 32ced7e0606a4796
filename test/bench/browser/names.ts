export const BROWSER_STORES = ['dexie'] as const
export type BrowserStore = (typeof BROWSER_STORES)[number]

export const BROWSER_CONTENDER_NAMES = ['outpost', 'raw', 'rxdb', 'rxdb-push', 'pouch'] as const
export type BrowserContenderName = (typeof BROWSER_CONTENDER_NAMES)[number]
