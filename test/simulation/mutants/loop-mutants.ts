import type { Mutant } from './mutant.ts'

const CORE = 'packages/core/src/'

/** Mistakes in when things are done: pauses, turns, runs, and commits of the store. */
export const LOOP_MUTANTS: readonly Mutant[] = [
  {
    name: 'throttled-for-ever',
    about: 'The pause that a throttling master asked for never ends.',
    check: 'liveness',
    file: `${CORE}delivery/delivery-loop.ts`,
    find: 'if (!this.#throttled || this.#throttled.alarm !== this.#alarm) return 0',
    replace: 'if (!this.#throttled) return 0',
  },
  {
    name: 'signed-out-for-ever',
    about: 'That somebody has signed in again is not noticed by what delivers in the background.',
    check: 'liveness',
    file: `${CORE}delivery/delivery-loop.ts`,
    find: "    this.#alarm = null\n    this.#enter({ kind: 'unknown' })\n",
    replace: '    this.#alarm = null\n',
  },
  {
    name: 'failed-turn-blocks',
    about: 'A run that failed never gives the turn to the next one.',
    check: 'liveness',
    file: `${CORE}delivery/serial.ts`,
    find: '    const turn = this.#last.then(begin, begin)\n    this.#last = turn.catch(() => {})\n',
    replace: '    const turn = this.#last.then(begin)\n    this.#last = turn\n    turn.catch(() => {})\n',
  },
  {
    name: 'waits-by-another-clock',
    about: 'A wait that was set while the clock was ahead is kept when the clock is put back.',
    check: 'liveness',
    file: `${CORE}outbox/readiness.ts`,
    find: 'isAhead(transaction.nextAttemptAt, context.now, LONGEST_DELAY_MS)',
    replace: 'transaction.nextAttemptAt > context.now + 0 * LONGEST_DELAY_MS',
  },
  {
    name: 'pull-waits-for-the-outbox',
    about: 'Nothing is pulled as long as anything is unsent.',
    check: 'I4',
    file: `${CORE}sync/sync.ts`,
    find: '  const reports = await pullTables(pulling(), pulls, signal)\n',
    replace: `  const isHeldUp = sent instanceof OutpostError || sent.left > 0
  const reports = isHeldUp ? {} : await pullTables(pulling(), pulls, signal)
`,
  },
  {
    name: 'failed-push-ends-the-run',
    about: 'A push that got no answer keeps a run from pulling.',
    check: 'I4',
    file: `${CORE}sync/sync.ts`,
    find: '.catch(unlessOfOneRequest)',
    replace: '',
  },
  {
    name: 'writes-side-by-side',
    about: 'Writes of a store do not wait for one another: the later commit undoes the earlier one.',
    // Those of a client org that are made at once share a commit: what is undone is as often the state of a transaction.
    check: ['I1', 'I2', 'moves'],
    file: `${CORE}memory.ts`,
    find: '    return this.#writes.run(async () => {\n',
    replace: '    return ((body: () => Promise<T>) => body())(async () => {\n',
  },
]
