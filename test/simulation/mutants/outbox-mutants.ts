import type { Mutant } from './mutant.ts'

const CORE = 'packages/core/src/'

/** Mistakes in the queue: what gets into it, in which order it leaves, and what a person does with it. */
export const OUTBOX_MUTANTS: readonly Mutant[] = [
  {
    name: 'write-not-shown',
    about: 'A write is queued, and its effect on the rows forgotten.',
    check: 'I1',
    file: `${CORE}write/commit.ts`,
    find: '  await showOnTop(tx, changes, context.tables)\n  await applyLocalEffects(tx, work.local)\n  return seq ?? null',
    replace: '  await applyLocalEffects(tx, work.local)\n  return seq ?? null',
  },
  {
    name: 'write-in-two-commits',
    about: 'A write is queued in one commit and shown on the rows in another: a crash between them loses the effect.',
    check: ['I1', 'I5'],
    file: `${CORE}write/commit.ts`,
    find: '  await showOnTop(tx, changes, context.tables)\n  await applyLocalEffects(tx, work.local)\n  return seq ?? null',
    replace: '  await applyLocalEffects(tx, work.local)\n  return seq ?? null',
    also: [
      {
        file: `${CORE}write/write.ts`,
        find: '  return { outcome }\n',
        replace: `  const shown = outcome.then(async (seq) => {
    if (typeof seq === 'number') {
      await commits.write([], async (tx) => {
        const [written] = await tx.transactions([seq])
        await refreshChanged(tx, written?.changes ?? [], context.tables)
      })
    }
    return seq
  })
  return { outcome: shown }
`,
      },
      {
        file: `${CORE}write/write.ts`,
        find: "import { Draft } from './draft.ts'\n",
        replace: "import { Draft } from './draft.ts'\nimport { refreshChanged } from '../rows/local-rows.ts'\n",
      },
    ],
  },
  {
    name: 'fold-forgets-the-older',
    about: 'Of two writes of a row that are folded into one transaction only the values of the newer one are left.',
    check: 'I1',
    file: `${CORE}outbox/fold.ts`,
    find: 'const values: Row = { ...older.values, ...newer.values }',
    replace: 'const values: Row = { ...newer.values }',
  },
  {
    name: 'folded-into-what-is-sent',
    about: 'A write is folded into a transaction that is on its way: the answer settles what was never sent.',
    check: ['I1', 'I2', 'moves'],
    file: `${CORE}outbox/fold.ts`,
    find: "    outcome === 'not-sent' &&\n    attempts === 0 &&\n    lease === null &&\n",
    replace: '    attempts >= 0 && lease !== undefined && outcome !== undefined &&\n',
  },
  {
    name: 'lease-ignored',
    about: 'What another tab is sending is sent by this one, too.',
    check: ['I2', 'moves'],
    file: `${CORE}outbox/readiness.ts`,
    find: 'if (lease && lease.owner !== context.owner && isAhead(lease.until, context.now, LEASE_MS))',
    replace: 'if (lease && lease.owner === undefined && isAhead(lease.until, context.now, LEASE_MS))',
  },
  {
    name: 'lease-is-for-ever',
    about: 'A claim never ends by itself: what a tab held that is gone is never sent.',
    check: 'liveness',
    file: `${CORE}outbox/readiness.ts`,
    find: `if (lease && lease.owner !== context.owner && isAhead(lease.until, context.now, LEASE_MS))
    return { kind: 'in-flight', until: lease.until }`,
    replace: `if (lease && lease.owner !== context.owner)
    return { kind: 'in-flight', until: context.now + LEASE_MS }`,
  },
  {
    name: 'archived-one-blocks',
    about: 'What waits for a transaction goes on waiting when that one was put away.',
    check: 'liveness',
    file: `${CORE}outbox/readiness.ts`,
    find: "return seqs.find((seq) => statuses.get(seq) === 'pending' || statuses.get(seq) === 'error')",
    replace: "return seqs.find((seq) => statuses.get(seq) !== 'processed')",
  },
  {
    name: 'goes-before-what-failed',
    about: 'A transaction is sent although the one it depends on is an Error.',
    check: ['I2', 'I4', 'I5'],
    file: `${CORE}outbox/readiness.ts`,
    find: "return seqs.find((seq) => statuses.get(seq) === 'pending' || statuses.get(seq) === 'error')",
    replace: "return seqs.find((seq) => statuses.get(seq) === 'pending')",
  },
  {
    name: 'one-error-stops-all',
    about: 'An Error holds up everything that was written after it.',
    check: 'I4',
    file: `${CORE}outbox/readiness.ts`,
    find: '  const by = isLost(transaction) ? undefined : await firstInTheWay(tx, transaction, statuses)\n',
    replace: `  const [failed] = await tx.findTransactions({ statuses: ['error'], limit: 1 })
  if (failed && failed.seq < transaction.seq) return { kind: 'blocked', by: failed.seq }
  const by = isLost(transaction) ? undefined : await firstInTheWay(tx, transaction, statuses)
`,
  },
  {
    name: 'waits-for-all-before',
    about: 'A transaction waits for whatever was written before it, not for what it needs.',
    check: 'I4',
    file: `${CORE}write/commit.ts`,
    find: '    dependsOn: await dependenciesOf(tx, changes, context.tables, undefined, after),\n',
    replace: `    dependsOn: (await tx.findTransactions({ statuses: ['pending', 'error'] })).map(({ seq }) => seq),
`,
  },
  {
    name: 'row-not-in-order',
    about: 'A change does not wait for the unsent change of the same row before it.',
    check: ['I2', 'I4', 'I5'],
    file: `${CORE}write/dependencies.ts`,
    find: '      if (last) found.add(last.seq)\n',
    replace: '      if (last && last.seq < 0) found.add(last.seq)\n',
  },
  {
    name: 'upload-filter-ignored',
    about: 'What an upload filter holds back is sent.',
    check: ['I2', 'I5'],
    file: `${CORE}outbox/readiness.ts`,
    find: "  if (held) return { kind: 'held', ...held }\n",
    replace: '',
  },
  {
    name: 'archived-effect-stays',
    about: 'Archiving a transaction does not take its effect back from the rows.',
    check: ['I3', 'I5'],
    file: `${CORE}outbox/put-away.ts`,
    find: `    await leaveStack(tx, transaction, tables)
  }
  await refreshChanged(tx, changesOf(transactions), tables)
}

const KEPT =`,
    replace: `    await leaveStack(tx, transaction, tables)
  }
}

const KEPT =`,
  },
  {
    name: 'deletion-not-taken-back',
    about: 'Archiving a deletion does not bring the row back.',
    check: ['I3', 'I5'],
    file: `${CORE}outbox/put-away.ts`,
    find: "function changesOf(transactions: readonly OfflineTransaction[]): OfflineTransaction['changes'] {\n  return transactions.flatMap((transaction) => transaction.changes)",
    replace:
      "function changesOf(transactions: readonly OfflineTransaction[]): OfflineTransaction['changes'] {\n  return transactions.flatMap((transaction) => transaction.changes.filter(({ kind }) => kind !== 'delete'))",
  },
  {
    name: 'amended-in-vain',
    about: 'A corrected transaction is sent with its old values.',
    check: ['I1', 'I2', 'I5'],
    file: `${CORE}outbox/outbox.ts`,
    find: '      ...BEGUN_ANEW,\n      changes,\n      amendedUnder:',
    replace: '      ...BEGUN_ANEW,\n      changes: transaction.changes,\n      amendedUnder:',
  },
  {
    name: 'history-begins-anew',
    about: 'Each step of a transaction replaces its history.',
    check: 'moves',
    file: `${CORE}outbox/transitions.ts`,
    find: 'history: shortened([...before, entry])',
    replace: 'history: before.length > 2 ? [entry] : shortened([...before, entry])',
  },
  {
    name: 'hitch-is-an-error',
    about: 'A transaction that has to wait for another attempt becomes Error.',
    check: 'moves',
    file: `${CORE}outbox/transitions.ts`,
    find: "    deferred: 'pending',\n",
    replace: "    deferred: 'error',\n",
  },
  {
    name: 'echo-opens-again',
    about: 'A pull that brings back what was sent sets its transaction to pending.',
    check: 'moves',
    file: `${CORE}outbox/transitions.ts`,
    find: "processed: { echoed: 'processed', archived: 'archived' }",
    replace: "processed: { echoed: 'pending', archived: 'archived' }",
  },
  {
    name: 'refused-is-put-away',
    about: 'What the master refuses is archived, where nobody looks, and not an Error.',
    check: ['moves'],
    file: `${CORE}outbox/transitions.ts`,
    find: "    refused: 'error',\n",
    replace: "    refused: 'archived',\n",
  },
  {
    name: 'sign-out-loses-the-queue',
    about: 'A sign-out that is to keep what is unsent clears the device.',
    check: 'I1',
    file: `${CORE}identity/sign-out.ts`,
    find: "  if (choice === 'keep') return setSignedOut(tx, true)\n",
    replace: "  if (choice === 'keep') {\n    await tx.clear()\n    return setSignedOut(tx, true)\n  }\n",
  },
  {
    name: 'other-user-not-noticed',
    about: 'It is not looked who is signed in: what one user wrote is sent as another one.',
    check: ['I2', 'I5'],
    file: `${CORE}identity/identity-guard.ts`,
    find: '    this.#checkedAt = null\n    if (this.bound) mustBe(this.bound, found)\n    this.#checkedAt = this.#env.now()\n',
    replace: '    this.#checkedAt = this.#env.now()\n    if (found.userId === "") this.bound = found\n',
  },
  {
    name: 'drift-drops-transactions',
    about: 'A transaction that the new metadata has no room for is dropped, not made an Error.',
    check: 'I1',
    file: `${CORE}copy/refresh-metadata.ts`,
    find: '  const changed = [...found.refused, ...found.migrated]\n',
    replace: `  await tx.deleteTransactions(found.refused.map(({ seq }) => seq))
  const changed = [...found.migrated]
`,
  },
  {
    name: 'own-columns-lost',
    about: 'Columns that only the device has are emptied by a write of others.',
    check: 'I1',
    file: `${CORE}rows/local-rows.ts`,
    find: 'const values = { ...keptValues(table, local), ...stays }',
    replace: 'const values = { ...keptValues(table, local) }',
  },
  {
    name: 'rehearsal-kept',
    about: 'What a rehearsal of a sync has made is kept.',
    check: 'I5',
    file: `${CORE}compare/rehearsal.ts`,
    find: '      throw new RehearsalOver()\n',
    replace: '',
  },
]
