import type { Contender, Place } from './contender.ts'
import type { DrainSetting } from './account-queue.ts'

type Open = (place: Place) => Promise<Contender>

/** Everything that is measured in Node, loaded only where it runs. */
export const CONTENDERS = {
  outpost: async (place) => (await import('./outpost.ts')).openOutpost(place),
  raw: async (place) => (await import('./raw.ts')).openRaw(place),
  'batch-100': (place) => openDrain(place, { batch: 100, lanes: 1 }),
  'batch-100-x4': (place) => openDrain(place, { batch: 100, lanes: 4 }),
  'batch-25-x8': (place) => openDrain(place, { batch: 25, lanes: 8 }),
  'batch-1000': (place) => openDrain(place, { batch: 1000, lanes: 1 }),
  'single-x8': (place) => openDrain(place, { batch: 1, lanes: 8 }),
  'by-hand': async (place) => (await import('./by-hand.ts')).openByHand(place),
  rxdb: (place) => openRxdb(place),
  'rxdb-push': (place) => openRxdb({ ...place, pushes: true }),
  watermelon: async (place) => (await import('./watermelon.ts')).openWatermelon(place),
  powersync: async (place) => (await import('./powersync.ts')).openPowerSync(place),
  pouch: async (place) => {
    const [{ openPouch }, { default: plugin }] = await Promise.all([
      import('./pouch.ts'),
      import('pouchdb-adapter-leveldb'),
    ])
    return openPouch(place, { plugin, name: 'leveldb' })
  },
  tanstack: async (place) => (await import('./tanstack.ts')).openTanstack(place),
  floor: async (place) => (await import('./floor.ts')).openFloor(place),
} as const satisfies Record<string, Open>

async function openRxdb(place: Place): Promise<Contender> {
  const [{ openRxdbOn }, { getRxStorageMemory }] = await Promise.all([
    import('./rxdb.ts'),
    import('rxdb/plugins/storage-memory'),
  ])
  return openRxdbOn(getRxStorageMemory(), place)
}

async function openDrain(place: Place, setting: DrainSetting): Promise<Contender> {
  return (await import('./raw.ts')).openRaw(place, setting)
}

export type ContenderName = keyof typeof CONTENDERS
