/** A row by its table and id. */
export interface Reference {
  readonly table: string
  readonly id: string
}
