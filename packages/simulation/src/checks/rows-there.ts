import { rowKey } from '@outpost/core'
import type { Scenario } from '../scenario.ts'
import type { World } from '../world.ts'

const tables = new WeakMap<Scenario, readonly string[]>()

export function tablesOf({ scenario }: World): readonly string[] {
  const found = tables.get(scenario) ?? [
    ...new Set(scenario.configurations.flatMap((each) => Object.keys(each.tables))),
  ]
  tables.set(scenario, found)
  return found
}

/** What says of a row that it has changed. */
export interface Stamp {
  readonly version: bigint
  readonly modifiedOn: unknown
}

/** The stamps of all rows of the scenario's tables. */
export function stampsThere(world: World): ReadonlyMap<string, Stamp> {
  const { master, schema } = world.emulator
  return new Map(
    [...tablesOf(world)].flatMap((table) => {
      const link = schema.manyToManyByIntersect(table)
      return master.rows(table).map(({ id, version, values }): [string, Stamp] => {
        const ends = link && `${String(values[link.column1])}:${String(values[link.column2])}`
        return [rowKey(table, ends ?? id), { version, modifiedOn: values['modifiedon'] }]
      })
    }),
  )
}

export function versionsThere(world: World): ReadonlyMap<string, bigint> {
  return new Map([...stampsThere(world)].map(([key, { version }]) => [key, version]))
}

/** The rows that are others, or gone, behind what is done; those that go with others included. */
export function changedIn(world: World, does: () => void): readonly string[] {
  const before = versionsThere(world)
  does()
  const after = versionsThere(world)
  const keys = new Set([...before.keys(), ...after.keys()])
  return [...keys].flatMap((key) => (before.get(key) === after.get(key) ? [] : [key.slice(key.indexOf('/') + 1)]))
}

export function rowThere(
  { emulator }: World,
  table: string,
  id: string,
): { readonly version: bigint; readonly values: Readonly<Record<string, unknown>> } | undefined {
  const link = emulator.schema.manyToManyByIntersect(table)
  if (!link) return emulator.master.rows(table).find((row) => row.id === id)
  return emulator.master
    .rows(table)
    .find(({ values }) => `${String(values[link.column1])}:${String(values[link.column2])}` === id)
}

export function versionOf(etag: string | null): bigint | null {
  const digits = /\d+/.exec(etag ?? '')?.[0]
  return digits === undefined ? null : BigInt(digits)
}
