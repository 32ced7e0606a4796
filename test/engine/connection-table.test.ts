import { ClientOrg, MasterError, OutpostError } from '@outpost/core'
import type { MasterOrg, OutpostErrorCode, Store, StoreChange } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { ModelMaster } from '../properties/model-master.ts'
import { KEPT } from '../properties/model-tables.ts'

/*
 * The connection, whole: every state it can be in, with everything that can happen then. A cell says
 *
 *   the state behind it, what was done (quiet: nothing was asked; asks; sends: transactions), what was thrown;
 *   and what becomes of unsent work when the master answers again and seven minutes pass
 */

type Answer = 'whole' | 'another user' | 'throttled, told' | OutpostErrorCode

interface Bench {
  readonly env: ManualEnv
  readonly store: Store
  readonly model: ModelMaster
  org: ClientOrg
  /** What the master answers to whatever is asked. */
  answer: Answer
  /** What was asked since the last look. */
  asked: string[]
  isOnline: boolean
  tellOnline: () => void
  tellCommit: (seq: number) => void
}

async function bench(): Promise<Bench> {
  const [env, store, model] = [manualEnv(), memoryStore(), new ModelMaster()]
  const first = await ClientOrg.open({ store, master: model, env })
  await first.connect()
  await first.configure(KEPT)
  await first.sync()
  await first.close()
  const here: Bench = {
    env,
    store,
    model,
    org: first,
    answer: 'whole',
    asked: [],
    isOnline: true,
    tellOnline: () => {},
    tellCommit: () => {},
  }
  const connectivity = {
    get online() {
      return here.isOnline
    },
    subscribe: (listener: () => void) => {
      here.tellOnline = listener
      return () => {}
    },
  }
  const listeners = new Set<(change: StoreChange) => void>()
  // A store as a browser has it: what other tabs commit is heard as having happened elsewhere.
  const shared: Store = {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, body),
    write: (name, body, options) => store.write(name, body, options),
    subscribe: (listener) => {
      const unsubscribe = store.subscribe(listener)
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        unsubscribe()
      }
    },
    close: () => store.close(),
  }
  here.tellCommit = (seq) => {
    for (const listener of listeners) listener({ name: 'elsewhere', rows: new Map(), transactions: [seq] })
  }
  here.org = await ClientOrg.open({ store: shared, master: scripted(here), env, connectivity })
  await here.org.idle()
  return here
}

function scripted(here: Bench): MasterOrg {
  return new Proxy<MasterOrg>(here.model, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      // A loop over pages is no promise.
      if (name === 'versions') return (...given: unknown[]): unknown => Reflect.apply(value, target, given)
      return async (...given: unknown[]): Promise<unknown> => {
        here.asked.push(String(name))
        const { answer } = here
        if (answer === 'throttled, told') throw new MasterError('throttled', 'scripted', { retryAfterMs: 60_000 })
        if (answer !== 'whole' && answer !== 'another user') throw new MasterError(answer, 'scripted')
        const said: unknown = await Reflect.apply(value, target, given)
        return answer === 'another user' && name === 'identify' ? { ...(said as object), userId: 'another' } : said
      }
    },
  })
}

const write = async ({ org }: { readonly org: ClientOrg }): Promise<number> =>
  Number((await org.write((draft) => draft.create('account', { name: 'New' }))).seq)

/** Something is pending, and the master answers it so. */
const withUnsent =
  (answer: Answer) =>
  async (here: Bench): Promise<void> => {
    here.answer = answer
    await write(here)
    await here.org.idle()
  }

const left =
  (answer: Answer) =>
  async (here: Bench): Promise<void> => {
    await withUnsent(answer)(here)
    await here.org.signOut({ unsent: 'keep' })
  }

