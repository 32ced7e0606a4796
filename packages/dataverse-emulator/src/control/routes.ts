import type { Emulator } from '../emulator-interface.ts'
import { checkLifetime } from '../http/tokens.ts'
import { columnFromJson, tableFromJson } from './column-from-json.ts'
import { faultsFromJson, faultToJson } from './fault-from-json.ts'
import { FieldError, Fields } from './fields.ts'
import { setLimits, turnKnobs } from './knob-values.ts'
import { changeRow } from './master-from-json.ts'
import { changeSecurity, SECURITY_CHANGES } from './security-from-json.ts'

/** What a route of the control endpoint is given. */
export interface Call {
  readonly emulator: Emulator
  /** The body as JSON; undefined where there was none. */
  readonly body: unknown
  readonly query: URLSearchParams
}

/** One thing the control endpoint does. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Behind `/emulator`. */
  readonly path: string
  readonly what: string
  /** Gives what is answered as JSON; undefined for 204. */
  readonly run: (call: Call) => unknown
}

function filterFrom(query: URLSearchParams): Parameters<Emulator['requests']>[0] {
  const text = (name: string): string | undefined => query.get(name) ?? undefined
  const [method, user, status, inBatch] = ['method', 'user', 'status', 'inBatch'].map(text)
  const path = query.has('path') ? new Fields({ path: query.get('path') }).pattern('path') : undefined
  for (const name of query.keys()) {
    if (!['method', 'user', 'status', 'inBatch', 'path'].includes(name)) throw new FieldError(name, 'is unknown here')
  }
  return {
    ...(method === undefined ? {} : { method }),
    ...(user === undefined ? {} : { user }),
    ...(status === undefined ? {} : { status: new Fields({ status: Number(status) }).number('status') }),
    ...(inBatch === undefined ? {} : { inBatch: inBatch === 'true' }),
    ...(path === undefined ? {} : { path }),
  }
}

function moveClock({ emulator, body }: Call): unknown {
  const fields = new Fields(body)
  if (fields.has('advanceMs')) emulator.clock.advance(fields.number('advanceMs'), ...fields.end())
  else if (typeof fields.raw('set') === 'number') emulator.clock.set(fields.number('set'), ...fields.end())
  else emulator.clock.set(fields.text('set'), ...fields.end())
  return { now: new Date(emulator.clock.now()).toISOString() }
}

function changeSchema({ emulator, body }: Call): unknown {
  const { schema } = emulator
  const fields = new Fields(body)
  const kind = fields.oneOf('do', [
    'addColumn',
    'removeColumn',
    'retypeColumn',
    'addTable',
    'removeTable',
    'addOption',
    'renameOption',
    'removeOption',
    'disableChangeTracking',
    'expireStamps',
  ])
  const on = (): string => fields.text('table')
  switch (kind) {
    case 'addColumn':
      schema.addColumn(on(), columnFromJson(fields.raw('column'), 'column', on()), ...fields.end())
      break
    case 'removeColumn':
      schema.removeColumn(on(), fields.text('column'), ...fields.end())
      break
    case 'retypeColumn':
      schema.retypeColumn(on(), columnFromJson(fields.raw('column'), 'column', on()), ...fields.end())
      break
    case 'addTable': {
      const code = Math.max(10_000, ...schema.tables().map(({ objectTypeCode }) => objectTypeCode)) + 1
      schema.addTable(tableFromJson(fields.raw('table'), 'table', code), ...fields.end())
      break
    }
    case 'removeTable':
      schema.removeTable(on(), ...fields.end())
      break
    case 'addOption':
      schema.addOption(
        on(),
        fields.text('column'),
        { value: fields.number('value'), label: fields.text('label') },
        ...fields.end(),
      )
      break
    case 'renameOption':
      schema.renameOption(on(), fields.text('column'), fields.number('value'), fields.text('label'), ...fields.end())
      break
    case 'removeOption':
      schema.removeOption(on(), fields.text('column'), fields.number('value'), ...fields.end())
      break
    case 'disableChangeTracking':
      emulator.disableChangeTracking(on(), ...fields.end())
      break
    case 'expireStamps':
      schema.expireStamps(...fields.end())
  }
  return { stamp: schema.stamp }
}

function issueToken({ emulator, body }: Call): unknown {
  const fields = new Fields(body)
  const user = fields.text('user')
  const { lifetimeSeconds } = fields.optional('lifetimeSeconds', (name) => fields.number(name))
  if (lifetimeSeconds !== undefined) checkLifetime('lifetimeSeconds', lifetimeSeconds, 1000)
  const options = {
    ...fields.optional('audience', (name) => fields.text(name)),
    ...(lifetimeSeconds === undefined ? {} : { lifetimeMs: lifetimeSeconds * 1000 }),
  }
  fields.end()
  return { user, token: emulator.tokenFor(user, options) }
}

function withFields(run: (fields: Fields, emulator: Emulator) => unknown): Route['run'] {
  return ({ emulator, body }) => run(new Fields(body ?? {}), emulator)
}

