import { badPayload, invalidArgument } from '../errors.ts'
import { isJsonObject } from '../json/read.ts'
import type { JsonObject } from '../json/read.ts'
import type { OperationCall } from '../operations/operation.ts'
import { isGuid } from '../rows/guid.ts'
import type { TableDefinition } from '../schema.ts'

/** What a `Target` parameter names: a table by `@odata.type`, a row by its primary key, and values. */
export interface Target {
  readonly table: TableDefinition
  readonly id: string | undefined
  readonly body: JsonObject
}

/** Reads the `Target` of a message. */
export function readTarget({ org, parameters }: OperationCall): Target {
  const body = parameters.get('Target')
  if (body === undefined || !isJsonObject(body)) throw badPayload("The parameter 'Target' is not an entity.")
  const type = body.get('@odata.type')
  const name = typeof type === 'string' ? type.replace(/^#?(?:Microsoft\.Dynamics\.CRM|mscrm)\./, '') : undefined
  const table = name === undefined ? undefined : org.schema.table(name)
  if (table === undefined) throw badPayload("The '@odata.type' of the parameter 'Target' names no entity type.")
  const id = body.get(table.primaryId)
  if (id !== undefined && (typeof id !== 'string' || !isGuid(id))) {
    throw badPayload(`Cannot convert the value of '${table.primaryId}' to the expected type 'Edm.Guid'.`)
  }
  return { table, id: id?.toLowerCase(), body }
}

/** The id of a target that must have one. */
export function requireId({ table, id }: Target): string {
  if (id === undefined) throw invalidArgument(`The Target has no value of '${table.primaryId}'.`)
  return id
}