const STATES = {
  unknown: async () => {},
  connected: (here) => here.org.sync(),
  paused: withUnsent('offline'),
  throttled: withUnsent('throttled, told'),
  'signed out': withUnsent('unauthenticated'),
  /** The user has signed out, and what is unsent waits for their return. */
  left: left('offline'),
  'left while throttled': left('throttled, told'),
  'without a network': async (here) => {
    here.isOnline = false
    here.tellOnline()
    await write(here)
  },
  detached: (here) => here.org.detach(),
  closed: async (here) => {
    await withUnsent('offline')(here)
    await here.org.close()
  },
} satisfies Record<string, (here: Bench) => Promise<unknown>>

const asking =
  (answer: Answer) =>
  (here: Bench): Promise<unknown> => {
    here.answer = answer
    return here.org.sync()
  }

const EVENTS = {
  'a write': write,
  'a write in another tab': async (here) => {
    const { store, env, model } = here
    const org = await ClientOrg.open({ store, master: model, env, delivery: 'on-demand' })
    here.tellCommit(await write({ org }))
  },
  online: async (here) => {
    here.isOnline = true
    here.tellOnline()
  },
  offline: async (here) => {
    here.isOnline = false
    here.tellOnline()
  },
  'asked: a whole answer': asking('whole'),
  'asked: no answer': asking('offline'),
  'asked: a timeout': asking('timeout'),
  'asked: unavailable': asking('unavailable'),
  'asked: not a Dataverse': asking('protocol'),
  'asked: throttled, told': asking('throttled, told'),
  'asked: throttled, untold': asking('throttled'),
  'asked: no token': asking('unauthenticated'),
  'asked: another user': asking('another user'),
  'ten seconds': ({ env }) => env.advance(10_000),
  'two minutes': ({ env }) => env.advance(121_000),
  'two minutes without an answer': (here) => {
    here.answer = 'offline'
    return here.env.advance(121_000)
  },
  reconnect: async ({ org }) => org.reconnect(),
  'sign out, keep': ({ org }) => org.signOut({ unsent: 'keep' }),
  'sign out, discard': ({ org }) => org.signOut({ unsent: 'discard' }),
  'connect as the same user': ({ org }) => org.connect(),
  'connect as another': (here) => {
    here.answer = 'another user'
    return here.org.connect()
  },
  detach: ({ org }) => org.detach({ unsent: 'keep' }),
  close: ({ org }) => org.close(),
} satisfies Record<string, (here: Bench) => Promise<unknown>>

type State = keyof typeof STATES
type Event = keyof typeof EVENTS

