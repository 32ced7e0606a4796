/** JSON text that is already written: numbers with trailing zeros, 64-bit integers, whole rows. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What an answer body may hold. */
export type JsonValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | RawJson
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined }

/** Writes JSON; undefined members are left out, bigint and RawJson are written as they stand. */
export function writeJson(value: JsonValue): string {
  if (value instanceof RawJson) return value.text
  if (typeof value === 'bigint') return value.toString()
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`
  const members: string[] = []
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${writeJson(member)}`)
  }
  return `{${members.join(',')}}`
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value)
}
