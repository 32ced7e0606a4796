/** A deep copy of plain JSON that nobody can change: what a store keeps is not what its caller holds. */
export function frozenCopy<T>(value: T): T {
  return copied(value) as T
}

function copied(value: unknown): unknown {
  switch (typeof value) {
    case 'object':
      if (value === null) return null
      if (Array.isArray(value)) return Object.freeze(value.map(copied))
      return copiedObject(value)
    case 'function':
    case 'symbol':
      // Refused with the words of the platform.
      return structuredClone(value)
    default:
      return value
  }
}

function copiedObject(value: object): object {
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    const plain: object = structuredClone(value)
    return Object.getPrototypeOf(plain) === Object.prototype ? copiedObject(plain) : Object.freeze(plain)
  }
  const copy: Record<string, unknown> = { ...value }
  for (const name of Object.keys(copy)) {
    const member = copy[name]
    if (typeof member !== 'string') copy[name] = copied(member)
  }
  return Object.freeze(copy)
}