/** Every state × every event: a missing cell does not compile. */
const EXPECTED: Readonly<Record<State, Readonly<Record<Event, string>>>> = {
  unknown: {
    'a write': 'connected, sends; delivered',
    'a write in another tab': 'connected, sends; delivered',
    online: 'unknown, quiet; nothing',
    offline: 'unknown, quiet; nothing',
    'asked: a whole answer': 'connected, asks; nothing',
    'asked: no answer': 'paused (offline), asks, throws offline; nothing',
    'asked: a timeout': 'paused (timeout), asks, throws timeout; nothing',
    'asked: unavailable': 'paused (unavailable), asks, throws unavailable; nothing',
    'asked: not a Dataverse': 'paused (protocol), asks, throws protocol; nothing',
    'asked: throttled, told': 'paused (throttled), asks, throws throttled; nothing',
    'asked: throttled, untold': 'paused (throttled), asks, throws throttled; nothing',
    'asked: no token': 'signed-out, asks, throws unauthenticated; nothing',
    'asked: another user': 'signed-out, asks, throws wrong-master; nothing',
    'ten seconds': 'unknown, quiet; nothing',
    'two minutes': 'unknown, quiet; nothing',
    'two minutes without an answer': 'unknown, quiet; nothing',
    reconnect: 'unknown, quiet; nothing',
    'sign out, keep': 'signed-out, quiet; nothing',
    'sign out, discard': 'unknown, quiet; nothing',
    'connect as the same user': 'connected, asks; nothing',
    'connect as another': 'signed-out, asks, throws wrong-master; nothing',
    detach: 'unknown, quiet; nothing',
    close: 'unknown, quiet; nothing',
  },
  connected: {
    'a write': 'connected, sends; delivered',
    'a write in another tab': 'connected, sends; delivered',
    online: 'connected, quiet; nothing',
    offline: 'connected, quiet; nothing',
    'asked: a whole answer': 'connected, asks; nothing',
    'asked: no answer': 'paused (offline), asks, throws offline; nothing',
    'asked: a timeout': 'paused (timeout), asks, throws timeout; nothing',
    'asked: unavailable': 'paused (unavailable), asks, throws unavailable; nothing',
    'asked: not a Dataverse': 'paused (protocol), asks, throws protocol; nothing',
    'asked: throttled, told': 'paused (throttled), asks, throws throttled; nothing',
    'asked: throttled, untold': 'paused (throttled), asks, throws throttled; nothing',
    'asked: no token': 'signed-out, asks, throws unauthenticated; nothing',
    'asked: another user': 'signed-out, asks, throws wrong-master; nothing',
    'ten seconds': 'connected, quiet; nothing',
    'two minutes': 'connected, quiet; nothing',
    'two minutes without an answer': 'connected, quiet; nothing',
    reconnect: 'unknown, quiet; nothing',
    'sign out, keep': 'signed-out, quiet; nothing',
    'sign out, discard': 'connected, quiet; nothing',
    'connect as the same user': 'connected, asks; nothing',
    'connect as another': 'signed-out, asks, throws wrong-master; nothing',
    detach: 'connected, quiet; nothing',
    close: 'connected, quiet; nothing',
  },
  paused: {
    'a write': 'connected, sends; delivered',
    'a write in another tab': 'connected, sends; delivered',
    online: 'connected, sends; delivered',
    offline: 'paused (offline), quiet; held',
    'asked: a whole answer': 'connected, sends; delivered',
    'asked: no answer': 'paused (offline), asks, throws offline; delivered',
    'asked: a timeout': 'paused (timeout), asks, throws timeout; delivered',
    'asked: unavailable': 'paused (unavailable), asks, throws unavailable; delivered',
    'asked: not a Dataverse': 'paused (protocol), asks, throws protocol; delivered',
    'asked: throttled, told': 'paused (throttled), asks, throws throttled; delivered',
    'asked: throttled, untold': 'paused (throttled), asks, throws throttled; delivered',
    'asked: no token': 'signed-out, asks, throws unauthenticated; held',
    'asked: another user': 'signed-out, asks, throws wrong-master; held',
    'ten seconds': 'connected, sends; delivered',
    'two minutes': 'connected, sends; delivered',
    'two minutes without an answer': 'paused (offline), asks; delivered',
    reconnect: 'connected, sends; delivered',
    'sign out, keep': 'signed-out, quiet; held',
    'sign out, discard': 'paused (offline), quiet; nothing',
    'connect as the same user': 'connected, sends; delivered',
    'connect as another': 'signed-out, asks, throws wrong-master; held',
    detach: 'paused (offline), quiet; nothing',
    close: 'paused (offline), quiet; held',
  },
  throttled: {
    'a write': 'paused (throttled), quiet; delivered',
    'a write in another tab': 'paused (throttled), quiet; delivered',
    online: 'paused (throttled), quiet; delivered',
    offline: 'paused (throttled), quiet; held',
    'asked: a whole answer': 'paused (throttled), quiet, throws throttled; delivered',
    'asked: no answer': 'paused (throttled), quiet, throws throttled; delivered',
    'asked: a timeout': 'paused (throttled), quiet, throws throttled; delivered',
    'asked: unavailable': 'paused (throttled), quiet, throws throttled; delivered',
    'asked: not a Dataverse': 'paused (throttled), quiet, throws throttled; delivered',
    'asked: throttled, told': 'paused (throttled), quiet, throws throttled; delivered',
    'asked: throttled, untold': 'paused (throttled), quiet, throws throttled; delivered',
    'asked: no token': 'paused (throttled), quiet, throws throttled; delivered',
    'asked: another user': 'paused (throttled), quiet, throws throttled; delivered',
    'ten seconds': 'paused (throttled), quiet; delivered',
    'two minutes': 'connected, sends; delivered',
    'two minutes without an answer': 'paused (offline), asks; delivered',
    reconnect: 'connected, sends; delivered',
    'sign out, keep': 'signed-out, quiet; held',
    'sign out, discard': 'paused (throttled), quiet; nothing',
    'connect as the same user': 'paused (throttled), quiet, throws throttled; delivered',
    'connect as another': 'paused (throttled), quiet, throws throttled; delivered',
    detach: 'paused (throttled), quiet; nothing',
    close: 'paused (throttled), quiet; held',
  },
  'signed out': {
    'a write': 'signed-out, quiet; held',
    'a write in another tab': 'signed-out, quiet; held',
    online: 'signed-out, quiet; held',
    offline: 'signed-out, quiet; held',
    'asked: a whole answer': 'connected, sends; delivered',
    'asked: no answer': 'paused (offline), asks, throws offline; delivered',
    'asked: a timeout': 'paused (timeout), asks, throws timeout; delivered',
    'asked: unavailable': 'paused (unavailable), asks, throws unavailable; delivered',
    'asked: not a Dataverse': 'paused (protocol), asks, throws protocol; delivered',
    'asked: throttled, told': 'paused (throttled), asks, throws throttled; delivered',
    'asked: throttled, untold': 'paused (throttled), asks, throws throttled; delivered',
    'asked: no token': 'signed-out, asks, throws unauthenticated; held',
    'asked: another user': 'signed-out, asks, throws wrong-master; held',
    'ten seconds': 'signed-out, quiet; held',
    'two minutes': 'signed-out, quiet; held',
    'two minutes without an answer': 'signed-out, quiet; held',
    reconnect: 'connected, sends; delivered',
    'sign out, keep': 'signed-out, quiet; held',
    'sign out, discard': 'signed-out, quiet; nothing',
    'connect as the same user': 'connected, sends; delivered',
    'connect as another': 'signed-out, asks, throws wrong-master; held',
    detach: 'signed-out, quiet; nothing',
    close: 'signed-out, quiet; held',
  },
  left: {
    'a write': 'signed-out, quiet, throws refused; held',
    'a write in another tab': 'signed-out, quiet, throws refused; held',
    online: 'signed-out, quiet; held',
    offline: 'signed-out, quiet; held',
    'asked: a whole answer': 'signed-out, quiet, throws unauthenticated; held',
    'asked: no answer': 'signed-out, quiet, throws unauthenticated; held',
    'asked: a timeout': 'signed-out, quiet, throws unauthenticated; held',
    'asked: unavailable': 'signed-out, quiet, throws unauthenticated; held',
    'asked: not a Dataverse': 'signed-out, quiet, throws unauthenticated; held',
    'asked: throttled, told': 'signed-out, quiet, throws unauthenticated; held',
    'asked: throttled, untold': 'signed-out, quiet, throws unauthenticated; held',
    'asked: no token': 'signed-out, quiet, throws unauthenticated; held',
    'asked: another user': 'signed-out, quiet, throws unauthenticated; held',
    'ten seconds': 'signed-out, quiet; held',
    'two minutes': 'signed-out, quiet; held',
    'two minutes without an answer': 'signed-out, quiet; held',
    reconnect: 'signed-out, quiet; held',
    'sign out, keep': 'signed-out, quiet; held',
    'sign out, discard': 'signed-out, quiet; nothing',
    'connect as the same user': 'connected, sends; delivered',
    'connect as another': 'signed-out, asks, throws wrong-master; held',
    detach: 'signed-out, quiet, throws refused; held',
    close: 'signed-out, quiet; held',
  },
  'left while throttled': {
    'a write': 'signed-out, quiet, throws refused; held',
    'a write in another tab': 'signed-out, quiet, throws refused; held',
    online: 'signed-out, quiet; held',
    offline: 'signed-out, quiet; held',
    'asked: a whole answer': 'signed-out, quiet, throws throttled; held',
    'asked: no answer': 'signed-out, quiet, throws throttled; held',
    'asked: a timeout': 'signed-out, quiet, throws throttled; held',
    'asked: unavailable': 'signed-out, quiet, throws throttled; held',
    'asked: not a Dataverse': 'signed-out, quiet, throws throttled; held',
    'asked: throttled, told': 'signed-out, quiet, throws throttled; held',
    'asked: throttled, untold': 'signed-out, quiet, throws throttled; held',
    'asked: no token': 'signed-out, quiet, throws throttled; held',
    'asked: another user': 'signed-out, quiet, throws throttled; held',
    'ten seconds': 'signed-out, quiet; held',
    'two minutes': 'signed-out, quiet; held',
    'two minutes without an answer': 'signed-out, quiet; held',
    reconnect: 'signed-out, quiet; held',
    'sign out, keep': 'signed-out, quiet; held',
    'sign out, discard': 'signed-out, quiet; nothing',
    'connect as the same user': 'signed-out, quiet, throws throttled; held',
    'connect as another': 'signed-out, quiet, throws throttled; held',
    detach: 'signed-out, quiet, throws refused; held',
    close: 'signed-out, quiet; held',
  },
  'without a network': {
    'a write': 'unknown, quiet; held',
    'a write in another tab': 'unknown, quiet; held',
    online: 'connected, sends; delivered',
    offline: 'unknown, quiet; held',
    'asked: a whole answer': 'connected, sends; delivered',
    'asked: no answer': 'paused (offline), asks, throws offline; held',
    'asked: a timeout': 'paused (timeout), asks, throws timeout; held',
    'asked: unavailable': 'paused (unavailable), asks, throws unavailable; held',
    'asked: not a Dataverse': 'paused (protocol), asks, throws protocol; held',
    'asked: throttled, told': 'paused (throttled), asks, throws throttled; held',
    'asked: throttled, untold': 'paused (throttled), asks, throws throttled; held',
    'asked: no token': 'signed-out, asks, throws unauthenticated; held',
    'asked: another user': 'signed-out, asks, throws wrong-master; held',
    'ten seconds': 'unknown, quiet; held',
    'two minutes': 'unknown, quiet; held',
    'two minutes without an answer': 'unknown, quiet; held',
    reconnect: 'unknown, quiet; held',
    'sign out, keep': 'signed-out, quiet; held',
    'sign out, discard': 'unknown, quiet; nothing',
    'connect as the same user': 'connected, asks; held',
    'connect as another': 'signed-out, asks, throws wrong-master; held',
    detach: 'unknown, quiet; nothing',
    close: 'unknown, quiet; held',
  },
  detached: {
    'a write': 'unknown, quiet; nothing',
    'a write in another tab': 'unknown, quiet; nothing',
    online: 'unknown, quiet; nothing',
    offline: 'unknown, quiet; nothing',
    'asked: a whole answer': 'unknown, quiet, throws refused; nothing',
    'asked: no answer': 'unknown, quiet, throws refused; nothing',
    'asked: a timeout': 'unknown, quiet, throws refused; nothing',
    'asked: unavailable': 'unknown, quiet, throws refused; nothing',
    'asked: not a Dataverse': 'unknown, quiet, throws refused; nothing',
    'asked: throttled, told': 'unknown, quiet, throws refused; nothing',
    'asked: throttled, untold': 'unknown, quiet, throws refused; nothing',
    'asked: no token': 'unknown, quiet, throws refused; nothing',
    'asked: another user': 'unknown, quiet, throws refused; nothing',
    'ten seconds': 'unknown, quiet; nothing',
    'two minutes': 'unknown, quiet; nothing',
    'two minutes without an answer': 'unknown, quiet; nothing',
    reconnect: 'unknown, quiet; nothing',
    'sign out, keep': 'signed-out, quiet; nothing',
    'sign out, discard': 'unknown, quiet; nothing',
    'connect as the same user': 'connected, asks; nothing',
    'connect as another': 'connected, asks; nothing',
    detach: 'unknown, quiet, throws refused; nothing',
    close: 'unknown, quiet; nothing',
  },
  closed: {
    'a write': 'paused (offline), quiet, throws closed; held',
    'a write in another tab': 'paused (offline), quiet; held',
    online: 'paused (offline), quiet; held',
    offline: 'paused (offline), quiet; held',
    'asked: a whole answer': 'paused (offline), quiet, throws closed; held',
    'asked: no answer': 'paused (offline), quiet, throws closed; held',
    'asked: a timeout': 'paused (offline), quiet, throws closed; held',
    'asked: unavailable': 'paused (offline), quiet, throws closed; held',
    'asked: not a Dataverse': 'paused (offline), quiet, throws closed; held',
    'asked: throttled, told': 'paused (offline), quiet, throws closed; held',
    'asked: throttled, untold': 'paused (offline), quiet, throws closed; held',
    'asked: no token': 'paused (offline), quiet, throws closed; held',
    'asked: another user': 'paused (offline), quiet, throws closed; held',
    'ten seconds': 'paused (offline), quiet; held',
    'two minutes': 'paused (offline), quiet; held',
    'two minutes without an answer': 'paused (offline), quiet; held',
    reconnect: 'unknown, quiet; held',
    'sign out, keep': 'signed-out, quiet; held',
    'sign out, discard': 'paused (offline), quiet; nothing',
    'connect as the same user': 'paused (offline), quiet, throws closed; held',
    'connect as another': 'paused (offline), quiet, throws closed; held',
    detach: 'paused (offline), quiet; nothing',
    close: 'paused (offline), quiet; held',
  },
}

