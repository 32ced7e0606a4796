import { ClientOrg, MasterError, OutpostError } from '@outpost/core'
import type { MasterOrg, OfflineTransaction, PushOutcome, Store } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { ModelMaster } from '../properties/model-master.ts'
import { KEPT } from '../properties/model-tables.ts'

/*
 * An offline transaction in every state in which a person can meet it, with everything that can be done to it then. It sets
 * a telephone number, of which the master has 1, to 2; corrected it is 3, and 4 in another write. A cell says
 *
 *   the status behind it, why it is still pending or what is known of its effect, its last event, and what the row shows;
 *   or by which rule it was refused: then nothing has changed
 */

const ID = '00000000-0000-4000-8000-00000000000a'
const ROW = { table: 'account', id: ID } as const

interface Desk {
  readonly env: ManualEnv
  readonly store: Store
  readonly org: ClientOrg
  readonly seq: number
  /** What the master answers to the next push; what it really makes of it where there is none. */
  answer: PushOutcome | MasterError | Promise<readonly PushOutcome[]> | null
}

async function desk(options: { readonly uploadFilter?: string; readonly first?: true } = {}): Promise<Desk> {
  const [env, store, model] = [manualEnv(), memoryStore(), new ModelMaster()]
  model.put('account', ID, { name: 'A', telephone1: '1' })
  const here: { answer: Desk['answer'] } = { answer: null }
  const push: MasterOrg['push'] = async (transactions) => {
    const { answer } = here
    here.answer = null
    if (answer instanceof MasterError) throw answer
    if (answer === null || answer instanceof Promise) return answer ?? model.push(transactions)
    return transactions.map(() => answer)
  }
  const master: MasterOrg = new Proxy<MasterOrg>(model, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (name === 'push') return push
      return typeof value === 'function' ? (...given: unknown[]): unknown => Reflect.apply(value, target, given) : value
    },
  })
  const org = await ClientOrg.open({ store, master, env, delivery: 'on-demand' })
  const { uploadFilter, first } = options
  const account = { ...KEPT.tables['account'], ...(uploadFilter === undefined ? {} : { uploadFilter }) }
  await org.connect()
  await org.configure({ tables: { ...KEPT.tables, account } })
  await org.sync()
  if (first) await org.write((draft) => draft.update('account', ID, { name: 'First' }), { coalesce: false })
  const { seq } = await org.write((draft) => draft.update('account', ID, { telephone1: '2' }))
  return Object.assign(here, { env, store, org, seq: Number(seq) })
}

/** Pushes, whatever becomes of it, and lets what has to pass pass. */
async function answered(here: Desk, answer: Desk['answer'], thenMs = 0): Promise<Desk> {
  here.answer = answer
  await here.org.push().catch((error: unknown) => {
    if (!(error instanceof MasterError)) throw error
  })
  await here.env.advance(thenMs)
  return here
}

async function stored(here: Desk, changes: Partial<OfflineTransaction>): Promise<Desk> {
  await here.store.write('as another program left it', async (tx) => {
    const [found] = await tx.transactions([here.seq])
    if (found) await tx.putTransactions([{ ...found, ...changes }])
  })
  return here
}

async function archived(here: Desk, local: 'revert' | 'keep' = 'revert'): Promise<Desk> {
  await here.org.outbox.archive([here.seq], { local })
  return here
}

const lost = (): MasterError => new MasterError('offline', 'scripted')
const passing = { code: 'unavailable', message: 'scripted', remedy: 'Wait.' } as const
const rejected = (rejection: 'business' | 'conflict'): PushOutcome => ({
  kind: 'rejected',
  rejection: { code: 'rejected', rejection, message: 'scripted', remedy: 'Correct it.' },
})

const MINUTES = 200_000

const STATES = {
  ready: () => desk(),
  blocked: () => desk({ first: true }),
  held: () => desk({ uploadFilter: "telephone1 ne '2'" }),
  'backing off': async () => answered(await desk(), { kind: 'retry', error: passing, mayHaveArrived: false }),
  verifying: async () => answered(await desk(), lost(), MINUTES),
  'waiting for a sign-in': async () => answered(await desk(), new MasterError('unauthenticated', 'scripted')),
  'in flight': async () => {
    const here = await desk()
    here.answer = new Promise(() => {})
    void here.org.push()
    await here.env.advance(0)
    return here
  },
  'of another user': async () => stored(await desk(), { userId: 'another' }),
  'left by its user': async () => {
    const here = await desk()
    await here.org.signOut({ unsent: 'keep' })
    return here
  },
  'in error': async () => answered(await desk(), rejected('business')),
  'in error, a conflict': async () => answered(await desk(), rejected('conflict')),
  'in error, and perhaps there': async () =>
    stored(await answered(await desk(), rejected('business')), { outcome: 'unknown' }),
  processed: async () => answered(await desk(), null),
  archived: async () => archived(await desk()),
  'archived, kept': async () => archived(await desk(), 'keep'),
  'archived, and perhaps there': async () => archived(await answered(await desk(), lost(), MINUTES)),
  'archived, delivered': async () => archived(await answered(await desk(), null)),
} satisfies Record<string, () => Promise<Desk>>

