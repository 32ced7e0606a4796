import type { Utf8Text } from '../json/utf8-text.ts'
import { RawJson } from '../json/write.ts'
import type { JsonValue } from '../json/write.ts'
import { isJsonList } from './described.ts'

const starts = new Map<string, string>()

/** `,"Name":`; the names are those of the model, and written many thousand times. */
function startOf(name: string): string {
  let start = starts.get(name)
  if (start === undefined) {
    start = `,${JSON.stringify(name)}:`
    starts.set(name, start)
  }
  return start
}

/** Adds the name of a member with a comma in front; `Utf8Text.object` makes an object of the members. */
export function addName(out: Utf8Text, name: string): void {
  out.text(startOf(name))
}

/** Adds a member with a comma in front. */
export function addMember(out: Utf8Text, name: string, value: JsonValue): void {
  out.text(startOf(name))
  addJson(out, value)
}

/** Adds a list; `add` says false, and adds nothing, for what is not part of it. The answer is how many are. */
export function addList<T>(out: Utf8Text, all: readonly T[], add: (one: T) => boolean): number {
  out.text('[')
  const start = out.length
  let count = 0
  for (const one of all) {
    const before = out.length
    out.separate(start)
    if (add(one)) count++
    else out.cut(before)
  }
  out.text(']')
  return count
}

/** Adds a value as `writeJson` writes it, without making a string of it. */
export function addJson(out: Utf8Text, value: JsonValue): void {
  if (typeof value === 'string') out.string(value)
  else if (value === null || typeof value !== 'object') out.text(String(value))
  else if (value instanceof RawJson) out.text(value.text)
  else if (isJsonList(value)) {
    out.text('[')
    const start = out.length
    for (const one of value) {
      out.separate(start)
      addJson(out, one)
    }
    out.text(']')
  } else {
    const start = out.length
    for (const name of Object.keys(value)) {
      const member = value[name]
      if (member !== undefined) addMember(out, name, member)
    }
    out.object(start)
  }
}
