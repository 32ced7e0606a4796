import { expect, onTestFinished } from 'vitest'
import type { ManualEnv } from '@outpost/core/testing'
import { createEmulator, fieldService, privilegesOf } from '@outpost/dataverse-emulator'
import type { Emulator, MasterValues, Privilege, RowMessage } from '@outpost/dataverse-emulator'

type Values = Readonly<Record<string, unknown>>

/** The master organisation, and those who work in it: they change rows, and say what they do not take. */
export interface Office {
  readonly emulator: Emulator
  /** What was asked since the last look, as `METHOD path?query`: the parts of batches, and not the batches themselves. */
  asked(): readonly string[]
  /** Somebody who may do everything in the tables of the field service, or with their own rows; gives the name. */
  employs(name: string, sees?: 'all' | 'own'): string
  adds(table: string, values: MasterValues): string
  changes(table: string, id: string, values: MasterValues): void
  deletes(table: string, id: string): void
  /** Makes somebody else the owner of a row. */
  gives(table: string, id: string, name: string): void
  /** The row as it stands in the master; undefined where there is none. */
  row(table: string, id: string): Values | undefined
  /** How many rows have these values. */
  count(table: string, values: Values): number
  version(table: string, id: string): bigint | undefined
  /** The rows on both ends of a many-to-many relationship's intersect table that are linked. */
  linked(intersect: string, ends: Values): boolean
  /** A plug-in that does not take a row from technicians; gives back how to take it out again. */
  refuses(message: RowMessage, table: string, saying: string, when?: (values: Values) => boolean): () => void
  /** Takes privileges on a table from somebody, or gives them back. */
  forbids(who: string, table: string, privileges: readonly Privilege[]): void
  allows(who: string, table: string, privileges: readonly Privilege[]): void
  /** Whatever is read at this path is refused from now on, until the faults are cleared. */
  cannotRead(path: RegExp): void
  /** What technicians did to rows, in the order in which it happened: `Create account`. Also what was undone again. */
  heard(): readonly string[]
  /** The values that technicians give a column from now on, in the order in which they arrive. */
  watches(table: string, column: string): readonly unknown[]
}

/** An office that looks at the given clock. */
export function openOffice(clock: ManualEnv): Office {
  const emulator = createEmulator({
    seed: fieldService({ rows: 200 }),
    clock: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  })
  const { master, plugins, security } = emulator
  const role = security.addRole({ name: 'Field service', privileges: privilegesOf('organization') })
  const own = security.addRole({ name: 'Own rows', privileges: privilegesOf('user') })
  let heard: string[] = []
  for (const message of ['Create', 'Update', 'Delete', 'Associate', 'Disassociate'] as const) {
    plugins.register({
      name: `Hears of ${message}`,
      message,
      stage: 'postOperation',
      run: ({ table }) => void heard.push(`${message} ${table ?? ''}`),
    })
  }
  let asked = 0
  // Whatever a scenario is about: metadata goes one way.
  onTestFinished(() => {
    const paths =
      /\/(?:EntityDefinitions|RelationshipDefinitions|GlobalOptionSetDefinitions|ManagedPropertyDefinitions)\b/
    expect(
      emulator.requests().filter(({ method, path }) => method !== 'GET' && method !== 'HEAD' && paths.test(path)),
    ).toEqual([])
  })
  return {
    emulator,
    asked: () => {
      const all = emulator.requests()
      const seen = all.slice(asked).filter(({ path }) => !path.endsWith('/$batch'))
      asked = all.length
      return seen.map(
        ({ method, path }) => `${method} ${decodeURIComponent(path).replace(/^.*\/api\/data\/v9\.2\//, '')}`,
      )
    },
    employs: (name, sees = 'all') => security.addUser({ name, roles: [sees === 'all' ? role : own] }).name,
    adds: (table, values) => master.create(table, values),
    changes: (table, id, values) => master.update(table, id, values),
    deletes: (table, id) => master.remove(table, id),
    gives: (table, id, name) => {
      const user = emulator.users.find((one) => one.name === name)
      master.assign(table, id, { table: 'systemuser', id: user?.id ?? '' })
    },
    row: (table, id) => master.row(table, id)?.values,
    count: (table, values) => master.rows(table).filter((row) => hasAll(row.values, values)).length,
    version: (table, id) => master.row(table, id)?.version,
    linked: (intersect, ends) => master.rows(intersect).some((row) => hasAll(row.values, ends)),
    refuses: (message, table, saying, when = () => true) => {
      const step = plugins.register({
        name: `Refuses ${message} of ${table}`,
        message,
        table,
        stage: 'preOperation',
        run: ({ target, preImage, refuse }) => {
          if (when({ ...preImage, ...target })) refuse(saying)
        },
      })
      return () => plugins.unregister(step)
    },
    forbids: (who, table, privileges) => security.privilegeDepth(who, table, 'none', privileges),
    allows: (who, table, privileges) => security.privilegeDepth(who, table, 'organization', privileges),
    cannotRead: (path) => {
      for (const part of [true, false]) {
        emulator.faults.add({
          match: { method: 'GET', path, ...(part ? { part } : { batch: false }) },
          times: Infinity,
          fault: { kind: 'status', status: 400, code: '0x80060888', body: 'json' },
        })
      }
    },
    watches: (table, column) => {
      const values: unknown[] = []
      for (const message of ['Create', 'Update'] as const) {
        plugins.register({
          name: `Watches ${column} on ${message}`,
          message,
          table,
          stage: 'postOperation',
          run: ({ target }) => void (column in target && values.push(target[column])),
        })
      }
      return values
    },
    heard: () => {
      const all = heard
      heard = []
      return all
    },
  }
}

function hasAll(row: Values, wanted: Values): boolean {
  return Object.entries(wanted).every(([column, value]) => (row[column] ?? null) === value)
}