const OPERATIONS = {
  nothing: async () => {},
  setPending: ({ org, seq }) => org.outbox.setPending([seq]),
  setAllPending: ({ org }) => org.outbox.setAllPending(),
  retryAll: (here) => unlessHanging(here, () => here.org.outbox.retryAll()),
  archive: ({ org, seq }) => org.outbox.archive([seq]),
  'archive, keep': ({ org, seq }) => org.outbox.archive([seq], { local: 'keep' }),
  discard: ({ org, seq }) => org.outbox.discard([seq]),
  revert: ({ org }) => org.outbox.revert(ROW),
  amend: ({ org, seq }) => org.outbox.amend(seq, { telephone1: '3' }),
  'another write': ({ org }) => org.write((draft) => draft.update('account', ID, { telephone1: '4' })),
  'the deletion of the row': ({ org }) => org.write((draft) => draft.delete('account', ID)),
  push: (here) => unlessHanging(here, () => here.org.push()),
  sync: (here) => unlessHanging(here, () => here.org.sync()),
  'sign out': (here) => unlessHanging(here, () => here.org.signOut()),
  'sign out, discard': (here) => unlessHanging(here, () => here.org.signOut({ unsent: 'discard' })),
  export: ({ org, seq }) => org.outbox.exportQueue({ seqs: [seq] }),
} satisfies Record<string, (here: Desk) => Promise<unknown>>

/** Whoever needs the turn waits for the request that is under way. */
async function unlessHanging({ env }: Desk, body: () => Promise<unknown>): Promise<void> {
  let isOver = false
  const running = body().finally(() => (isOver = true))
  running.catch(() => {})
  await env.advance(0)
  if (isOver) await running
}

type State = keyof typeof STATES
type Operation = keyof typeof OPERATIONS

