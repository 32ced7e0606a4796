import type { ApiRequest } from '../http/request.ts'
import type { Json } from '../json/read.ts'
import type { Org } from '../org.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'
import type { OperationFacts } from './operation-facts.ts'
import type { WriteReply } from './write-reply.ts'

export type { OperationBinding, OperationParameter } from './operation-facts.ts'

/** A call of an operation, its parameters checked against what it declares. */
export interface OperationCall {
  readonly org: Org
  readonly request: ApiRequest
  /** The table and row it is bound to. */
  readonly table: TableDefinition | undefined
  readonly row: Row | undefined
  readonly parameters: ReadonlyMap<string, Json>
}

/** A function (GET) or action (POST) of the Web API. */
export interface Operation extends OperationFacts {
  /** Runs inside of a transaction of the row store; what it throws takes every change back. */
  readonly run: (call: OperationCall) => WriteReply
}
