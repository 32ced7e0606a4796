export { deleteOpfsDatabase, openOpfsStore } from './open-opfs-store.ts'
export type { OpfsStoreOptions } from './open-opfs-store.ts'
