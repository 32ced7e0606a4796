import { openDexieStore } from '@outpost/store-dexie'
import type { Store } from '@outpost/core'
import type { Contender, Place } from '../contenders/contender.ts'
import type { BrowserContenderName, BrowserStore } from './names.ts'

/** Where Outpost keeps its rows in a browser. Another store gets its place here. */
const STORES: Readonly<Record<BrowserStore, (name: string) => Promise<Store>>> = {
  dexie: (name) => openDexieStore({ name }),
}

type Open = (place: Place, store: BrowserStore) => Promise<Contender>

/** Everything that is measured in a browser, loaded only where it runs. */
export const BROWSER_CONTENDERS: Readonly<Record<BrowserContenderName, Open>> = {
  outpost: async (place, store) =>
    (await import('../contenders/outpost-over.ts')).outpostOver(await STORES[store](place.folder), place),
  raw: async (place) => (await import('./raw-dexie.ts')).openRawDexie(place),
  rxdb: async (place) => openRxdb(place),
  'rxdb-push': async (place) => openRxdb({ ...place, pushes: true }),
  pouch: async (place) => {
    const [{ openPouch }, { default: plugin }] = await Promise.all([
      import('../contenders/pouch.ts'),
      import('pouchdb-adapter-indexeddb'),
    ])
    return openPouch(place, { plugin, name: 'indexeddb' })
  },
}

async function openRxdb(place: Place): Promise<Contender> {
  const [{ openRxdbOn }, { getRxStorageDexie }] = await Promise.all([
    import('../contenders/rxdb.ts'),
    import('rxdb/plugins/storage-dexie'),
  ])
  return openRxdbOn(getRxStorageDexie(), place)
}
