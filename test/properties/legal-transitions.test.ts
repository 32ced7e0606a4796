import { OutpostError } from '@outpost/core'
import type { ListedTransaction, QueueFile } from '@outpost/core'
import { expect, test } from 'vitest'
import { differencesOf, everyTransaction, modelArena, told } from './arena.ts'
import type { ModelArena } from './arena.ts'
import { MOVES } from './guarded-store.ts'
import { LOSSES } from './losses.ts'
import { PATIENCE_MS, runs } from './property.ts'
import type { Draw } from '@outpost/core/testing'
import { isPoison, Script } from './script.ts'

/*
 * Whatever is done to an outbox, in whatever order: its transactions move as is written down in `guarded-store.ts`, none
 * goes missing, none has its effect twice, and what is left when everything is settled or put away is the master's.
 */

const moves = new Map<string, number>()

test(
  'transactions make legal moves only, whatever is done to them',
  runs(2000, async (draw) => {
    const arena = await modelArena(draw.seed)
    const script = new Script(arena, draw, {
      poison: 0.15,
      selves: true,
      kinds: { create: 4, update: 8, delete: 2, associate: 1, disassociate: 1, action: 1, group: 1, circle: 0.5 },
      after: 0.1,
      single: 0.3,
    })
    const deeds = new Deeds(arena, script, draw)
    const done: string[] = []
    try {
      for (let count = 8 + draw.below(16); count > 0; count -= 1) done.push(await deeds.next())
      expect(missing(await everyTransaction(arena), deeds, arena)).toEqual([])
      await settle(arena)
      expect(arena.store.violations).toEqual([])
      expect(await wrongEffects(arena)).toEqual([])
      expect(await differencesOf(arena)).toEqual([])
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      const first = arena.store.violations[0] ?? ''
      throw new Error(`${words}\n  ${first}\n  after ${done.join(', ')}:\n  ${told(await everyTransaction(arena))}`, {
        cause: error,
      })
    }
    for (const [move, count] of arena.store.moves) moves.set(move, (moves.get(move) ?? 0) + count)
  }),
  PATIENCE_MS,
)

test.skipIf(process.env['OUTPOST_RUNS'] !== undefined)('every legal move was made, most of them often', () => {
  const seldom = [...MOVES].filter((move) => (moves.get(move) ?? 0) < 5)
  expect(seldom).toEqual([])
})

/** Everything that a person, a program, the network and the master can do to an outbox. */
class Deeds {
  /** The seqs that a write gave back. */
  readonly written = new Set<number>()
  readonly #arena: ModelArena
  readonly #script: Script
  readonly #draw: Draw
  #file: QueueFile | undefined

  constructor(arena: ModelArena, script: Script, draw: Draw) {
    this.#arena = arena
    this.#script = script
    this.#draw = draw
  }

