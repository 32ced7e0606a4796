import type { ColumnMetadata, LocalColumn } from '@outpost/core'
import type { Draw } from '@outpost/core/testing'
import type { ColumnDefinition } from '@outpost/dataverse-emulator'

/** What can be written to a column; `null` where it is not written at random. */
export type Writable =
  | { readonly kind: 'text'; readonly maxLength: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly precision: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly options: readonly number[] }
  | { readonly kind: 'instant' | 'day' }
  | { readonly kind: 'lookup'; readonly targets: readonly string[] }
  | null

/** As the device's copy of the metadata has it, or as a column is configured that only the device has. */
export function writableHere(column: ColumnMetadata | LocalColumn): Writable {
  const { type, min = 0, max = 1_000_000 } = column
  switch (type) {
    case 'text':
    case 'memo':
      return { kind: 'text', maxLength: column.maxLength ?? 100 }
    case 'integer':
      return { kind: 'number', min, max, precision: 0 }
    case 'decimal':
    case 'double':
    case 'money':
      return { kind: 'number', min, max, precision: column.precision ?? 2 }
    case 'boolean':
      return { kind: 'boolean' }
    case 'choice':
      return { kind: 'choice', options: (column.options ?? []).map(({ value }) => value) }
    case 'datetime':
      return { kind: 'instant' }
    case 'date':
      return { kind: 'day' }
    case 'lookup':
      return { kind: 'lookup', targets: (column.targets ?? []).map(({ table }) => table) }
    case 'bigint':
    case 'choices':
    case 'state':
    case 'status':
    case 'guid':
    case 'file':
    case 'image':
    case 'other':
      return null
  }
}

/** As the master has it. */
export function writableThere(column: ColumnDefinition): Writable {
  switch (column.type) {
    case 'String':
    case 'Memo':
      return { kind: 'text', maxLength: column.maxLength }
    case 'Integer':
      return { kind: 'number', min: column.min, max: column.max, precision: 0 }
    case 'Decimal':
    case 'Double':
    case 'Money':
      return { kind: 'number', min: column.min, max: column.max, precision: 2 }
    case 'Boolean':
      return { kind: 'boolean' }
    case 'Picklist':
      return { kind: 'choice', options: column.options.map(({ value }) => value) }
    case 'DateTime':
      return { kind: column.behavior === 'DateOnly' ? 'day' : 'instant' }
    case 'Lookup':
    case 'Customer':
      return { kind: 'lookup', targets: column.targets }
    default:
      return null
  }
}

/** A drawn value; a lookup as the row it points to. `undefined` where there is nothing to write. */
export type Drawn = string | number | boolean | null | { readonly table: string; readonly id: string }

/** What values are drawn from besides the column itself. */
export interface DrawnFrom {
  readonly words: readonly string[]
  /** A text that was never written before. */
  readonly token: () => string
  /** Values that are liked. */
  readonly liked: readonly (string | number | boolean | null)[]
  /** Some row of a table; null where there is none. */
  readonly anyRow: (table: string) => string | null
}

export function drawValue(draw: Draw, writable: NonNullable<Writable>, from: DrawnFrom): Drawn {
  if (writable.kind !== 'text' && from.liked.length > 0 && draw.chance(0.6)) return draw.pick(from.liked)
  switch (writable.kind) {
    case 'text':
      return `${draw.pick(from.words)} ${from.token()}`.slice(-writable.maxLength)
    case 'number': {
      const [low, high] = [Math.max(writable.min, -1000), Math.min(writable.max, 100_000)]
      const scale = 10 ** Math.min(writable.precision, 2)
      return Math.round((low + draw.number() * (high - low)) * scale) / scale
    }
    case 'boolean':
      return draw.chance(0.5)
    case 'choice':
      return writable.options.length === 0 ? null : draw.pick(writable.options)
    case 'instant':
      return `2025-0${1 + draw.below(9)}-1${draw.below(9)}T0${draw.below(9)}:00:00Z`
    case 'day':
      return `2025-0${1 + draw.below(9)}-1${draw.below(9)}`
    case 'lookup': {
      const table = writable.targets.length === 0 ? undefined : draw.pick(writable.targets)
      const id = table === undefined || draw.chance(0.2) ? null : from.anyRow(table)
      return table === undefined || id === null ? null : { table, id }
    }
  }
}
