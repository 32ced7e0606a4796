import { distrustCatalogue } from '../copy/catalogue.ts'
import type { StoreWriter } from '../ports/store.ts'
import { forgetAnchors } from './anchor-list.ts'
import { makeDue } from './checkpoint.ts'
import { forgetChanges } from './delta.ts'

/** The master went back in time: its metadata is read once more, and the next pull of these tables compares all rows. */
export async function masterWentBack(tx: StoreWriter, tables: Iterable<string>): Promise<void> {
  await distrustPast(tx, tables)
  await distrustCatalogue(tx)
}

/** The next pull of these tables begins from the start and compares all rows: the master went back in time. */
export async function distrustPast(tx: StoreWriter, tables: Iterable<string>): Promise<void> {
  for (const name of tables) {
    await makeDue(tx, [name], 'restored')
    await forgetAnchors(tx, name)
    await forgetChanges(tx, name)
  }
}