  /** Does one of them and says which; what is refused changes nothing, and is a deed all the same. */
  async next(): Promise<string> {
    const name = this.#draw.weighted({
      write: 14,
      push: 4,
      losingPush: 4,
      sync: 1,
      later: 1,
      elsewhere: 2,
      setPending: 2,
      setAllPending: 1,
      archive: 2,
      keep: 1,
      discard: 1,
      revert: 1,
      amend: 2,
      retryAll: 1,
      exported: 0.5,
      imported: 0.7,
    })
    try {
      await this.#do(name)
      return name
    } catch (error) {
      if (!(error instanceof OutpostError)) throw error
      return `${name} (${error.code})`
    }
  }

  async #do(name: string): Promise<unknown> {
    const { org, env, line, stock } = this.#arena
    const { outbox } = org
    const dependents = this.#draw.chance(0.5) ? 'refuse' : 'archive'
    switch (name) {
      case 'write': {
        const seq = await this.#script.write()
        return seq === null || this.written.add(seq)
      }
      case 'losingPush':
        line.losses.set(line.sent + this.#draw.below(3), this.#draw.pick(LOSSES))
        return org.push()
      case 'push':
        return org.push()
      case 'sync':
        return org.sync()
      case 'later':
        await env.advance(this.#draw.below(200_000))
        return org.reconnect()
      case 'elsewhere':
        return this.#changeElsewhere(this.#draw.pick(stock.account))
      case 'setPending':
        return outbox.setPending([await this.#seq()])
      case 'setAllPending':
        return outbox.setAllPending()
      case 'archive':
        return outbox.archive([await this.#seq()], { dependents })
      case 'keep':
        return outbox.archive([await this.#seq()], { dependents, local: 'keep' })
      case 'discard':
        return outbox.discard([await this.#seq()], { dependents: dependents === 'archive' ? 'discard' : 'refuse' })
      case 'revert':
        return outbox.revert({ table: 'account', id: this.#draw.pick(stock.account) }, { dependents })
      case 'amend':
        return this.#amend()
      case 'retryAll':
        return outbox.retryAll()
      case 'exported':
        return (this.#file = await outbox.exportQueue())
      default:
        return this.#file && outbox.importQueue(this.#file)
    }
  }

  #changeElsewhere(id: string): void {
    const { master } = this.#arena
    const row = master.row('account', id)
    if (row && this.#draw.chance(0.1)) return master.remove('account', id)
    const column = this.#draw.pick(['name', 'telephone1', 'accountnumber'])
    if (row) master.put('account', id, { [column]: `there ${this.#draw.below(1000)}` })
  }

  async #seq(): Promise<number> {
    const all = await this.#arena.store.read('look', (tx) => tx.findTransactions({}))
    const open = all.filter(({ status }) => status !== 'processed')
    const from = open.length > 0 && this.#draw.chance(0.85) ? open : all
    return from.length > 0 ? this.#draw.pick(from).seq : 1
  }

  async #amend(): Promise<void> {
    const { outbox } = this.#arena.org
    const seq = await this.#seq()
    const transaction = await outbox.get(seq)
    for (const change of transaction?.changes ?? []) {
      if (change.kind !== 'create' && change.kind !== 'update') continue
      const values = Object.entries(change.values).filter(([name, value]) => isPoison({ [name]: value }))
      const corrected = values.map(([name]) => [name, `amended ${this.#draw.below(100)}`])
      const given = corrected.length > 0 ? corrected : [['telephone1', `${this.#draw.below(1000)}`]]
      if (change.table === 'account') await outbox.amend(seq, Object.fromEntries(given), change)
    }
  }
}

/** What was written and is neither in the outbox nor was discarded. */
function missing(all: readonly ListedTransaction[], { written }: Deeds, { store }: ModelArena): readonly number[] {
  const present = new Set(all.map(({ seq }) => seq))
  return [...written].filter((seq) => !present.has(seq) && !store.deleted.has(seq))
}

/** Sends what can be sent, puts the rest away, takes back what is still shown of it, and pulls. */
async function settle(arena: ModelArena): Promise<void> {
  const { org, env, line } = arena
  line.losses.clear()
  for (let round = 0; round < 3; round += 1) {
    await env.advance(600_000)
    org.reconnect()
    await org.push()
  }
  for (;;) {
    const all = await arena.store.read('look', (tx) => tx.findTransactions({}))
    const [left] = all.filter(({ status, kept }) => status === 'pending' || status === 'error' || kept)
    if (!left) break
    await org.outbox.archive([left.seq], { dependents: 'archive' })
  }
  await org.sync()
}

async function wrongEffects({ org, master }: ModelArena): Promise<readonly string[]> {
  const all = await org.outbox.list({ statuses: 'all', limit: 10_000 })
  const wrong = all.filter(({ id, status, outcome, history }) => {
    const count = master.effects.get(id) ?? 0
    if (count > 1) return true
    // What another hand has done already needs none.
    if (status === 'processed') return false
    const delivered = history.some(({ event }) => event === 'delivered')
    // Where the answer was lost and others then changed the row, nobody can tell whether it was there in between.
    const doubtful = outcome === 'unknown' || history.some(({ event }) => event === 'verified')
    return count === 1 && !delivered && !doubtful
  })
  return wrong.map(({ seq, status, id }) => `#${seq} is ${status} and had ${master.effects.get(id) ?? 0} effects`)
}
