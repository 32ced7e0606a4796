import { RawJson } from '../json/write.ts'
import type { JsonValue } from '../json/write.ts'
import { labelId } from '../schema.ts'
import type { MetadataFacts } from '../schema.ts'
import { knownType } from './model.ts'

type Values = Readonly<Record<string, JsonValue>>

/** A metadata component as the service would write it, before `$select` and `$expand`. */
export interface Described {
  readonly type: string
  readonly metadataId: string
  /** Its properties in the order of the model; `propertyOf` gives their values. */
  readonly names: readonly string[]
  /** What is computed of all of its kind, and what of its type alone. Getters where it takes work. */
  readonly values: Values
  readonly own: Values
  /** Properties that were loaded, in place of the computed ones. */
  readonly facts: MetadataFacts | undefined
  /** What its navigation properties lead to, made when asked for. */
  readonly navigations: Readonly<Record<string, () => Described | readonly Described[] | null>>
}

const NONE: Values = {}

/** A component of the values that are its properties. Every property of the type must be there. */
export function describe(
  type: string,
  values: Values,
  navigations: Described['navigations'] = {},
  { facts, own = NONE }: { readonly facts?: MetadataFacts | undefined; readonly own?: Values } = {},
): Described {
  const metadataId = values['MetadataId']
  if (typeof metadataId !== 'string') throw new RangeError(`${type} without MetadataId`)
  return { type, metadataId, names: knownType(type).properties, values, own, facts, navigations }
}

/** A property of a component; undefined where its type has none of that name. */
export function propertyOf(described: Described, name: string): JsonValue | undefined {
  const { own, values, facts } = described
  let value = own[name]
  if (value === undefined) value = values[name]
  const fact = facts?.[name]
  return value === undefined || fact === undefined ? value : withFact(value, fact)
}

/** A property that the model says the component has. */
export function knownProperty(described: Described, name: string): JsonValue {
  const value = propertyOf(described, name)
  if (value === undefined) throw new RangeError(`${described.type} without ${name}`)
  return value
}

/** What was loaded in place of what was computed, as far as it is of the same kind. */
function withFact(value: JsonValue, fact: JsonValue): JsonValue {
  const [one, other] = [objectFrom(value), objectFrom(fact)]
  if (one !== undefined && other !== undefined) return defined({ ...one, ...other })
  const isAlike = value === null || (typeof value === typeof fact && isJsonList(value) === isJsonList(fact))
  return isAlike ? fact : value
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
