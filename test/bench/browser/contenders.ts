import type { Store } from '@outpost/core'
import type { Contender, Place } from '../contenders/contender.ts'
import type { BrowserContenderName } from './names.ts'

type Open = (place: Place) => Promise<Contender>

/** Everything that is measured in a browser, loaded only where it runs. */
export const BROWSER_CONTENDERS: Readonly<Record<BrowserContenderName, Open>> = {
  outpost: async (place) => {
    const { openDexieStore } = await import('@outpost/store-dexie')
    return openOutpost(await openDexieStore({ name: place.folder }), place)
  },
  'outpost-opfs': async (place) => {
    const { openOpfsStore } = await import('@outpost/store-sqlite/opfs')
    return openOutpost(await openOpfsStore({ name: place.folder }), place)
  },
  raw: async (place) => (await import('./raw-dexie.ts')).openRawDexie(place),
  'raw-opfs': async (place) => (await import('./raw-opfs.ts')).openRawOpfs(place),
  rxdb: async (place) => openRxdb(place),
  'rxdb-push': async (place) => openRxdb({ ...place, pushes: true }),
  pouch: async (place) => {
    const [{ openPouch }, { default: plugin }] = await Promise.all([
      import('../contenders/pouch.ts'),
      import('pouchdb-adapter-indexeddb'),
    ])
    return openPouch(place, { plugin, name: 'indexeddb' })
  },
  floor: async (place) => (await import('../contenders/floor.ts')).openFloor(place),
}

async function openOutpost(store: Store, place: Place): Promise<Contender> {
  return (await import('../contenders/outpost-over.ts')).outpostOver(store, place)
}

async function openRxdb(place: Place): Promise<Contender> {
  const [{ openRxdbOn }, { getRxStorageDexie }] = await Promise.all([
    import('../contenders/rxdb.ts'),
    import('rxdb/plugins/storage-dexie'),
  ])
  return openRxdbOn(getRxStorageDexie(), place)
}
