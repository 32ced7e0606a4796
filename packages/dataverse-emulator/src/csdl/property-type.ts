import { complexTypes } from './complex-types.ts'
import { enumTypes } from './enum-types.ts'
import { metadataTypes } from './metadata-types.ts'

interface StructuredType {
  readonly base: string | undefined
  readonly properties: ReadonlyMap<string, string>
}

let read: ReadonlyMap<string, StructuredType> | undefined

function structuredTypes(): ReadonlyMap<string, StructuredType> {
  const types = new Map<string, StructuredType>()
  for (const [head, body] of [...Object.entries(metadataTypes), ...Object.entries(complexTypes)]) {
    const [name = '', base] = head.replace(' abstract', '').split(' < ')
    const members = body
      .trim()
      .split(/\s+/)
      .filter((member) => member.includes(':'))
    const properties = members.map((member): [string, string] => {
      const colon = member.indexOf(':')
      return [member.slice(0, colon), member.slice(colon + 1)]
    })
    types.set(name, { base, properties: new Map(properties) })
  }
  return types
}

/** The declared type of a property of a metadata or complex type, inherited ones included; undefined where it has none. */
export function propertyType(type: string, property: string): string | undefined {
  read ??= structuredTypes()
  for (let name: string | undefined = type; name !== undefined; name = read.get(name)?.base) {
    const found = read.get(name)?.properties.get(property)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether a type is an enum type. */
export function isEnumType(type: string): boolean {
  return type in enumTypes || `${type} flags` in enumTypes
}
