/** What the browser says of the storage of an origin. Part of `navigator.storage`. */
export interface OriginStorage {
  persist(): Promise<boolean>
  estimate(): Promise<{ readonly usage?: number; readonly quota?: number }>
}

export interface StorageReport {
  /** True when only a person can have the storage cleared; false when the browser may do so by itself. */
  readonly persisted: boolean
  /** Bytes, about; null where the browser does not tell. */
  readonly usage: number | null
  readonly quota: number | null
}

/**
 * Asks the browser not to clear the storage of this origin by itself, and how full it is. Asking again is free. A browser
 * that does not know the question, or refuses it to this page, keeps nothing: it is never an error.
 *
 * Some browsers ask the person, others decide by how the site is used: an application that is installed is given it most
 * readily. Best asked when there is something to lose, such as after the first `connect`.
 */
export async function keepStorage(storage: OriginStorage | undefined = ofThisPage()): Promise<StorageReport> {
  // Both reject where the origin is opaque, as in a sandboxed frame.
  const persisted = (await storage?.persist().catch(() => false)) ?? false
  const { usage = null, quota = null } = (await storage?.estimate().catch(() => undefined)) ?? {}
  return { persisted, usage, quota }
}

/** Workers may ask for the estimate, but not for persistence; old browsers and plain http pages have neither. */
function ofThisPage(): OriginStorage | undefined {
  const storage: Partial<OriginStorage> | undefined = globalThis.navigator?.storage
  return storage?.persist && storage.estimate ? (storage as OriginStorage) : undefined
}