/** Every state × every operation: a missing cell does not compile. */
const EXPECTED: Readonly<Record<State, Readonly<Record<Operation, string>>>> = {
  ready: {
    nothing: 'pending (ready) by committed, shows 2',
    setPending: 'pending (ready) by set-pending, shows 2',
    setAllPending: 'pending (ready) by committed, shows 2',
    retryAll: 'processed (known) by delivered, shows 2',
    archive: 'archived (not-sent) by archived, shows 1',
    'archive, keep': 'archived (not-sent, kept) by archived, shows 2',
    discard: 'gone, shows 1',
    revert: 'archived (not-sent) by archived, shows 1',
    amend: 'pending (ready) by amended, shows 3',
    'another write': 'pending (ready) by folded, shows 4',
    'the deletion of the row': 'pending (ready) by committed, no row',
    push: 'processed (known) by delivered, shows 2',
    sync: 'processed (known) by echoed, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'pending (ready) by committed, shows 2',
  },
  blocked: {
    nothing: 'pending (blocked) by committed, shows 2',
    setPending: 'pending (blocked) by set-pending, shows 2',
    setAllPending: 'pending (blocked) by committed, shows 2',
    retryAll: 'processed (known) by delivered, shows 2',
    archive: 'archived (not-sent) by archived, shows 1',
    'archive, keep': 'archived (not-sent, kept) by archived, shows 2',
    discard: 'gone, shows 1',
    revert: 'archived (not-sent) by archived, shows 1',
    amend: 'pending (blocked) by amended, shows 3',
    'another write': 'pending (blocked) by folded, shows 4',
    'the deletion of the row': 'pending (blocked) by committed, no row',
    push: 'processed (known) by delivered, shows 2',
    sync: 'processed (known) by echoed, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'pending (blocked) by committed, shows 2',
  },
  held: {
    nothing: 'pending (held) by committed, shows 2',
    setPending: 'pending (held) by set-pending, shows 2',
    setAllPending: 'pending (held) by committed, shows 2',
    retryAll: 'pending (held) by committed, shows 2',
    archive: 'archived (not-sent) by archived, shows 1',
    'archive, keep': 'archived (not-sent, kept) by archived, shows 2',
    discard: 'gone, shows 1',
    revert: 'archived (not-sent) by archived, shows 1',
    amend: 'pending (ready) by amended, shows 3',
    'another write': 'pending (ready) by folded, shows 4',
    'the deletion of the row': 'pending (held) by committed, no row',
    push: 'pending (held) by committed, shows 2',
    sync: 'pending (held) by committed, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'pending (held) by committed, shows 2',
  },
  'backing off': {
    nothing: 'pending (backing-off) by deferred, shows 2',
    setPending: 'pending (ready) by set-pending, shows 2',
    setAllPending: 'pending (backing-off) by deferred, shows 2',
    retryAll: 'pending (backing-off) by deferred, shows 2',
    archive: 'archived (not-sent) by archived, shows 1',
    'archive, keep': 'archived (not-sent, kept) by archived, shows 2',
    discard: 'gone, shows 1',
    revert: 'archived (not-sent) by archived, shows 1',
    amend: 'pending (ready) by amended, shows 3',
    'another write': 'pending (backing-off) by deferred, shows 4',
    'the deletion of the row': 'pending (backing-off) by deferred, no row',
    push: 'pending (backing-off) by deferred, shows 2',
    sync: 'pending (backing-off) by deferred, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'pending (backing-off) by deferred, shows 2',
  },
  verifying: {
    nothing: 'pending (verifying) by deferred, shows 2',
    setPending: 'pending (verifying) by set-pending, shows 2',
    setAllPending: 'pending (verifying) by deferred, shows 2',
    retryAll: 'processed (known) by delivered, shows 2',
    archive: 'archived (unknown) by archived, shows 1',
    'archive, keep': 'archived (unknown, kept) by archived, shows 2',
    discard: 'refused: unknown-outcome',
    revert: 'archived (unknown) by archived, shows 1',
    amend: 'refused: unknown-outcome',
    'another write': 'pending (verifying) by deferred, shows 4',
    'the deletion of the row': 'pending (verifying) by deferred, no row',
    push: 'processed (known) by delivered, shows 2',
    sync: 'processed (known) by echoed, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'pending (verifying) by deferred, shows 2',
  },
  'waiting for a sign-in': {
    nothing: 'pending (waiting-for-sign-in) by deferred, shows 2',
    setPending: 'pending (waiting-for-sign-in) by set-pending, shows 2',
    setAllPending: 'pending (waiting-for-sign-in) by deferred, shows 2',
    retryAll: 'processed (known) by delivered, shows 2',
    archive: 'archived (unknown) by archived, shows 1',
    'archive, keep': 'archived (unknown, kept) by archived, shows 2',
    discard: 'refused: unknown-outcome',
    revert: 'archived (unknown) by archived, shows 1',
    amend: 'refused: unknown-outcome',
    'another write': 'pending (waiting-for-sign-in) by deferred, shows 4',
    'the deletion of the row': 'pending (waiting-for-sign-in) by deferred, no row',
    push: 'processed (known) by delivered, shows 2',
    sync: 'processed (known) by echoed, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'pending (waiting-for-sign-in) by deferred, shows 2',
  },
  'in flight': {
    nothing: 'pending (in-flight) by sent, shows 2',
    setPending: 'refused: in-flight',
    setAllPending: 'pending (in-flight) by sent, shows 2',
    retryAll: 'pending (in-flight) by sent, shows 2',
    archive: 'refused: in-flight',
    'archive, keep': 'refused: in-flight',
    discard: 'refused: in-flight',
    revert: 'refused: in-flight',
    amend: 'refused: in-flight',
    'another write': 'pending (in-flight) by sent, shows 4',
    'the deletion of the row': 'pending (in-flight) by sent, no row',
    push: 'pending (in-flight) by sent, shows 2',
    sync: 'pending (in-flight) by sent, shows 2',
    'sign out': 'pending (in-flight) by sent, shows 2',
    'sign out, discard': 'pending (in-flight) by sent, shows 2',
    export: 'pending (in-flight) by sent, shows 2',
  },
  'of another user': {
    nothing: 'pending (other-user) by committed, shows 2',
    setPending: 'pending (other-user) by set-pending, shows 2',
    setAllPending: 'pending (other-user) by committed, shows 2',
    retryAll: 'pending (other-user) by committed, shows 2',
    archive: 'archived (not-sent) by archived, shows 1',
    'archive, keep': 'archived (not-sent, kept) by archived, shows 2',
    discard: 'gone, shows 1',
    revert: 'archived (not-sent) by archived, shows 1',
    amend: 'pending (other-user) by amended, shows 3',
    'another write': 'pending (other-user) by committed, shows 4',
    'the deletion of the row': 'pending (other-user) by committed, no row',
    push: 'pending (other-user) by committed, shows 2',
    sync: 'pending (other-user) by committed, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'pending (other-user) by committed, shows 2',
  },
  'left by its user': {
    nothing: 'pending (waiting-for-sign-in) by committed, shows 2',
    setPending: 'refused: signed-out',
    setAllPending: 'refused: signed-out',
    retryAll: 'refused: signed-out',
    archive: 'refused: signed-out',
    'archive, keep': 'refused: signed-out',
    discard: 'refused: signed-out',
    revert: 'refused: signed-out',
    amend: 'refused: signed-out',
    'another write': 'refused: signed-out',
    'the deletion of the row': 'refused: signed-out',
    push: 'unauthenticated: signed-out',
    sync: 'unauthenticated: signed-out',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'pending (waiting-for-sign-in) by committed, shows 2',
  },
  'in error': {
    nothing: 'error (known) by refused, shows 2',
    setPending: 'pending (ready) by set-pending, shows 2',
    setAllPending: 'pending (ready) by set-pending, shows 2',
    retryAll: 'processed (known) by delivered, shows 2',
    archive: 'archived (known) by archived, shows 1',
    'archive, keep': 'archived (known, kept) by archived, shows 2',
    discard: 'gone, shows 1',
    revert: 'archived (known) by archived, shows 1',
    amend: 'pending (ready) by amended, shows 3',
    'another write': 'error (known) by refused, shows 4',
    'the deletion of the row': 'error (known) by refused, no row',
    push: 'error (known) by refused, shows 2',
    sync: 'error (known) by refused, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'error (known) by refused, shows 2',
  },
  'in error, a conflict': {
    nothing: 'error (known) by refused, shows 2',
    setPending: 'pending (ready) by set-pending, shows 2',
    setAllPending: 'pending (ready) by set-pending, shows 2',
    retryAll: 'processed (known) by delivered, shows 2',
    archive: 'archived (known) by archived, shows 1',
    'archive, keep': 'archived (known, kept) by archived, shows 2',
    discard: 'gone, shows 1',
    revert: 'archived (known) by archived, shows 1',
    amend: 'pending (ready) by amended, shows 3',
    'another write': 'error (known) by refused, shows 4',
    'the deletion of the row': 'error (known) by refused, no row',
    push: 'error (known) by refused, shows 2',
    sync: 'error (known) by refused, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'error (known) by refused, shows 2',
  },
  'in error, and perhaps there': {
    nothing: 'error (unknown) by refused, shows 2',
    setPending: 'pending (verifying) by set-pending, shows 2',
    setAllPending: 'pending (verifying) by set-pending, shows 2',
    retryAll: 'processed (known) by delivered, shows 2',
    archive: 'archived (unknown) by archived, shows 1',
    'archive, keep': 'archived (unknown, kept) by archived, shows 2',
    discard: 'refused: unknown-outcome',
    revert: 'archived (unknown) by archived, shows 1',
    amend: 'refused: unknown-outcome',
    'another write': 'error (unknown) by refused, shows 4',
    'the deletion of the row': 'error (unknown) by refused, no row',
    push: 'error (unknown) by refused, shows 2',
    sync: 'error (unknown) by refused, shows 2',
    'sign out': 'refused: unsent',
    'sign out, discard': 'gone, no row',
    export: 'error (unknown) by refused, shows 2',
  },
  processed: {
    nothing: 'processed (known) by delivered, shows 2',
    setPending: 'refused: delivered',
    setAllPending: 'processed (known) by delivered, shows 2',
    retryAll: 'processed (known) by delivered, shows 2',
    archive: 'archived (known) by archived, shows 2',
    'archive, keep': 'archived (known) by archived, shows 2',
    discard: 'refused: delivered',
    revert: 'processed (known) by delivered, shows 2',
    amend: 'refused: settled',
    'another write': 'processed (known) by delivered, shows 4',
    'the deletion of the row': 'processed (known) by delivered, no row',
    push: 'processed (known) by delivered, shows 2',
    sync: 'processed (known) by echoed, shows 2',
    'sign out': 'gone, no row',
    'sign out, discard': 'gone, no row',
    export: 'processed (known) by delivered, shows 2',
  },
  archived: {
    nothing: 'archived (not-sent) by archived, shows 1',
    setPending: 'pending (ready) by set-pending, shows 2',
    setAllPending: 'archived (not-sent) by archived, shows 1',
    retryAll: 'archived (not-sent) by archived, shows 1',
    archive: 'refused: archived',
    'archive, keep': 'refused: archived',
    discard: 'gone, shows 1',
    revert: 'archived (not-sent) by archived, shows 1',
    amend: 'refused: settled',
    'another write': 'archived (not-sent) by archived, shows 4',
    'the deletion of the row': 'archived (not-sent) by archived, no row',
    push: 'archived (not-sent) by archived, shows 1',
    sync: 'archived (not-sent) by archived, shows 1',
    'sign out': 'gone, no row',
    'sign out, discard': 'gone, no row',
    export: 'archived (not-sent) by archived, shows 1',
  },
  'archived, kept': {
    nothing: 'archived (not-sent, kept) by archived, shows 2',
    setPending: 'pending (ready) by set-pending, shows 2',
    setAllPending: 'archived (not-sent, kept) by archived, shows 2',
    retryAll: 'archived (not-sent, kept) by archived, shows 2',
    archive: 'archived (not-sent) by archived, shows 1',
    'archive, keep': 'refused: archived',
    discard: 'gone, shows 1',
    revert: 'archived (not-sent) by archived, shows 1',
    amend: 'refused: settled',
    'another write': 'archived (not-sent, kept) by archived, shows 4',
    'the deletion of the row': 'archived (not-sent, kept) by archived, no row',
    push: 'archived (not-sent, kept) by archived, shows 2',
    sync: 'archived (not-sent, kept) by archived, shows 2',
    'sign out': 'gone, no row',
    'sign out, discard': 'gone, no row',
    export: 'archived (not-sent, kept) by archived, shows 2',
  },
  'archived, and perhaps there': {
    nothing: 'archived (unknown) by archived, shows 1',
    setPending: 'pending (verifying) by set-pending, shows 2',
    setAllPending: 'archived (unknown) by archived, shows 1',
    retryAll: 'archived (unknown) by archived, shows 1',
    archive: 'refused: archived',
    'archive, keep': 'refused: archived',
    discard: 'refused: unknown-outcome',
    revert: 'archived (unknown) by archived, shows 1',
    amend: 'refused: settled',
    'another write': 'archived (unknown) by archived, shows 4',
    'the deletion of the row': 'archived (unknown) by archived, no row',
    push: 'archived (unknown) by archived, shows 1',
    sync: 'archived (unknown) by archived, shows 1',
    'sign out': 'gone, no row',
    'sign out, discard': 'gone, no row',
    export: 'archived (unknown) by archived, shows 1',
  },
  'archived, delivered': {
    nothing: 'archived (known) by archived, shows 2',
    setPending: 'refused: delivered',
    setAllPending: 'archived (known) by archived, shows 2',
    retryAll: 'archived (known) by archived, shows 2',
    archive: 'refused: archived',
    'archive, keep': 'refused: archived',
    discard: 'refused: delivered',
    revert: 'archived (known) by archived, shows 2',
    amend: 'refused: settled',
    'another write': 'archived (known) by archived, shows 4',
    'the deletion of the row': 'archived (known) by archived, no row',
    push: 'archived (known) by archived, shows 2',
    sync: 'archived (known) by archived, shows 2',
    'sign out': 'gone, no row',
    'sign out, discard': 'gone, no row',
    export: 'archived (known) by archived, shows 2',
  },
}

