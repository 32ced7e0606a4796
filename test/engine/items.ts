import type { Configuration } from '@outpost/core'
import { integer, memo, standardColumns, text } from '@outpost/dataverse-emulator'
import { world } from './world.ts'
import type { World } from './world.ts'

/** A world with a table of its own, `new_item`, that has nothing but rows of the given number. */
export interface Items extends World {
  readonly ids: readonly string[]
  /** Makes one more and gives its id. */
  add(size: number): string
}

export const ITEMS: Configuration = { tables: { new_item: { columns: ['new_name', 'new_phone'] } } }

/** The configuration of the items with other options. */
export function itemsWith(options: Partial<Configuration['tables'][string]>): Configuration {
  return { tables: { new_item: { columns: ['new_name', 'new_phone'], ...options } } }
}

export function items(count: number): Items {
  const made = world()
  const { master, schema } = made.emulator
  schema.addTable({
    schemaName: 'new_Item',
    objectTypeCode: 10950,
    displayName: 'Item',
    columns: [
      text('new_Name'),
      text('new_Phone'),
      text('new_Web'),
      integer('new_Size', { min: 0, max: 1_000_000 }),
      memo('new_Text', { maxLength: 2000 }),
      ...standardColumns('new_item', { ownership: 'UserOwned' }),
    ],
  })
  const add = (n: number): string =>
    String(master.create('new_item', { new_name: `Item ${n}`, new_phone: `${n}`, new_size: n, new_web: `w${n}` }))
  const ids = Array.from({ length: count }, (_, n) => add(n))
  // Long enough ago for a pull not to read them again because of when they were changed.
  made.env.setClock(made.env.now() + 3_600_000)
  made.requests()
  return { ...made, ids, add }
}

/** The query options of the requests for rows of a table, in their order; counts are left out. */
export function pages(sent: readonly string[], set = 'new_items'): readonly URLSearchParams[] {
  return sent
    .filter((line) => line.startsWith(`GET /api/data/v9.2/${set}?`))
    .map((line) => new URL(line.slice(4), 'http://master').searchParams)
    .filter((query) => query.has('$orderby'))
}
