import type { Emulator } from '@outpost/dataverse-emulator'
import { allowed } from './allowed.ts'

const WRITES = /\b(?:PATCH|DELETE) [^\s?]*?\/(\w+)\(([0-9a-fA-F-]{36})\)/g

/** Somebody else has just changed the rows that this request, or a request inside of it, writes: `text` is in them now. */
export function overtake({ schema, master }: Emulator, request: string, text: string): void {
  for (const [, set, id = ''] of request.matchAll(WRITES)) {
    const table = schema.tables().find(({ entitySetName }) => entitySetName === set)
    if (!table || master.row(table.logicalName, id) === undefined) continue
    const { logicalName, primaryName } = table
    const named = primaryName === null ? undefined : schema.column(logicalName, primaryName)
    allowed(() => {
      if (named?.validForUpdate === true) master.update(logicalName, id, { [named.logicalName]: text })
      else master.touch(logicalName, id)
      return id
    })
  }
}