/** Everything the control endpoint does, in the order it is listed. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/faults',
    what: 'the faults that are armed, and how often each has struck',
    run: ({ emulator }) => emulator.faults.armed.map(({ rule, struck }) => ({ rule: faultToJson(rule), struck })),
  },
  {
    method: 'POST',
    path: '/faults',
    what: 'arms a fault, or a list of them: {"match":{"method","path","user","headers","body","table","batch","part"},"nth","times","probability","fault":{"kind",…}}',
    run: ({ emulator, body }) => {
      const rules = faultsFromJson(body)
      // All of them or none.
      for (const rule of rules) emulator.faults.check(rule)
      for (const rule of rules) emulator.faults.add(rule)
      return { armed: emulator.faults.armed.length }
    },
  },
  { method: 'DELETE', path: '/faults', what: 'disarms all faults', run: ({ emulator }) => emulator.faults.clear() },
  { method: 'GET', path: '/knobs', what: 'all knobs', run: ({ emulator }) => emulator.knobs },
  {
    method: 'POST',
    path: '/knobs',
    what: 'turns knobs: {"emptyErrorCodes":true,"latency":[20,200],…}',
    run: ({ emulator, body }) => {
      const fields = new Fields(body)
      turnKnobs(emulator.knobs, Object.fromEntries(fields.names.map((name) => [name, fields.raw(name)])))
      return emulator.knobs
    },
  },
  { method: 'GET', path: '/limits', what: 'service protection and lengths', run: ({ emulator }) => emulator.limits },
  {
    method: 'POST',
    path: '/limits',
    what: 'sets limits: {"requests":100,"windowSeconds":10,…}',
    run: ({ emulator, body }) => {
      const fields = new Fields(body)
      setLimits(emulator.limits, Object.fromEntries(fields.names.map((name) => [name, fields.raw(name)])))
      return emulator.limits
    },
  },
  {
    method: 'GET',
    path: '/requests',
    what: 'the log of requests, also those inside of batches; ?method= &path= &user= &status= &inBatch= filter it',
    run: ({ emulator, query }) => emulator.requests(filterFrom(query)),
  },
  {
    method: 'DELETE',
    path: '/requests',
    what: 'empties the log',
    run: ({ emulator }) => emulator.clearRequests(),
  },
  {
    method: 'GET',
    path: '/clock',
    what: 'the server’s clock',
    run: ({ emulator }) => ({ now: new Date(emulator.clock.now()).toISOString() }),
  },
  {
    method: 'POST',
    path: '/clock',
    what: 'moves or sets the clock: {"advanceMs":-5000} or {"set":"2026-01-01T00:00:00Z"}',
    run: moveClock,
  },
  {
    method: 'POST',
    path: '/expire-delta',
    what: 'makes every delta token given out so far an expired one',
    run: withFields((fields, emulator) => emulator.expireDelta(...fields.end())),
  },
  {
    method: 'POST',
    path: '/backup',
    what: 'keeps rows, versions, deletions and schema as they are now',
    run: withFields((fields, emulator) => void emulator.backup(...fields.end())),
  },
  {
    method: 'POST',
    path: '/restore',
    what: 'goes back to the last backup; versions may be lower from then on',
    run: withFields((fields, emulator) => emulator.restoreBackup(...fields.end())),
  },
  {
    method: 'POST',
    path: '/replace-organization',
    what: 'puts another organisation of the same names and new ids in its place: {"rows":"same"|"none"}',
    run: withFields((fields, emulator) =>
      emulator.replaceOrganization(
        fields.optional('rows', (name) => fields.oneOf(name, ['same', 'none'])),
        ...fields.end(),
      ),
    ),
  },
  {
    method: 'POST',
    path: '/delayed-commit',
    what: 'the next request that writes commits late: {"ms":5000}',
    run: withFields((fields, emulator) => emulator.delayedCommit(fields.number('ms'), ...fields.end())),
  },
  {
    method: 'POST',
    path: '/settle',
    what: 'commits everything that waits for its commit',
    run: withFields((fields, emulator) => emulator.settle(...fields.end())),
  },
  {
    method: 'GET',
    path: '/master',
    what: 'a row as it is stored: ?table= &id=; without an id how many rows the table has',
    run: ({ emulator, query }) => {
      const asked = new Fields(Object.fromEntries(query))
      const name = asked.text('table')
      const { id } = asked.optional('id', (key) => asked.text(key))
      asked.end()
      return id === undefined ? { count: emulator.master.count(name) } : (emulator.master.row(name, id) ?? null)
    },
  },
  {
    method: 'POST',
    path: '/master',
    what: 'changes rows as the server’s own hand, one or a list: {"do":"create"|"update"|"remove"|"assign"|"associate"|"disassociate"|"touch","table","id","values","as",…}; "commitAfterMs" commits late',
    run: ({ emulator, body }) => changeRow(emulator, body),
  },
  {
    method: 'POST',
    path: '/schema',
    what: 'changes the schema: {"do":"addColumn"|"removeColumn"|"retypeColumn"|"addTable"|"removeTable"|"addOption"|"renameOption"|"removeOption"|"disableChangeTracking"|"expireStamps",…}',
    run: changeSchema,
  },
  {
    method: 'POST',
    path: '/security',
    what: `changes who may do what: {"do":${SECURITY_CHANGES.map((name) => `"${name}"`).join('|')},…}`,
    run: ({ emulator, body }) => changeSecurity(emulator, body),
  },
  {
    method: 'GET',
    path: '/users',
    what: 'who there is',
    run: ({ emulator }) => emulator.users.map(({ id, name }) => ({ id, name })),
  },
  {
    method: 'POST',
    path: '/tokens',
    what: 'issues a token: {"user","lifetimeSeconds","audience"}',
    run: issueToken,
  },
  {
    method: 'DELETE',
    path: '/tokens',
    what: 'makes a token worthless: {"token"}',
    run: withFields((fields, emulator) => emulator.revokeToken(fields.text('token'), ...fields.end())),
  },
]
