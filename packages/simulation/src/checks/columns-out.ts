import type { Device } from '../device.ts'
import type { Look } from './look.ts'

/** What a device stores of a table. */
type Columns = ReturnType<Device['columnsOf']>

/** Columns that a device ceased to keep, and with them what it knew of them: of all devices. One for each run. */
export class ColumnsOut {
  /** By device and table, what was stored at the last look. */
  readonly #stored = new Map<string, Columns>()
  /** By device, table and column, the newest transaction that was there when the column was last seen to have gone. */
  readonly #out = new Map<string, number>()

  learn({ device, transactions }: Look): void {
    for (const table of device.tables) {
      const key = `${device.number}/${table}`
      const [before = [], columns] = [this.#stored.get(key), device.columnsOf(table)]
      // The same list as long as the table is not defined anew.
      if (before === columns) continue
      this.#stored.set(key, columns)
      for (const { name } of before)
        if (!columns.some((each) => each.name === name))
          this.#out.set(`${key}/${name}`, Math.max(0, ...transactions.keys()))
    }
  }

  /** Whether the device let the column go when it had this transaction. */
  isOutSince({ number }: Device, table: string, column: string, seq: number): boolean {
    return (this.#out.get(`${number}/${table}/${column}`) ?? 0) >= seq
  }
}
