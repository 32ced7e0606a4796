import type { Mutant } from './mutant.ts'

const PUSH = 'packages/core/src/push/'

/** Mistakes in what is sent, and in what an answer, or the lack of one, is taken for. */
export const PUSH_MUTANTS: readonly Mutant[] = [
  {
    name: 'claim-says-not-sent',
    about: 'A claim does not note that what it sends may arrive: after a crash it is sent again without a look.',
    check: ['I2', 'moves'],
    file: `${PUSH}prepare.ts`,
    find: "{ lease, outcome: 'unknown', attempts: transaction.attempts + 1, nextAttemptAt: null }",
    replace: "{ lease, outcome: 'not-sent', attempts: transaction.attempts + 1, nextAttemptAt: null }",
  },
  {
    name: 'lost-answer-is-not-sent',
    about: 'A request without an answer is taken for one that never arrived, and sent again without a look.',
    check: 'I2',
    file: `${PUSH}settle.ts`,
    find: "outcome: arrived ? 'unknown' : 'not-sent',",
    replace: "outcome: 'not-sent',",
  },
  {
    name: 'evidence-not-asked',
    about: 'The evidence of an action is left out of account when its answer was lost: it is done twice.',
    check: 'I2',
    file: `${PUSH}evidence.ts`,
    find: 'if (telling.length === 0) {',
    replace: 'if (telling.length >= 0) {',
  },
  {
    name: 'verified-by-existence',
    about: 'A lost update counts as delivered as soon as its row is there, whatever it holds.',
    check: 'I2',
    file: `${PUSH}evidence.ts`,
    find: 'return known.row !== null && isApplied({ ...change, values }, known.row.values, table)',
    replace: 'return known.row !== null',
  },
  {
    name: 'claim-does-not-look',
    about: 'What was ready when it was found is claimed although another tab has claimed it since.',
    check: ['I2', 'moves'],
    file: `${PUSH}prepare.ts`,
    find: `if (!isSameRequest(asked, found)) continue
    // What was ready when it was found need not be so any more: another edit or another client org came in between.
    const reason = await pendingReason(tx, found, context, statuses)
    if (reason.kind !== 'ready') continue`,
    replace: `void isSameRequest
    const reason = await pendingReason(tx, found, context, statuses)
    if (reason.kind === 'other-user') continue`,
  },
  {
    name: 'gone-is-done',
    about: 'An update of a row that the master has deleted counts as delivered.',
    check: 'I2',
    file: `${PUSH}settle.ts`,
    find: "if (lastError.rejection !== 'gone') return refuse(tx, transaction, lastError, context)",
    replace: `if (lastError.rejection === 'gone') return deliver(tx, transaction, new Map(), context)
      if (lastError.rejection !== 'gone') return refuse(tx, transaction, lastError, context)`,
  },
  {
    name: 'refusal-is-tried-again',
    about: 'A verdict of the master is taken for a hitch: the transaction never becomes Error and is sent for ever.',
    check: 'liveness',
    file: `${PUSH}settle.ts`,
    find: "      if (lastError.rejection !== 'gone') return refuse(tx, transaction, lastError, context)\n",
    replace: `      const later = now + delayMs(transaction.attempts, context.env.random())
      const again = { lease: null, outcome: 'not-sent', lastError, nextAttemptAt: later } as const
      if (lastError.rejection !== 'gone') return keep(tx, transition(transaction, 'deferred', now, again))
`,
  },
  {
    name: 'processed-before-the-answer',
    about: 'Transactions are marked as processed when they are sent, before there is an answer.',
    check: 'I2',
    file: `${PUSH}send-batch.ts`,
    find: '  let outcomes: readonly PushOutcome[]\n',
    replace: `  const early = claim.sending.map(() => ({ kind: 'processed', rows: [] }) as const)
  await store.write('settle early', (writer) =>
    together(writer, claim.sending, tables, (tx) => settle(tx, claim.sending, early, new Map(), { tables, env })),
  )
  let outcomes: readonly PushOutcome[]
`,
  },
  {
    name: 'delivered-is-deleted',
    about: 'What was delivered is taken out of the queue, and nobody can see any more that it was.',
    check: 'I1',
    file: `${PUSH}deliver.ts`,
    find: '  return delivered\n',
    replace: '  await tx.deleteTransactions([delivered.seq])\n  return delivered\n',
  },
  {
    name: 'conflict-not-looked-for',
    about: 'A change is put on top of a newer row of the master without a merge.',
    check: 'I5',
    file: `${PUSH}prepare.ts`,
    find: "  const merge =\n    change.kind === 'update' ?",
    replace: `  if (edit) return { change: { ...change, version: base.version }, merge: { kind: 'send', values: {}, conflicts: [] } }
  const merge =
    change.kind === 'update' ?`,
  },
  {
    name: 'decision-not-kept',
    about: 'What a conflict policy has decided is done and not written into the history.',
    check: ['I1', 'I5'],
    file: `${PUSH}prepare.ts`,
    find: '    ...(decided.length > 0 ? { conflicts: decided } : {}),\n',
    replace: '    ...(decided.length > 1000 ? { conflicts: decided } : {}),\n',
  },
  {
    name: 'later-edits-not-rebased',
    about: 'When a change is delivered, later ones of its row are not put on what the master made of it.',
    check: 'I5',
    file: `${PUSH}deliver.ts`,
    find: 'if (known.row) await standOnMaster(',
    replace: 'if (known.row && context.masterRequestId === "") await standOnMaster(',
  },
  {
    name: 'settled-without-its-rows',
    about: 'An answer is recorded in one commit and shown on the rows in another one.',
    check: ['I1', 'I3', 'I5'],
    file: `${PUSH}deliver.ts`,
    find: '    await refreshRows(tx, table, [change.id], new Map([[change.id, known]]))\n    await dependentsDue(',
    replace: '    await dependentsDue(',
  },
]
