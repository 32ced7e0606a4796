/** A guid that depends on nothing but the text: the same name always gives the same id, on every machine. */
export function guidFrom(text: string): string {
  return guidsFrom(text)(0)
}

/** The id of a label, by what it belongs to: a component and, of its several labels, which. */
export function labelId(owner: string): string {
  return guidFrom(`label|${owner}`)
}

/** Guids for a numbered series, each depending only on the name and its number. No two numbers of a series collide. */
export function guidsFrom(name: string): (index: number) => string {
  const [a, b, c, d] = absorb(name)
  return (index) => {
    const first = stir(a ^ index)
    return format(first, stir(b + first), stir((c ^ first) + index), stir(d + Math.imul(first, 0x9e3779b1)))
  }
}

function absorb(text: string): readonly [number, number, number, number] {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = 0xb7e15162
  let d = 0x6a09e667
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    a = b ^ Math.imul(a ^ code, 0x27d4eb2f)
    b = c ^ Math.imul(b ^ code, 0x165667b1)
    c = d ^ Math.imul(c ^ code, 0x85ebca6b)
    d = a ^ Math.imul(d ^ code, 0xc2b2ae35)
  }
  return [stir(a ^ c), stir(b ^ d ^ text.length), stir(c + a), stir(d + b)]
}

function stir(word: number): number {
  let x = word
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

const bytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

// Marked as version 4, variant 1, like the ids Dataverse makes.
function format(a: number, b: number, c: number, d: number): string {
  const middle = (b & 0xffff0fff) | 0x4000
  const variant = (c & 0x3fffffff) | 0x80000000
  return `${pair(a >>> 16)}${pair(a)}-${pair(middle >>> 16)}-${pair(middle)}-${pair(variant >>> 16)}-${pair(variant)}${pair(d >>> 16)}${pair(d)}`
}

function pair(word: number): string {
  return `${bytes[(word >>> 8) & 255] ?? ''}${bytes[word & 255] ?? ''}`
}
