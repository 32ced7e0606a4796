import type { ColumnKind } from '../odata/column-kind.ts'
import type { QueryValue } from '../odata/compare-values.ts'
import type { RowStore } from '../rows/row-store.ts'
import type { Row } from '../rows/row.ts'
import type { User } from '../rows/user.ts'
import type { ColumnDefinition, TableDefinition } from '../schema.ts'

/** Three-valued truth: null is "unknown" and returns no row. */
export type Truth = boolean | null

/** A filter ready to be asked about rows of one table. */
export type Condition = (row: Row) => Truth

/** A column as a condition reads it. `table` is the one that has the column, not always the one that is asked. */
export interface QueryColumn {
  readonly table: TableDefinition
  readonly definition: ColumnDefinition
  readonly kind: ColumnKind
  readonly value: (row: Row) => QueryValue
}

/** The organisation's fiscal calendar. */
export interface FiscalSettings {
  /** Month (0 to 11) and day on which a fiscal year begins. */
  readonly month: number
  readonly day: number
  readonly periodsPerYear: 1 | 2 | 4 | 12 | 13
}

/** What conditions on users, dates and hierarchies depend on; taken once for each query. */
export interface ConditionContext {
  readonly store: RowStore
  readonly user: Pick<User, 'id' | 'businessUnitId' | 'teamIds'>
  readonly nowMs: number
  /** IANA name of the time zone in which the user's days begin. */
  readonly timeZone: string
  readonly languageCode: number
  readonly fiscal: FiscalSettings
}

/** How many values a condition compares with: `list` is one or more. */
export type ValueCount = 'none' | 'one' | 'pair' | 'list'

/** One operator of Dataverse's conditions, whichever query language names it. */
export interface ConditionOperator {
  /** Name in the ConditionOperator enumeration and, where `isFunction`, of the Web API's query function. */
  readonly name: string
  /** Names in FetchXML. */
  readonly fetchNames: readonly string[]
  readonly isFunction: boolean
  readonly values: ValueCount
  /** Whether the values are whole numbers that count something, rather than values of the column. */
  readonly counts: boolean
  /** Whether the operator is one for columns of this type. */
  readonly takes: (column: ColumnDefinition) => boolean
  /** The condition on a row. Values come as text and in the right number; those that do not fit are refused (400). */
  readonly bind: (column: QueryColumn, values: readonly string[], context: ConditionContext) => Condition
}
