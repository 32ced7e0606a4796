import { columnKind, columnOf } from '../metadata.ts'
import type { ColumnMetadata, TableMetadata } from '../metadata.ts'

/** One difference in a column. */
export type ColumnChange =
  | {
      /** `column-unreadable`: it is still there, but cannot be selected any more. */
      readonly kind: 'column-added' | 'column-removed' | 'column-unreadable'
      readonly table: string
      readonly column: string
    }
  /** It was removed and made anew under its name: it has none of the values it had. */
  | { readonly kind: 'column-remade'; readonly table: string; readonly column: string }
  | {
      readonly kind: 'column-retyped' | 'column-renamed'
      readonly table: string
      readonly column: string
      readonly from: string
      readonly to: string
    }
  | {
      readonly kind: 'column-narrowed' | 'column-widened'
      readonly table: string
      readonly column: string
      readonly limit: 'maxLength' | 'min' | 'max' | 'precision'
      readonly from: number | null
      readonly to: number | null
    }
  | {
      readonly kind: 'required-changed' | 'creatable-changed' | 'updatable-changed'
      readonly table: string
      readonly column: string
      readonly to: boolean
    }
  | {
      readonly kind: 'option-added' | 'option-removed'
      readonly table: string
      readonly column: string
      readonly value: number
      readonly label: string
    }
  | {
      readonly kind: 'option-renamed'
      readonly table: string
      readonly column: string
      readonly value: number
      readonly from: string
      readonly to: string
    }
  | {
      /** The option of a status column belongs to another state. */
      readonly kind: 'option-moved'
      readonly table: string
      readonly column: string
      readonly value: number
    }
  | {
      readonly kind: 'targets-changed'
      readonly table: string
      readonly column: string
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }

/** What differs between the columns of two definitions of a table. */
export function columnChanges(old: TableMetadata, fresh: TableMetadata): readonly ColumnChange[] {
  const table = fresh.name
  // Everything in a table that was made anew is new, which is said once.
  const isNew = isRemadeTable(old, fresh)
  const added = fresh.columns
    .filter((column) => column.readable && !columnOf(old, column.name)?.readable)
    .map((column): ColumnChange => ({ kind: 'column-added', table, column: column.name }))
  const rest = old.columns.flatMap((column) => {
    const now = columnOf(fresh, column.name)
    const then = isNew && now?.mark !== undefined ? { ...column, mark: now.mark } : column
    return now ? changesOf(table, then, now) : [{ kind: 'column-removed', table, column: column.name } as const]
  })
  return [...added, ...rest]
}

function changesOf(table: string, old: ColumnMetadata, now: ColumnMetadata): readonly ColumnChange[] {
  const place = { table, column: now.name }
  const changes: ColumnChange[] = []
  if (old.readable && !now.readable) changes.push({ kind: 'column-unreadable', ...place })
  if (old.label !== now.label) changes.push({ kind: 'column-renamed', ...place, from: old.label, to: now.label })
  const [from, to] = [columnKind(old), columnKind(now)]
  // A lookup that has got another target is told as that.
  if (from !== to && !(old.type === 'lookup' && now.type === 'lookup')) {
    changes.push({ kind: 'column-retyped', ...place, from, to })
  } else if (isRemade(old, now)) changes.push({ kind: 'column-remade', ...place })
  const required = (column: ColumnMetadata): boolean => column.required || column.requiredOnCreate === true
  if (required(old) !== required(now)) changes.push({ kind: 'required-changed', ...place, to: required(now) })
  if (old.creatable !== now.creatable) changes.push({ kind: 'creatable-changed', ...place, to: now.creatable })
  if (old.updatable !== now.updatable) changes.push({ kind: 'updatable-changed', ...place, to: now.updatable })
  if (old.type !== now.type) return changes
  return [
    ...changes,
    ...limitChanges(place, old, now),
    ...optionChanges(place, old, now),
    ...targetChanges(place, old, now),
  ]
}

/** Whether the table was removed and made anew under its name. */
export function isRemadeTable(old: TableMetadata, fresh: TableMetadata): boolean {
  const [then, now] = [columnOf(old, old.primaryId), columnOf(fresh, fresh.primaryId)]
  return then !== undefined && now !== undefined && isRemade(then, now)
}

/** Whether the column was removed and made anew. Not told of a copy that an older version made. */
function isRemade(old: ColumnMetadata, now: ColumnMetadata): boolean {
  return old.mark !== undefined && now.mark !== undefined && old.mark !== now.mark
}

interface Place {
  readonly table: string
  readonly column: string
}

const LIMITS = ['maxLength', 'min', 'max', 'precision'] as const

function limitChanges(place: Place, old: ColumnMetadata, now: ColumnMetadata): readonly ColumnChange[] {
  return LIMITS.flatMap((limit): readonly ColumnChange[] => {
    const [from, to] = [old[limit] ?? null, now[limit] ?? null]
    if (from === to) return []
    const isSmaller = to !== null && (from === null || to < from)
    const isNarrower = limit === 'min' ? to !== null && (from === null || to > from) : isSmaller
    return [{ kind: isNarrower ? 'column-narrowed' : 'column-widened', ...place, limit, from, to }]
  })
}

function optionChanges(place: Place, old: ColumnMetadata, now: ColumnMetadata): readonly ColumnChange[] {
  const [before, after] = [old, now].map(({ options = [] }) => new Map(options.map((each) => [each.value, each])))
  const added = [...(after?.values() ?? [])]
    .filter(({ value }) => !before?.has(value))
    .map(({ value, label }): ColumnChange => ({ kind: 'option-added', ...place, value, label }))
  const rest = [...(before?.values() ?? [])].flatMap(({ value, label, state }): readonly ColumnChange[] => {
    const next = after?.get(value)
    if (!next) return [{ kind: 'option-removed', ...place, value, label }]
    return [
      ...(next.label === label
        ? []
        : [{ kind: 'option-renamed', ...place, value, from: label, to: next.label } as const]),
      ...(next.state === state ? [] : [{ kind: 'option-moved', ...place, value } as const]),
    ]
  })
  return [...added, ...rest]
}

function targetChanges(place: Place, old: ColumnMetadata, now: ColumnMetadata): readonly ColumnChange[] {
  const [before, after] = [old, now].map(({ targets = [] }) => new Set(targets.map((target) => target.table)))
  const added = [...(after ?? [])].filter((table) => !before?.has(table))
  const removed = [...(before ?? [])].filter((table) => !after?.has(table))
  return added.length + removed.length === 0 ? [] : [{ kind: 'targets-changed', ...place, added, removed }]
}