async function found(state: State, event: Event): Promise<string> {
  const here = await bench()
  const [before, then]: ((of: Bench) => Promise<unknown>)[] = [STATES[state], EVENTS[event]]
  await before?.(here)
  await here.env.advance(0)
  await here.org.idle()
  here.answer = 'whole'
  here.asked = []
  const thrown = await then?.(here).then(
    () => '',
    (error: unknown) => {
      if (error instanceof OutpostError) return `, throws ${error.code}`
      throw error
    },
  )
  await here.env.advance(0)
  const { connection } = await here.org.status()
  const { kind } = connection
  const is = connection.kind === 'paused' ? `paused (${connection.code})` : kind
  const did = here.asked.includes('push') ? 'sends' : here.asked.length > 0 ? 'asks' : 'quiet'
  here.answer = 'whole'
  await here.env.advance(420_000)
  await here.org.idle()
  const { pending, processed } = await here.store.read('count', (tx) => tx.countTransactions())
  const later = pending > 0 ? 'held' : processed > 0 ? 'delivered' : 'nothing'
  return `${is}, ${did}${thrown}; ${later}`
}

const cells = Object.entries(EXPECTED).flatMap(([state, row]) =>
  Object.entries(row).map(([event, cell]) => [state as State, event as Event, cell] as const),
)

test.each(cells)('%s × %s: %s', async (state, event, cell) => {
  expect([await found(state, event)]).toEqual([cell])
})

test('a run that waits for its turn does not ask a master which has just asked to wait', async () => {
  const here = await bench()
  let answer = (): void => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const identify = here.model.identify.bind(here.model)
  here.model.identify = async () => {
    await answered
    throw new MasterError('throttled', 'scripted', { retryAfterMs: 60_000 })
  }
  await write(here)
  await here.env.advance(0)
  const syncing = here.org.sync()
  expect(here.asked).toEqual(['identify'])
  answer()
  await expect(syncing).rejects.toMatchObject({ code: 'throttled', mayHaveArrived: false })
  expect(here.asked).toEqual(['identify'])
  here.model.identify = identify
  await here.env.advance(60_000)
  await here.org.idle()
  expect(await here.org.outbox.counts()).toMatchObject({ pending: 0, processed: 1 })
})
