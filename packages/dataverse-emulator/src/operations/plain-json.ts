import { isJsonArray, isJsonObject, NumberText } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import type { JsonValue } from '../json/write.ts'

/** A value as read as an ordinary one: objects and numbers; whole numbers that a double cannot hold become bigint. */
function plainJson(value: Json): JsonValue {
  if (value instanceof NumberText) {
    const number = Number(value.text)
    return /^-?\d+$/.test(value.text) && !Number.isSafeInteger(number) ? BigInt(value.text) : number
  }
  if (isJsonArray(value)) return value.map(plainJson)
  if (isJsonObject(value)) return plainMembers(value)
  return value
}

/** The same for the members of an object, or the parameters of a call. */
export function plainMembers(members: ReadonlyMap<string, Json>): Record<string, JsonValue> {
  return Object.fromEntries([...members].map(([name, member]) => [name, plainJson(member)]))
}