async function shown({ org, store, seq }: Desk): Promise<string> {
  const transaction = await org.outbox.get(seq).catch(() => undefined)
  const [row] = await store.read('look', (tx) => tx.rows('account', [ID])).catch(() => [])
  const shows = row ? `shows ${String(row.values['telephone1'])}` : 'no row'
  if (!transaction) return `gone, ${shows}`
  const { status, reason, outcome, kept, history } = transaction
  const more = reason ? reason.kind : outcome
  return `${status} (${more}${kept ? ', kept' : ''}) by ${history.at(-1)?.event}, ${shows}`
}

async function found(state: State, operation: Operation): Promise<string> {
  const here = await STATES[state]()
  const before = await shown(here)
  const [operate]: ((of: Desk) => Promise<unknown>)[] = [OPERATIONS[operation]]
  const thrown = await operate?.(here).then(
    () => null,
    (error: unknown) => {
      if (error instanceof OutpostError) return error
      throw error
    },
  )
  const after = await shown(here)
  if (!thrown) return after
  const refusal = `${thrown.code}${thrown.place.rule === undefined ? '' : `: ${thrown.place.rule}`}`
  return after === before ? refusal : `${refusal}; ${after}`
}

const cells = Object.entries(EXPECTED).flatMap(([state, row]) =>
  Object.entries(row).map(([operation, cell]) => [state as State, operation as Operation, cell] as const),
)

test.each(cells)('a transaction that is %s × %s: %s', async (state, operation, cell) => {
  expect(await found(state, operation)).toBe(cell)
})
