import type { SeedRow, StoredValues } from '../schema.ts'

class RowInParts implements SeedRow {
  readonly table: string
  readonly parts: readonly StoredValues[]

  constructor(table: string, parts: readonly StoredValues[]) {
    this.table = table
    this.parts = parts
  }

  get values(): StoredValues {
    return Object.assign({}, ...this.parts) as StoredValues
  }
}

/** A row whose values come in parts, later ones over earlier ones: a million are made quicker than by merging each. */
export function rowOf(table: string, ...parts: readonly StoredValues[]): SeedRow {
  return new RowInParts(table, parts)
}
