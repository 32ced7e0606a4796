export { deleteOpfsDatabase, openOpfsStore } from './opfs/open-opfs-store.ts'
export type { OpfsStoreOptions } from './opfs/open-opfs-store.ts'
