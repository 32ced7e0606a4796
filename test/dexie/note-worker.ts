/* A worker of the page, as another tab is: writes one note to the database that it is named after. */
import { openDexieStore } from '@outpost/store-dexie'

const store = await openDexieStore({ name: self.name })
await store.write('note', (tx) => tx.putRows('note', [{ id: 'from the worker', version: null, values: { memo: 'x' } }]))
