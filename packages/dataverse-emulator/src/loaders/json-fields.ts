import type { JsonValue } from '../json/write.ts'

/** A JSON object as it was parsed. */
export type JsonObject = { readonly [name: string]: JsonValue }

/** The value as a JSON object; undefined for anything that is none. */
export function objectOf(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

/** The objects in a JSON list; anything else counts as an empty one. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function textOf(object: JsonObject, name: string): string | undefined {
  const value = object[name]
  return typeof value === 'string' ? value : undefined
}

export function booleanOf(object: JsonObject, name: string): boolean | undefined {
  const value = object[name]
  return typeof value === 'boolean' ? value : undefined
}

export function numberOf(object: JsonObject, name: string): number | undefined {
  const value = object[name]
  return typeof value === 'number' ? value : undefined
}

/** `{ "Value": x }` of a managed property or type name, as text or truth. */
export function innerValueOf(object: JsonObject, name: string): string | boolean | undefined {
  const value = objectOf(object[name])?.['Value']
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined
}

/** The text of a Label in the reader's language, or in the first there is. */
export function labelOf(object: JsonObject, name: string): string | undefined {
  const value = object[name]
  if (typeof value === 'string') return value
  const label = objectOf(value)
  if (label === undefined) return undefined
  const own = objectOf(label['UserLocalizedLabel']) ?? objectsOf(label['LocalizedLabels'])[0]
  return own === undefined ? undefined : textOf(own, 'Label')
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
