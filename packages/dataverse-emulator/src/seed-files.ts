/** Seeds from files; for Node only. */
export { seedFromFiles } from './loaders/files.ts'
export type { SeedFiles } from './loaders/files.ts'
