import { OutpostError, rowKey } from '@outpost/core'
import type { ClientOrg, MasterOrg, Row, Store } from '@outpost/core'
import { expect, test } from 'vitest'
import { differencesOf, everyTransaction, modelArena, pushUntilQuiet, told } from './arena.ts'
import type { ModelArena } from './arena.ts'
import { emulatorArena } from './emulator-arena.ts'
import { LOSSES } from './losses.ts'
import { PATIENCE_MS, runs } from './property.ts'
import type { Draw } from '@outpost/core/testing'

/*
 * What is written while a push is going on is neither lost nor sent twice: edits are made at the moments between its
 * steps, before and after each look into the store, each commit and each request, and answers get lost besides.
 */

/** Something that can be done at every moment of a push; nothing before it is begun. */
class Moments {
  act: (() => Promise<void>) | null = null
  count = 0
  #busy = false

  async pass(): Promise<void> {
    if (!this.act || this.#busy) return
    this.#busy = true
    this.count += 1
    try {
      await this.act()
    } finally {
      this.#busy = false
    }
  }

  async around<T>(body: () => Promise<T>): Promise<T> {
    await this.pass()
    try {
      return await body()
    } finally {
      await this.pass()
    }
  }

  store(store: Store): Store {
    return {
      exclusive: store.exclusive,
      read: (name, body) => this.around(() => store.read(name, body)),
      write: (name, body, options) => this.around(() => store.write(name, body, options)),
      subscribe: (listener) => store.subscribe(listener),
      close: () => store.close(),
    }
  }

  master(master: MasterOrg): MasterOrg {
    return {
      identify: (signal) => master.identify(signal),
      metadata: (signal) => master.metadata(signal),
      metadataStamp: (signal) => master.metadataStamp(signal),
      pull: (request, signal) => master.pull(request, signal),
      versions: (request, signal) => master.versions(request, signal),
      read: (request, signal) => this.around(() => master.read(request, signal)),
      push: (transactions, signal) => this.around(() => master.push(transactions, signal)),
    }
  }
}

/** A few rows that are edited all the time; `null` where the row was deleted. */
class Editor {
  readonly rows = new Map<string, { readonly table: string; readonly id: string; values: Row | null }>()
  readonly #org: ClientOrg
  readonly #draw: Draw
  edits = 0

  constructor(org: ClientOrg, draw: Draw, stock: readonly { readonly table: string; readonly id: string }[]) {
    this.#org = org
    this.#draw = draw
    for (const row of stock) this.rows.set(rowKey(row.table, row.id), { ...row, values: {} })
  }

  async edit(): Promise<void> {
    const text = `${(this.edits += 1)}`
    const coalesce = this.#draw.chance(0.7)
    const alive = [...this.rows.values()].filter(({ values }) => values !== null)
    const kind = this.#draw.weighted({ create: 2, update: alive.length > 0 ? 8 : 0, delete: alive.length > 2 ? 1 : 0 })
    if (kind === 'create') {
      let id = ''
      const values = { name: text }
      await this.#org.write((draft) => (id = draft.create('account', values)), { coalesce })
      this.rows.set(rowKey('account', id), { table: 'account', id, values })
      return
    }
    const row = this.#draw.pick(alive)
    if (kind === 'delete') {
      await this.#org.write((draft) => draft.delete(row.table, row.id), { coalesce })
      row.values = null
      return
    }
    const values: Row = this.#draw.chance(0.5) ? { name: text } : { telephone1: text }
    await this.#org.write((draft) => draft.update(row.table, row.id, values), { coalesce })
    row.values = { ...row.values, ...values }
  }
}

test(
  'what is written between the steps of a push is kept and sent afterwards',
  runs(2000, async (draw) => {
    const moments = new Moments()
    const arena = await modelArena(draw.seed, {
      store: (store) => moments.store(store),
      master: (master) => moments.master(master),
    })
    if (draw.chance(0.4)) arena.line.losses.set(draw.below(3), draw.pick(LOSSES))
    await editsWhilePushing(arena, draw, moments)
    const { effects } = arena.master
    const wrong = (await everyTransaction(arena)).filter(
      ({ id, status }) => (effects.get(id) ?? 0) !== (status === 'processed' ? 1 : 0),
    )
    if (wrong.length > 0) throw new Error(`another number of effects than one:\n  ${told(wrong)}`)
  }),
  PATIENCE_MS,
)

test(
  'what is written between the steps of a push to Dataverse is kept and sent afterwards',
  runs(60, async (draw) => {
    const moments = new Moments()
    const arena = await emulatorArena(draw.seed, { store: (store) => moments.store(store) })
    if (draw.chance(0.4)) arena.line.losses.set(1 + draw.below(3), draw.pick(LOSSES))
    await editsWhilePushing(arena, draw, moments)
  }),
  PATIENCE_MS,
)

async function editsWhilePushing(arena: Omit<ModelArena, 'master'>, draw: Draw, moments: Moments): Promise<void> {
  const stock = arena.stock.account.slice(0, 2).map((id) => ({ table: 'account', id }))
  const editor = new Editor(arena.org, draw, stock)
  for (let count = 1 + draw.below(3); count > 0; count -= 1) await editor.edit()
  // With every moment struck, each run; and at some of them only, which gives other orders.
  const often = draw.pick([1, 0.5, 0.2])
  let left = 2 + draw.below(6)
  moments.act = async () => {
    if (left <= 0 || !draw.chance(often)) return
    left -= 1
    await editor.edit()
  }
  await arena.org.push().catch((error: unknown) => {
    if (!(error instanceof OutpostError)) throw error
  })
  moments.act = null
  const outbox = await pushUntilQuiet(arena)
  arena.line.losses.clear()
  expect(moments.count).toBeGreaterThan(5)
  const unsettled = outbox.filter(
    ({ status, history }) => status !== 'processed' && history.at(-1)?.event !== 'cancelled',
  )
  const failures = unsettled.map(({ seq, status }) => `#${seq} is ${status}`)
  for (const { table, id, values } of editor.rows.values()) {
    const [here, there] = [await arena.localRow(table, id), arena.masterRow(table, id)]
    if (values === null && (here || there)) failures.push(`${id} was deleted and is there`)
    for (const [name, value] of Object.entries(values ?? {})) {
      if (here?.[name] !== value) failures.push(`${id} ${name}: ${String(here?.[name])} here, not ${String(value)}`)
      if (there?.[name] !== value) failures.push(`${id} ${name}: ${String(there?.[name])} there, not ${String(value)}`)
    }
  }
  if (failures.length === 0) await arena.org.sync()
  failures.push(...(failures.length === 0 ? await differencesOf(arena) : []), ...arena.store.violations)
  if (failures.length > 0) throw new Error(`${failures.join('\n  ')}\n  ${told(await everyTransaction(arena))}`)
}
