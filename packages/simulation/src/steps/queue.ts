import { OutpostError } from '@outpost/core'
import type { ListedTransaction, Outbox } from '@outpost/core'
import type { Book } from '../book.ts'
import { drawColumns } from './draw-row.ts'
import type { Drawing } from './draw-row.ts'
import type { StepKind } from './step.ts'
import { inTrouble, OFFLINE, ONLINE } from './trouble.ts'

/** What a person decides about the queue, and what the book keeps of it. */
interface Decision {
  readonly words: string
  readonly run: (outbox: Outbox, signal: AbortSignal) => Promise<unknown>
  /** The transactions that it is about, with those that it may take along. */
  readonly seqs: readonly number[]
  readonly enter: (book: Book, result: unknown) => void
  readonly isOnline?: true
}

/** Of what the book has nothing to keep: it changes only what the master has refused. */
const nothing = (): void => {}

const isCancelled = ({ status, history }: ListedTransaction): boolean =>
  status === 'archived' && history.findLast(({ event }) => event !== 'archived')?.event === 'cancelled'

/** Something is done about the queue by hand: sent again, put away, thrown away, corrected. */
export const queue: StepKind = {
  name: 'queue',
  weight: 8,
  run: async (context) => {
    const { device, draw } = context
    const org = draw.pick(device.tabs)
    const decision = await drawDecision(context)
    if (!decision) return `device ${device.number} has nothing to decide`
    const { outcome, words } = await inTrouble(
      context,
      decision.isOnline ? ONLINE : OFFLINE,
      (signal) => decision.run(org.outbox, signal),
      { commits: decision.isOnline ? 9 : 1 },
    )
    if (!(outcome instanceof OutpostError)) decision.enter(device.book, outcome)
    else if (outcome.code === 'store' || outcome.code === 'closed') device.book.doubted(decision.seqs)
    return `device ${device.number} ${decision.words}, ${words}`
  },
}

async function drawDecision(drawing: Drawing): Promise<Decision | undefined> {
  const { device, draw } = drawing
  const kind = draw.weighted({ retry: 3, retryAll: 2, archive: 3, discard: 2, revert: 1, amend: 4 })
  const listed = await device.org.outbox.list({ statuses: ['pending', 'error', 'archived'], limit: 1000 })
  // What failed needs somebody most.
  const failed = listed.filter(({ status }) => status === 'error')
  const [first, ...others] = [draw.chance(0.6) && failed.length > 0 ? failed : listed, listed].map((from) =>
    from.length === 0 ? undefined : draw.pick(from),
  )
  if (!first) return undefined
  const chosen = draw.chance(0.2) ? [first, ...others.flatMap((each) => each ?? [])] : [first]
  const seqs = [...new Set(chosen.map(({ seq }) => seq))]
  const alongWith = [...seqs, ...(await device.org.outbox.dependents(seqs)).map(({ seq }) => seq)]
  const failedSeqs = failed.map(({ seq }) => seq)
  switch (kind) {
    case 'retry':
      return {
        words: `sets #${seqs.join(' #')} to pending`,
        run: (outbox) => outbox.setPending(seqs),
        seqs,
        enter: (book) => {
          book.setPending(seqs)
          book.notUndone(chosen.filter(isCancelled).map(({ seq }) => seq))
        },
      }
    case 'retryAll':
      return draw.chance(0.5)
        ? { words: 'sets all to pending', run: (outbox) => outbox.setAllPending(), seqs: failedSeqs, enter: nothing }
        : {
            words: 'retries all',
            run: (outbox, signal) => outbox.retryAll({ signal }),
            seqs: failedSeqs,
            enter: nothing,
            isOnline: true,
          }
    case 'archive': {
      const local = draw.chance(0.3) ? 'keep' : 'revert'
      const dependents = draw.chance(0.6) ? 'archive' : 'refuse'
      return {
        words: `archives #${seqs.join(' #')} (${local}, dependents: ${dependents})`,
        run: (outbox) => outbox.archive(seqs, { local, dependents }),
        seqs: alongWith,
        enter: (book, result) => book.archived(result as readonly number[], local === 'keep' ? 'kept' : 'reverted'),
      }
    }
    case 'discard': {
      const dependents = draw.chance(0.6) ? 'discard' : 'refuse'
      return {
        words: `discards #${seqs.join(' #')} (dependents: ${dependents})`,
        run: (outbox) => outbox.discard(seqs, { dependents }),
        seqs: alongWith,
        enter: (book, result) => book.discarded(result as readonly number[]),
      }
    }
    case 'revert':
      return drawRevert(drawing, first, alongWith)
    case 'amend':
      return drawAmendment(drawing, first)
  }
}

function drawRevert({ draw }: Drawing, { changes }: ListedTransaction, seqs: readonly number[]): Decision {
  const { table, id } = draw.pick(changes)
  const dependents = draw.chance(0.6) ? 'archive' : 'refuse'
  return {
    words: `reverts ${table} ${id} (dependents: ${dependents})`,
    run: (outbox) => outbox.revert({ table, id }, { dependents }),
    seqs,
    enter: (book, result) => book.archived(result as readonly number[], 'reverted'),
  }
}

/** Corrects a text or another value of a transaction, rightly or wrongly, or takes a column out of it. */
async function drawAmendment(drawing: Drawing, transaction: ListedTransaction): Promise<Decision | undefined> {
  const { device, draw } = drawing
  const { seq, changes } = transaction
  const change = draw.pick(changes)
  const table = await device.org.masterTable(change.table)
  if (!table || (change.kind !== 'create' && change.kind !== 'update')) return undefined
  const named = table.columns.filter(({ name, type }) => Object.hasOwn(change.values, name) && type !== 'guid')
  if (named.length === 0) return undefined
  const column = draw.pick(named)
  const drawn = await drawColumns(drawing, table.name, [[column.name, column]])
  const kind = draw.weighted({ right: 8, out: 1, wrong: 1 })
  const values =
    kind === 'right' ? drawn : kind === 'out' ? { [column.name]: undefined } : { [column.name]: 'x'.repeat(1_000_001) }
  const amendment = { table: change.table, id: change.id, values }
  return {
    words: `amends #${seq} ${change.table} ${change.id} ${kind === 'wrong' ? `${column.name}, wrongly` : JSON.stringify(values)}`,
    run: (outbox) => outbox.amend(seq, values, change),
    seqs: [seq],
    enter: (book) => book.amended(seq, amendment),
  }
}
