import { OutpostError } from '@outpost/core'
import type { ClientOrg, Configuration, WriteOptions } from '@outpost/core'
import type { Deed } from '../book.ts'
import type { Device } from '../device.ts'
import type { Act } from './act.ts'

/** A write whose promise is out, and what is to be kept of it. */
export interface Writing {
  readonly done: Promise<{ readonly seq: number | null }>
  readonly deeds: readonly Deed[]
  /** Puts what came of it into the book, and gives it back in words. */
  readonly enter: (outcome: OutpostError | { readonly seq: number | null }) => string
}

/** Begins a write of several acts. */
export function beginWriting(
  device: Device,
  org: ClientOrg,
  acts: readonly Act[],
  options: WriteOptions = {},
): Writing {
  const deeds: Deed[] = []
  const done = org.write((draft) => {
    for (const act of acts) deeds.push(...act(draft))
  }, options)
  // It may end before anybody waits for it.
  done.catch(() => {})
  return {
    done,
    deeds,
    enter: (outcome) => {
      const words = `device ${device.number} writes ${deeds.map(inWords).join(', ')}`
      // The write was made by the configuration that another tab had put in force, where one had.
      const { configuration } = org
      // What a write puts into columns of a row that it takes away is nobody's.
      const goes = (deed: Deed): boolean =>
        deeds.some(({ kind, table, id }) => kind === 'delete' && table === deed.table && id === deed.id)
      const here = deeds.flatMap((deed) => (goes(deed) ? [] : part(configuration, deed, true)))
      const sent = deeds
        .flatMap((deed) => part(configuration, deed, false))
        .map((deed): Deed => (deed.kind === 'update' && goes(deed) ? { ...deed, isIdle: true } : deed))
      if (outcome instanceof OutpostError) {
        if (outcome.code === 'store' || outcome.code === 'closed') device.book.mayHaveWritten(sent, here)
        return `${words}: ${outcome.code}`
      }
      const { seq } = outcome
      device.book.wroteHere(here)
      if (seq !== null) device.book.wrote(seq, sent, options)
      return `${words}: ${seq === null ? 'nothing to send' : `#${seq}`}`
    },
  }
}

/** What of a deed stays on the device, or what is the master's. */
function part({ tables, localTables = {} }: Configuration, deed: Deed, isHere: boolean): readonly Deed[] {
  if (deed.table in localTables) return isHere ? [deed] : []
  const own = tables[deed.table]?.localColumns ?? {}
  const values = Object.entries(deed.values)
  const mine = Object.fromEntries(values.filter(([name]) => name in own === isHere))
  const isNothing = Object.keys(mine).length === 0 && (isHere || values.length > 0)
  return isNothing ? [] : [{ ...deed, values: mine }]
}

function inWords({ kind, table, id, values }: Deed): string {
  return `${kind} ${table} ${id} ${JSON.stringify(values)}`
}
