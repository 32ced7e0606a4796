export { openDexieStore } from './open-dexie-store.ts'
export type { DexieStoreOptions } from './open-dexie-store.ts'
