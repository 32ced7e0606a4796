import type { JsonValue } from '../json/write.ts'
import type { GivenValue } from '../rows/given-values.ts'
import type { Reference } from '../rows/reference.ts'
import type { RowHand } from '../rows/row-hand.ts'
import type { StoredValues } from '../schema.ts'

/** When a plug-in runs: before anything is checked, before the row is stored, or after it, in the same transaction. */
export type PluginStage = 'preValidation' | 'preOperation' | 'postOperation'

/** The messages of rows; any other name is that of a function or action. */
export type RowMessage = 'Create' | 'Update' | 'Delete' | 'Associate' | 'Disassociate'

/** What a plug-in sees and can do. */
export interface PluginContext {
  /** Name of the plug-in. */
  readonly name: string
  readonly message: string
  readonly stage: PluginStage
  /** The table of the row; undefined for an unbound operation. */
  readonly table: string | undefined
  /** The row. */
  readonly id: string | undefined
  /**
   * What the request writes, by logical column name, lookups as `{ table, id }`. Before the row is stored it may be
   * changed: what is there afterwards is stored. Empty for Delete, Associate, Disassociate and operations.
   */
  readonly target: Record<string, GivenValue>
  /** The row as stored before; undefined for Create and operations without a row. */
  readonly preImage: StoredValues | undefined
  /** The row as stored by this request; only after the operation, and not for Delete. */
  readonly postImage: StoredValues | undefined
  /** Associate and Disassociate: schema name of the relationship and the row at the other end. */
  readonly relationship: string | undefined
  readonly related: Reference | undefined
  /** Functions and actions: their parameters as plain JSON. */
  readonly parameters: Readonly<Record<string, JsonValue>>
  readonly user: { readonly id: string; readonly name: string; readonly businessUnitId: string }
  /** 1 for what a request does, one more for each plug-in that caused it. */
  readonly depth: number
  /** Shared by all plug-ins of the request; `tag` holds what came as `?tag=`. */
  readonly sharedVariables: Map<string, unknown>
  /** Writes in the same transaction as the user, whose privileges limit it. */
  readonly service: RowHand
  /** The same without privileges. */
  readonly systemService: RowHand
  /** Has something done once the request has committed; never, where it is taken back. */
  readonly onCommit: (then: () => void) => void
  /** Refuses the request: 400, code 0x80040265 unless given, and this message. */
  readonly refuse: (message: string, code?: string) => never
}

/** A plug-in as it is registered. */
export interface PluginStep {
  readonly name: string
  readonly message: RowMessage | (string & {})
  /** For rows of this table only; for N:N links, tables at either end. */
  readonly table?: string
  readonly stage: PluginStage
  /** `async` (postOperation only): after the answer, when the emulator runs its jobs. */
  readonly mode?: 'sync' | 'async'
  /** Update only: runs when the request writes one of these columns. */
  readonly filteringColumns?: readonly string[]
  readonly run: (context: PluginContext) => void
}

/** A registered plug-in. `id` is that of its step, for `MSCRM.BypassBusinessLogicExecutionStepIds`. */
export interface RegisteredStep extends PluginStep {
  readonly id: string
}
