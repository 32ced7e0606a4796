import type { CsdlDocument, CsdlEntityType, CsdlProperty } from './read-csdl.ts'

/** A type with what it inherits: every property and navigation property once. */
export interface FlatType {
  readonly type: CsdlEntityType
  readonly isActivity: boolean
  readonly primaryId: string
  readonly properties: readonly CsdlProperty[]
  readonly own: CsdlEntityType['navigations']
  readonly inherited: CsdlEntityType['navigations']
}

/** The types that have entity sets and keys, by name. Types of metadata are not among them. */
export function flatten({ types, sets }: CsdlDocument): ReadonlyMap<string, FlatType> {
  const flat = new Map<string, FlatType>()
  for (const type of types.values()) {
    if (!sets.has(type.name)) continue
    const chain = baseTypes(type, types)
    if (chain.some((one) => one.name === 'MetadataBase')) continue
    // What `principal` declares is the key that users and teams share; it is no column of either.
    const bases = chain.slice(1).filter((one) => one.name !== 'principal' && one.name !== 'crmbaseentity')
    const properties = new Map<string, CsdlProperty>()
    for (const one of [...bases, type]) for (const property of one.properties) properties.set(property.name, property)
    const key = type.key[0] ?? bases.find((one) => one.key.length > 0)?.key[0]
    const ownKey = `${type.name}id`
    const primaryId = key !== undefined && properties.has(key) ? key : properties.has(ownKey) ? ownKey : undefined
    if (primaryId === undefined || !properties.get(primaryId)?.type.startsWith('Edm.')) continue
    const names = new Set(type.navigations.map((one) => one.name))
    flat.set(type.name, {
      type,
      isActivity: type.name === 'activitypointer' || chain.some((one) => one.name === 'activitypointer'),
      primaryId,
      properties: [...properties.values()],
      own: type.navigations,
      inherited: bases.flatMap((one) => one.navigations).filter((one) => !names.has(one.name)),
    })
  }
  return flat
}

function baseTypes(type: CsdlEntityType, types: CsdlDocument['types']): readonly CsdlEntityType[] {
  const chain: CsdlEntityType[] = []
  for (let next: CsdlEntityType | undefined = type; next !== undefined;) {
    if (chain.includes(next)) throw new RangeError(`the type ${type.name} derives from itself`)
    chain.push(next)
    const { base }: CsdlEntityType = next
    if (base !== undefined && !types.has(base))
      throw new RangeError(`${next.name} derives from ${base}, which is missing`)
    next = base === undefined ? undefined : types.get(base)
  }
  return chain
}
