import { jsonAnswer } from './answer.ts'
import type { JsonObject } from './json.ts'
import { query } from './read-page.ts'
import type { Transport } from './transport.ts'

/** The value of a function's parameter: a text, a number, a flag, an object of a complex type, or an enumeration member. */
export type FunctionParameter = string | number | boolean | EnumMember | { readonly [name: string]: unknown }

/** A member of an enumeration, such as `Microsoft.Dynamics.CRM.EndpointAccessType'Default'`. */
export interface EnumMember {
  readonly enumType: string
  readonly member: string
}

/** The functions and actions of an organisation. Every method rejects with `MasterError` as `MasterOrg` does. */
export interface OrgMessages {
  /** Calls an unbound function (a read) with the given parameters. */
  callFunction(
    name: string,
    parameters: Readonly<Record<string, FunctionParameter>>,
    signal: AbortSignal,
  ): Promise<JsonObject>
  /** Calls an unbound action. Empty where the action answers nothing. */
  callAction(name: string, body: JsonObject, signal: AbortSignal): Promise<JsonObject>
}

/** The messages over the adapter's own transport: for every platform, and safe against every kind of answer. */
export function fetchMessages(transport: Transport, timeoutMs: number): OrgMessages {
  return {
    async callFunction(name, parameters, signal) {
      const path = functionPath(name, parameters)
      return jsonAnswer(await transport.send({ method: 'GET', path, headers: FRESH, timeoutMs }, signal))
    },
    async callAction(name, body, signal) {
      const headers = { 'Content-Type': 'application/json; charset=utf-8' }
      const request = { method: 'POST', path: name, headers, body: JSON.stringify(body), timeoutMs } as const
      const response = await transport.send(request, signal)
      return response.status === 204 ? {} : jsonAnswer(response)
    },
  }
}

/** Schema, labels and privileges may otherwise come from a cache of up to half a minute. */
const FRESH = { Consistency: 'Strong' }

function functionPath(name: string, parameters: Readonly<Record<string, FunctionParameter>>): string {
  const entries = Object.entries(parameters)
  const aliases = entries.map(([parameter], index) => `${parameter}=@p${index + 1}`)
  const values = entries.map(([, value], index) => [`@p${index + 1}`, parameterText(value)] as const)
  return `${name}(${aliases.join(',')})${query(Object.fromEntries(values))}`
}

function parameterText(value: FunctionParameter): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (typeof value !== 'object') return String(value)
  return isEnumMember(value) ? `${value.enumType}'${value.member}'` : JSON.stringify(value)
}

export function isEnumMember(value: FunctionParameter): value is EnumMember {
  return typeof value === 'object' && 'enumType' in value && 'member' in value
}
