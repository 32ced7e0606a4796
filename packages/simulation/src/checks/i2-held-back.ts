import type { Configuration, OfflineTransaction, Row } from '@outpost/core'
import type { Device } from '../device.ts'
import { configurationOf } from './in-force.ts'
import type { Look } from './look.ts'
import type { Problem } from './problem.ts'
import { isHeld } from './upload-filters.ts'

/**
 * I2: what an upload filter holds has no effect, as it is not sent. One for each device.
 *
 * Between two looks a row may come to pass and cease to do so again. What was held at the look before is therefore sent
 * wrongly only where nothing else of its rows has changed since, and they still do not pass.
 */
export class HeldBack {
  readonly #device: Device
  /** What was held at the last look: with the filters in force then, and the rows as they were shown. */
  #held: ReadonlyMap<number, string> = new Map()

  constructor(device: Device) {
    this.#device = device
  }

  async judge(look: Look): Promise<readonly Problem[]> {
    const { device } = this
    const { transactions, changed, before } = look
    const configuration = await configurationOf(device)
    const problems: Problem[] = []
    const discarded = [...before.values()].filter(({ seq }) => !transactions.has(seq))
    for (const transaction of changed) {
      const { seq } = transaction
      const was = this.#held.get(seq)
      const old = before.get(seq)
      if (was === undefined || !old || attempts(transaction) <= attempts(old)) continue
      if (isAnswered(transaction, old)) continue
      // What made the row one that is held was discarded for a while, and is back out of a queue file.
      if (isAboutRowsOf(transaction, discarded)) continue
      const shown = await this.#shown(transaction, configuration)
      if (
        isHeld(transaction, configuration, shown.rowOf) === true &&
        stateOf(transaction, configuration, shown) === was
      )
        problems.push({
          check: 'I2',
          words: `device ${device.number}: #${seq} was sent, and its upload filter holds it`,
        })
    }
    const held = new Map<number, string>()
    for (const transaction of transactions.values()) {
      if (transaction.status !== 'pending') continue
      const shown = await this.#shown(transaction, configuration)
      if (isHeld(transaction, configuration, shown.rowOf) === true)
        held.set(transaction.seq, stateOf(transaction, configuration, shown))
    }
    this.#held = held
    return problems
  }

  get device(): Device {
    return this.#device
  }

  async #shown({ changes }: OfflineTransaction, { tables }: Configuration): Promise<Shown> {
    const rows = new Map<string, Row | undefined>()
    for (const { table, id } of changes)
      if (tables[table]?.uploadFilter !== undefined && this.device.hasTable(table))
        rows.set(
          `${table}/${id}`,
          await this.device.store.bare.read('look', async (tx) => (await tx.rows(table, [id]))[0]?.values),
        )
    return { rows, rowOf: (table, id) => rows.get(`${table}/${id}`) }
  }
}

interface Shown {
  readonly rows: ReadonlyMap<string, Row | undefined>
  readonly rowOf: (table: string, id: string) => Row | undefined
}

function stateOf({ changes }: OfflineTransaction, { tables }: Configuration, { rows }: Shown): string {
  return JSON.stringify([changes, [...rows], changes.map(({ table }) => tables[table]?.uploadFilter)])
}

function isAboutRowsOf({ changes }: OfflineTransaction, others: readonly OfflineTransaction[]): boolean {
  return others.some((other) =>
    other.changes.some(({ table, id }) => changes.some((change) => change.table === table && change.id === id)),
  )
}

/** Whether nothing was sent but what had been sent by then. */
function isAnswered({ history }: OfflineTransaction, old: OfflineTransaction): boolean {
  const sent = (events: OfflineTransaction['history']): number => events.filter(({ event }) => event === 'sent').length
  return old.history.at(-1)?.event === 'sent' && sent(history) === sent(old.history)
}

function attempts({ history }: OfflineTransaction): number {
  return history.filter(({ event }) => event === 'sent' || event === 'delivered').length
}
