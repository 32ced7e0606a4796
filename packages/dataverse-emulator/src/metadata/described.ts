import { RawJson } from '../json/write.ts'
import type { JsonValue } from '../json/write.ts'
import { labelId } from '../schema.ts'
import type { MetadataFacts } from '../schema.ts'
import { knownType } from './model.ts'

/** A metadata component as the service would write it, before `$select` and `$expand`. */
export interface Described {
  readonly type: string
  readonly metadataId: string
  readonly properties: Readonly<Record<string, JsonValue>>
  /** What its navigation properties lead to, made when asked for. */
  readonly navigations: Readonly<Record<string, () => Described | readonly Described[] | null>>
}

type Values = Readonly<Record<string, JsonValue>>

/** Puts properties into the model's order. Every property of the type must be there, and no other. */
export function describe(type: string, values: Values, navigations: Described['navigations'] = {}): Described {
  const metadataId = values['MetadataId']
  if (typeof metadataId !== 'string') throw new RangeError(`${type} without MetadataId`)
  const properties: Record<string, JsonValue> = {}
  for (const name of knownType(type).properties) {
    const value = values[name]
    if (value === undefined) throw new RangeError(`${type} without ${name}`)
    properties[name] = value
  }
  return { type, metadataId, properties, navigations }
}

/** Properties with those that were loaded in place of the computed ones, as far as they are of the same kind. */
export function withFacts(values: Values, facts: MetadataFacts | undefined): Values {
  if (facts === undefined) return values
  const merged: Record<string, JsonValue> = { ...values }
  for (const [name, fact] of Object.entries(facts)) {
    const value = values[name]
    const [one, other] = [value === undefined ? undefined : objectFrom(value), objectFrom(fact)]
    if (one !== undefined && other !== undefined) merged[name] = defined({ ...one, ...other })
    else if (value === null || (typeof value === typeof fact && isJsonList(value) === isJsonList(fact)))
      merged[name] = fact
  }
  return merged
}

function defined(object: Readonly<Record<string, JsonValue | undefined>>): Values {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, value ?? null]))
}

/** A Label in the organisation's one language; no text gives the empty label. */
export function label(text: string, owner: string, isManaged: boolean): JsonValue {
  if (text === '') return { LocalizedLabels: [], UserLocalizedLabel: null }
  const one = {
    Label: text,
    LanguageCode: 1033,
    IsManaged: isManaged,
    MetadataId: labelId(owner),
    HasChanged: null,
  }
  return { LocalizedLabels: [one], UserLocalizedLabel: one }
}

/** A BooleanManagedProperty. */
export function managed(value: boolean, logicalName: string, canBeChanged = false): JsonValue {
  return { Value: value, CanBeChanged: canBeChanged, ManagedPropertyLogicalName: logicalName }
}

/** A JSON object as such; undefined for anything that is none. */
export function objectFrom(value: JsonValue): Readonly<Record<string, JsonValue | undefined>> | undefined {
  if (value === null || typeof value !== 'object' || isJsonList(value) || value instanceof RawJson) return undefined
  return value
}

/** A member of a JSON object; undefined for anything that is none or lacks it. */
export function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  const object = objectFrom(value)
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}

export function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
