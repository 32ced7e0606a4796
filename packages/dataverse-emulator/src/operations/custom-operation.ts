import { emptyReply, jsonReply } from '../http/reply.ts'
import type { JsonValue } from '../json/write.ts'
import { isvAborted } from '../plug-ins/errors.ts'
import { writeContext } from '../org.ts'
import type { Org } from '../org.ts'
import type { Reference } from '../rows/reference.ts'
import { rowHand } from '../rows/row-hand.ts'
import type { RowHand } from '../rows/row-hand.ts'
import type { Row } from '../rows/row.ts'
import { entityReference } from './entity-parameter.ts'
import type { Operation, OperationBinding, OperationCall, OperationParameter } from './operation.ts'
import { plainMembers } from './plain-json.ts'
import type { WriteReply } from './write-reply.ts'

/** What a custom function or action sees and can do. */
export interface OperationContext {
  /** As plain JSON; a row is an object with its key or `@odata.id`. */
  readonly parameters: Readonly<Record<string, JsonValue>>
  /** The row that a parameter refers to. */
  readonly reference: (parameter: string) => Reference
  readonly user: { readonly id: string; readonly name: string; readonly businessUnitId: string }
  /** What it is bound to. */
  readonly table: string | undefined
  readonly row: Row | undefined
  /** Reads and writes rows in the transaction of the call as the caller, whose privileges limit it. */
  readonly service: RowHand
  /** The same without privileges. */
  readonly systemService: RowHand
  /** Refuses the call: 400, code 0x80040265 unless given, and this message. */
  readonly refuse: (message: string, code?: string) => never
}

/** What a custom function or action gives back, by the names it declares; a row is a reference. */
export type OperationResult = Readonly<Record<string, JsonValue | Reference | readonly Reference[]>>

/** A function or action of one's own, as a custom API or a custom process action would be. */
export interface CustomOperation {
  /** With a publisher's prefix: `new_Approve`. Unique whatever its case. */
  readonly name: string
  readonly kind: 'function' | 'action'
  readonly binding?: OperationBinding
  /** By name: an Edm or mscrm type (`Edm.String`, `mscrm.contact`, `Collection(mscrm.crmbaseentity)`), or more. */
  readonly parameters?: Readonly<Record<string, string | OperationParameter>>
  /** The types of what it returns, by name. A single row, or list of rows, is returned as such. */
  readonly returns?: Readonly<Record<string, string>>
  readonly run: (context: OperationContext) => OperationResult | void
}

const ENTITY = /^(?:mscrm\.)([a-z]\w*)$/
const ENTITIES = /^Collection\(mscrm\.([a-z]\w*)\)$/

function isReference(value: unknown): value is Reference {
  return typeof value === 'object' && value !== null && 'table' in value && 'id' in value
}

function rowJson(org: Org, value: unknown, typed: boolean): JsonValue {
  if (!isReference(value)) return value === undefined ? null : (value as JsonValue)
  const primaryId = org.schema.table(value.table)?.primaryId ?? 'id'
  return {
    ...(typed ? { '@odata.type': `#Microsoft.Dynamics.CRM.${value.table}` } : {}),
    [primaryId]: value.id,
  }
}

function rowsJson(org: Org, value: unknown): JsonValue {
  return Array.isArray(value) ? value.map((one) => rowJson(org, one, true)) : []
}

/** The single row, or list of rows, that an operation declares to return. */
function entityReturn(returns: Readonly<Record<string, string>>): { name: string; type: string } | undefined {
  const [only, ...more] = Object.entries(returns)
  if (only === undefined || more.length > 0) return undefined
  const [name, type] = only
  return ENTITY.test(type) || ENTITIES.test(type) ? { name, type } : undefined
}

function answer(org: Org, root: string, { name, returns = {} }: CustomOperation, result: OperationResult): WriteReply {
  if (Object.keys(returns).length === 0) return { reply: emptyReply() }
  const single = entityReturn(returns)
  if (single !== undefined) {
    const value = result[single.name]
    const entities = ENTITIES.exec(single.type)?.[1]
    if (entities !== undefined) {
      const context = `${root}$metadata#Collection(Microsoft.Dynamics.CRM.${entities})`
      return { reply: jsonReply({ '@odata.context': context, value: rowsJson(org, value) }) }
    }
    const table = isReference(value) ? org.schema.table(value.table) : undefined
    if (table === undefined) return { reply: emptyReply() }
    const members = rowJson(org, value, false)
    return {
      reply: jsonReply({ '@odata.context': `${root}$metadata#${table.entitySetName}/$entity`, ...spread(members) }),
    }
  }
  const members = Object.entries(returns).map(([property, type]): [string, JsonValue] => {
    const value = result[property]
    return [property, ENTITIES.test(type) ? rowsJson(org, value) : rowJson(org, value, true)]
  })
  const context = `${root}$metadata#Microsoft.Dynamics.CRM.${name}Response`
  return { reply: jsonReply({ '@odata.context': context, ...Object.fromEntries(members) }) }
}

function spread(value: JsonValue): Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, JsonValue>)
    : {}
}

function contextOf({ org, request, table, row, parameters }: OperationCall): OperationContext {
  const { user } = request
  const context = writeContext(org, user)
  return {
    parameters: plainMembers(parameters),
    reference: (name) => entityReference(org, parameters.get(name), request),
    user: { id: user.id, name: user.name, businessUnitId: user.businessUnitId },
    table: table?.logicalName,
    row,
    service: rowHand(context),
    systemService: rowHand({ ...context, enforcePrivileges: false }),
    refuse: (message, code) => {
      throw isvAborted(message, code)
    },
  }
}

/** A custom operation as the organisation runs it. */
export function customOperation(custom: CustomOperation): Operation {
  const { name, kind, binding, parameters = {}, returns = {} } = custom
  const single = entityReturn(returns)
  const hasReturn = Object.keys(returns).length > 0
  return {
    name,
    kind,
    ...(binding === undefined ? {} : { binding }),
    isCustom: true,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([key, type]) => [key, typeof type === 'string' ? { type } : type]),
    ),
    ...(hasReturn ? { returns: single?.type ?? `mscrm.${name}Response` } : {}),
    ...(hasReturn && single === undefined ? { response: returns } : {}),
    run: (call) => {
      const result = call.org.plugins.guard(name, () => custom.run(contextOf(call)))
      return answer(call.org, call.request.root, custom, result ?? {})
    },
  }
}
