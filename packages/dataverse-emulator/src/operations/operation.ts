import type { ApiRequest } from '../http/request.ts'
import type { Json } from '../json/read.ts'
import type { Org } from '../org.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'
import type { WriteReply } from './write-row-request.ts'

/** One parameter of a function or action, as `$metadata` describes it. */
export interface OperationParameter {
  /** An Edm or `mscrm.` type: `Edm.String`, `mscrm.crmbaseentity`, `Collection(mscrm.crmbaseentity)`. */
  readonly type: string
  readonly optional?: boolean
}

/** What an operation is called on: one row or the whole set, of one table or (without `table`) of any. */
export interface OperationBinding {
  readonly to: 'row' | 'collection'
  readonly table?: string
}

/** A call of an operation, its parameters checked for presence and name but not for type. */
export interface OperationCall {
  readonly org: Org
  readonly request: ApiRequest
  /** The table and row it is bound to. */
  readonly table: TableDefinition | undefined
  readonly row: Row | undefined
  readonly parameters: ReadonlyMap<string, Json>
}

/** A function (GET) or action (POST) of the Web API. */
export interface Operation {
  /** Without its namespace: `WhoAmI`, `CloseIncident`. */
  readonly name: string
  readonly kind: 'function' | 'action'
  readonly binding?: OperationBinding
  readonly parameters: Readonly<Record<string, OperationParameter>>
  /** Its return type as `$metadata` describes it; absent for nothing. */
  readonly returns?: string
  /** Properties, with their types, of the complex type that `returns` names. */
  readonly response?: Readonly<Record<string, string>>
  /** Whether it was registered rather than built in. */
  readonly isCustom?: boolean
  /** Runs inside of a transaction of the row store; what it throws takes every change back. */
  readonly run: (call: OperationCall) => WriteReply
}
