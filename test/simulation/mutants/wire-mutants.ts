import type { Mutant } from './mutant.ts'

const ADAPTER = 'packages/dataverse-adapter/src/'

/** Mistakes in how the Web API is spoken to, and in what its answers are taken for. */
export const WIRE_MUTANTS: readonly Mutant[] = [
  {
    name: 'stale-is-success',
    about: 'A 412 is taken for a success.',
    check: 'I2',
    file: `${ADAPTER}judge.ts`,
    find: "return { outcome: { kind: 'stale', ...(refusal.error.masterCode === undefined ? {} : { named: true }) } }",
    replace: "return { outcome: { kind: 'processed', rows: [] } }",
  },
  {
    name: 'create-without-condition',
    about: 'A create goes without If-None-Match: sent twice, it writes over what was changed since.',
    check: ['I2', 'I5'],
    file: `${ADAPTER}compose-change.ts`,
    find: "if (condition === 'absent') return { 'If-None-Match': '*' }",
    replace: "if (condition === 'absent') return {}",
  },
  {
    name: 'own-create-is-a-clash',
    about: 'A create that arrived before and is there already is taken for a refusal.',
    check: 'I2',
    file: 'packages/core/src/push/settle.ts',
    find: '  const ours = creates.some((change) => isOurs(change, masters, context.tables, sentBefore))\n',
    replace:
      '  const ours = creates.some((change) => isOurs(change, masters, context.tables, sentBefore) && !change.id)\n',
  },
  {
    name: 'update-without-version',
    about: 'An update does not name the version it was made on, and writes over what the master got since.',
    check: 'I5',
    file: `${ADAPTER}compose-change.ts`,
    find: "return table.versioned && version !== null && isEtag(version) ? 'version' : 'none'",
    replace: "return table.versioned && version === '' && isEtag(version) ? 'version' : 'none'",
  },
  {
    name: 'missing-sign-in-is-a-verdict',
    about: 'A 401 is taken for a refusal of the write.',
    check: 'I5',
    file: `${ADAPTER}classify.ts`,
    find: "{ statuses: [401], means: 'unauthenticated' }",
    replace: "{ statuses: [401], means: 'permission' }",
    also: [
      {
        file: `${ADAPTER}transport.ts`,
        find: 'if (second.status !== 401) return second',
        replace: 'if (second.status > 0) return second',
      },
    ],
  },
  {
    name: 'throttling-is-a-verdict',
    about: 'A 429 is taken for a refusal of the write.',
    check: ['I5', 'I2'],
    file: `${ADAPTER}classify.ts`,
    find: "  { statuses: [429], means: 'throttled' },\n  { codes: ['0x80072321', '0x80072322', '0x80072326'], means: 'throttled' },\n",
    replace: "  { statuses: [429], means: 'business' },\n",
  },
  {
    name: 'failure-is-a-verdict',
    about: 'A 5xx is taken for a refusal, though the write may have been done.',
    check: ['I2', 'I5'],
    file: `${ADAPTER}classify.ts`,
    find: "  { statuses: [408, 502, 503, 504], means: 'unavailable' },\n",
    replace: '',
    also: [
      {
        file: `${ADAPTER}classify.ts`,
        find: "if (status >= 500) return 'unavailable'",
        replace: "if (status >= 500) return 'business'",
      },
      {
        file: `${ADAPTER}push.ts`,
        find: '  if ([408, 502, 503, 504].includes(response.status)) throw refusalOf(response).error\n',
        replace: '',
      },
    ],
  },
  {
    name: 'broken-connection-sent-nothing',
    about: 'A connection that broke is taken for one that never sent anything.',
    check: 'I2',
    file: `${ADAPTER}transport.ts`,
    find: 'mayHaveArrived: !unsent,',
    replace: 'mayHaveArrived: false,',
  },
  {
    name: 'group-in-pieces',
    about: 'The changes of one transaction are sent as requests of their own.',
    check: 'I2',
    file: `${ADAPTER}push.ts`,
    find: '  const batch = encodeBatch(group.map(asPart), context.newId)\n',
    replace: `  if (only && others.length === 0) {
    let last: PushOutcome = UNANSWERED
    for (const one of only) {
      last = await sendPlain(context, [one], one, signal)
      if (last.kind !== 'processed') return [last]
    }
    return [last]
  }
  const batch = encodeBatch(group.map(asPart), context.newId)
`,
  },
  {
    name: 'answers-mixed-up',
    about: 'The answers in a batch are taken for those of other requests.',
    check: 'I2',
    file: `${ADAPTER}push.ts`,
    find: 'outcomes.push(await settlePart(context, requests, answers[index] ?? [], outer, signal))',
    replace: 'outcomes.push(await settlePart(context, requests, answers.at(-1 - index) ?? [], outer, signal))',
  },
  {
    name: 'empty-answer-is-success',
    about: 'An empty answer from something on the way is taken for a success.',
    check: 'I2',
    file: `${ADAPTER}judge.ts`,
    find: '    for (const { response } of responses) refuseEmptySuccess(response)\n',
    replace: '',
  },
]
