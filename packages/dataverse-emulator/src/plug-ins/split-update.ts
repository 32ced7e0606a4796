import type { Changes } from '../rows/changes.ts'

const STATE: ReadonlySet<string> = new Set(['statecode', 'statuscode'])
const OWNER: ReadonlySet<string> = new Set(['ownerid'])

function part(changes: Changes, keep: (column: string) => boolean): Changes {
  const of = <T>(map: ReadonlyMap<string, T>): Map<string, T> => new Map([...map].filter(([name]) => keep(name)))
  return { ...changes, values: of(changes.values), lookups: of(changes.lookups) }
}

/**
 * An update as plug-ins see it: state and owner were messages of their own once, so an update that sets them together
 * with other columns runs once for the other columns, once for the owner and once for the state.
 */
export function splitUpdate(changes: Changes): readonly Changes[] {
  const parts = [
    part(changes, (column) => !OWNER.has(column) && !STATE.has(column)),
    part(changes, (column) => OWNER.has(column)),
    part(changes, (column) => STATE.has(column)),
  ].filter(({ values, lookups }) => values.size + lookups.size > 0)
  return parts.length < 2 ? [changes] : parts
}
