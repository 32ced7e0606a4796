import { openDexieStore } from '@outpost/store-dexie'
import { live } from './live.ts'
import type { LifeOptions, Report } from './report.ts'

/* The same program in a page, over IndexedDB: what it says is posted to where the page came from. */

const options = JSON.parse(decodeURIComponent(location.hash.slice(1))) as LifeOptions

async function say(report: Report): Promise<void> {
  await fetch('/report', { method: 'POST', body: JSON.stringify(report) })
}

const store = await openDexieStore({ name: options.place })
await live(store, options, say)
await store.close()
await fetch('/ended', { method: 'POST' })
