import type { Change, CreateChange, DeleteChange, RowReference } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { leftBehind, lookupsOf, referencesOf } from './dependencies.ts'
import { OutpostError } from '../errors.ts'
import { columnOf } from '../metadata.ts'
import { rowKey } from '../row.ts'
import { stronglyConnected } from './strongly-connected.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/**
 * Rows that others of the same write point to are created before those; deletions come last, and a row that points to
 * another one goes before it. What was in order stays so.
 *
 * Where rows point to each other in a circle, or one to itself, a lookup is put off (`deferred`): never one that the master
 * requires, or that cannot be updated. A circle of such lookups alone is `invalid`.
 */
export function parentsFirst(changes: readonly Change[], tables: Tables): readonly Change[] {
  const [first, ...others] = changes
  if (others.length === 0 && first?.kind !== 'create') return changes
  const remaining = changes.filter((change) => change.kind !== 'delete')
  const graph = new WriteGraph(remaining, tables)
  const sorted = graph.inOrder(remaining)
  return [
    ...sorted.map((change) => (change.kind === 'create' ? putOff(change, graph.deferred(change)) : change)),
    ...childrenFirst(
      changes.filter((change) => change.kind === 'delete'),
      tables,
    ),
  ]
}

/** A row that points to another one goes before it; what points in a circle stays in order. */
function childrenFirst(deletions: readonly DeleteChange[], tables: Tables): readonly DeleteChange[] {
  const sorted = new Set<DeleteChange>()
  const visited = new Set<DeleteChange>()
  const visit = (deletion: DeleteChange): void => {
    if (visited.has(deletion)) return
    visited.add(deletion)
    const pointsHere = (row: RowReference): boolean => row.table === deletion.table && row.id === deletion.id
    for (const other of deletions) if (leftBehind(other, tables).some(pointsHere)) visit(other)
    sorted.add(deletion)
  }
  for (const deletion of deletions) visit(deletion)
  return [...sorted]
}

function putOff({ deferred: _, ...create }: CreateChange, columns: readonly string[]): CreateChange {
  return columns.length > 0 ? { ...create, deferred: columns } : create
}

/** One change points to a row that another one creates. */
interface Link {
  readonly to: CreateChange
  /** The lookup that can be put off; null where none can. */
  readonly column: string | null
}

class WriteGraph {
  readonly #links = new Map<Change, readonly Link[]>()
  readonly #putOff = new Map<Change, readonly Link[]>()

  constructor(changes: readonly Change[], tables: Tables) {
    const creates = changes.filter((change) => change.kind === 'create')
    const created = new Map(creates.map((change) => [rowKey(change.table, change.id), change]))
    for (const change of changes) this.#links.set(change, linksOf(change, created, tables))
  }

  deferred(change: CreateChange): readonly string[] {
    return (this.#putOff.get(change) ?? []).flatMap(({ column }) => (column === null ? [] : [column]))
  }

  /** Those of the changes that others point to first; circles are broken where a lookup can be put off. */
  inOrder(changes: readonly Change[]): readonly Change[] {
    const within = new Set(changes)
    const groups = stronglyConnected(changes, (change) => this.#open(change, within).map(({ to }) => to))
    return groups.flatMap((group) => this.#broken(group))
  }

  /** A group is one change, or changes that all point to each other by some way. */
  #broken(group: readonly Change[]): readonly Change[] {
    const within = new Set(group)
    const [first] = group
    if (!first || (group.length === 1 && this.#open(first, within).length === 0)) return group
    const candidates = group.filter((change) => this.#open(change, within).every(({ column }) => column !== null))
    const [chosen] = candidates.toSorted(
      (one, other) => this.#open(one, within).length - this.#open(other, within).length,
    )
    if (!chosen) throw circle(group)
    this.#putOff.set(chosen, [...(this.#putOff.get(chosen) ?? []), ...this.#open(chosen, within)])
    return [chosen, ...this.inOrder(group.filter((change) => change !== chosen))]
  }

  #open(change: Change, within: ReadonlySet<Change>): readonly Link[] {
    const settled = this.#putOff.get(change) ?? []
    return (this.#links.get(change) ?? []).filter((link) => within.has(link.to) && !settled.includes(link))
  }
}

function linksOf(change: Change, created: ReadonlyMap<string, CreateChange>, tables: Tables): readonly Link[] {
  const lookups =
    change.kind === 'create'
      ? lookupsOf(change.table, change.values, tables)
      : referencesOf(change, tables).map((reference) => ({ ...reference, column: null }))
  return lookups.flatMap(({ table, id, column }) => {
    const to = created.get(rowKey(table, id))
    return to ? [{ to, column: column !== null && canWait(change.table, column, tables) ? column : null }] : []
  })
}

function canWait(table: string, name: string, tables: Tables): boolean {
  const metadata = tables.get(table)?.metadata
  const column = metadata && columnOf(metadata, name)
  return column?.updatable === true && !column.required && column.requiredOnCreate !== true
}

function circle(group: readonly Change[]): OutpostError {
  const [first] = group
  const rows = group.slice(0, 5).map(({ table, id }) => `${table} ${id}`)
  return new OutpostError(
    'invalid',
    `create of ${rows.join(', ')}: rows of one write point to each other in a circle, by lookups that cannot be set later`,
    {
      place: { rule: 'lookup-cycle', ...(first ? { table: first.table, row: first.id } : {}) },
      remedy: 'Create the rows without one of the lookups.',
    },
  )
}
