import { setTimeout as sleep } from 'node:timers/promises'
import { drawFrom } from '@outpost/core/testing'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator, Fault, Master } from '@outpost/dataverse-emulator'
import { serve } from '@outpost/dataverse-emulator/server'
import { administrator } from '../../engine/world.ts'
import { Book } from './book.ts'
import { Ledger } from './ledger.ts'
import type { RowName } from './report.ts'
import { TAKEN } from './work.ts'

/** What outlives every process of the device: the master and its weather, and what both sides are known to have done. */
export interface Ground {
  readonly emulator: Emulator
  readonly url: string
  readonly token: string
  readonly book: Book
  readonly ledger: Ledger
  /** From here on requests and answers are lost, and the master's people work; or neither. */
  weather(kind: 'storm' | 'calm'): void
  close(): Promise<void>
}

const FAULTS: readonly (readonly [probability: number, fault: Fault])[] = [
  [0.05, { kind: 'dropAfterCommit' }],
  [0.03, { kind: 'cutBodyAt', bytes: 40 }],
  [0.03, { kind: 'dropBeforeCommit' }],
  [0.01, { kind: 'status', status: 503, body: 'html' }],
  [0.01, { kind: 'truncateJson' }],
]

/** How long a request, and how long its answer is on the way: several are when the process dies. */
const MOST_LATENCY_MS = 40

export async function groundOf(seed: number): Promise<Ground> {
  const emulator = createEmulator({
    seed: fieldService({ rows: 200 }),
    limits: { serviceProtection: false },
    tokenLifetimeMs: 365 * 86_400_000,
    seedNumber: seed,
  })
  emulator.operations.register({
    name: 'new_Stamp',
    kind: 'action',
    binding: { to: 'row', table: 'account' },
    parameters: { Text: { type: 'Edm.String' } },
    run: ({ row, service, parameters }) => {
      const said = [row?.values['description'], parameters['Text']]
      const description = said.filter((text) => typeof text === 'string').join('')
      service.update('account', row?.id ?? '', { description })
    },
  })
  emulator.master.create('account', { name: 'Taken', accountnumber: TAKEN })
  const book = new Book()
  const ledger = new Ledger(emulator)
  const people = peopleOf(emulator, seed, book)
  const slow = drawFrom(seed)
  const heals: (() => void)[] = []
  let isStorm = false
  const served = await serve({
    ...emulator,
    exchange: async (request) => {
      if (isStorm) {
        await sleep(slow.below(MOST_LATENCY_MS))
        people()
        ledger.changedThere()
      }
      try {
        // What has arrived is carried out, whether or not somebody still waits for the answer.
        return await emulator.exchange({ ...request, signal: new AbortController().signal })
      } finally {
        ledger.requested(request.method === 'GET' ? null : request.headers.get('x-ms-client-request-id'))
        if (isStorm) await sleep(slow.below(MOST_LATENCY_MS))
      }
    },
  })
  return {
    emulator,
    book,
    ledger,
    url: served.url,
    token: emulator.tokenFor(administrator(emulator)),
    weather: (kind) => {
      isStorm = kind === 'storm'
      for (const heal of heals.splice(0)) heal()
      if (isStorm) for (const [probability, fault] of FAULTS) heals.push(emulator.faults.add({ probability, fault }))
    },
    close: () => served.close(),
  }
}

/** What the master's own people do between two requests: now and then, and now and then where the device works, too. */
function peopleOf({ master }: Emulator, seed: number, book: Book): () => void {
  const draw = drawFrom(seed)
  const made: string[] = []
  let done = 0
  return () => {
    if (!draw.chance(0.3)) return
    done += 1
    const some = draw.pick(master.rows('account').slice(0, 60)).id
    const step = draw.weighted({ revenue: 4, telephone: 2, create: 2, remove: 1 })
    if (step === 'revenue') master.update('account', some, { revenue: done })
    if (step === 'create') made.push(master.create('account', { name: `Theirs ${done}` }))
    const goes = step === 'remove' ? made.shift() : undefined
    if (goes !== undefined) {
      // What hangs on the account goes with it.
      const before = idsOf(master)
      master.remove('account', goes)
      const after = new Set(idsOf(master).map(({ id }) => id))
      for (const row of before) if (!after.has(row.id)) book.removedThere(row)
    }
    if (step === 'telephone') {
      const value = `m${done}`
      master.update('account', some, { telephone1: value })
      book.wroteThere({ table: 'account', id: some, column: 'telephone1', value })
    }
  }
}

function idsOf(master: Master): readonly RowName[] {
  return ['account', 'contact'].flatMap((table) => master.rows(table).map(({ id }) => ({ table, id })))
}
