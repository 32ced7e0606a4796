import type { MasterMetadata, MasterOrg } from '@outpost/core'
import { fieldService } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'

const { schema: SHIPPED } = fieldService()

/** By user and time, which are in the answer. */
const known = new Map<string, MasterMetadata>()

/**
 * The master, which is not asked the first time that its metadata is wanted when somebody has asked another like it before:
 * reading it takes 200 ms, and most tests are about what comes afterwards. A master that was customised, or whose network
 * has faults, is always asked.
 */
export function knownMetadata(master: MasterOrg, emulator: Emulator, user: string): MasterOrg {
  let isFirst = true
  return {
    ...master,
    metadata: async (signal) => {
      const isKnown = isFirst && isAsShipped(emulator)
      isFirst = false
      if (!isKnown) return master.metadata(signal)
      const key = `${user}|${emulator.clock.now()}`
      const read = known.get(key) ?? (await master.metadata(signal))
      known.set(key, read)
      return read
    },
  }
}

function isAsShipped({ schema, faults }: Emulator): boolean {
  const [now, then] = [schema.snapshot(), SHIPPED.snapshot()]
  const isSame = (some: readonly unknown[], others: readonly unknown[]): boolean =>
    some.length === others.length && some.every((each, index) => each === others[index])
  return (
    faults.armed.length === 0 &&
    schema.stamp === SHIPPED.stamp &&
    isSame(now.tables, then.tables) &&
    isSame(now.relationships, then.relationships) &&
    isSame(now.globalChoices, then.globalChoices)
  )
}
