import { readXml } from '../xml/read-xml.ts'
import type { XmlElement } from '../xml/read-xml.ts'

export interface CsdlProperty {
  readonly name: string
  /** `Edm.String`, `mscrm.BooleanManagedProperty`, `Collection(…)`; an alias is written out as `mscrm`. */
  readonly type: string
  readonly annotations: CsdlAnnotations
}

export interface CsdlNavigation {
  readonly name: string
  /** Name of the entity type it leads to, without namespace. */
  readonly type: string
  readonly collection: boolean
  readonly partner: string | undefined
  /** The property that holds the key of the other row: `_primarycontactid_value`. */
  readonly property: string | undefined
  readonly referencedProperty: string | undefined
}

/** What is annotated, by term without namespace: text of a primitive value, or the members of a record. */
export type CsdlAnnotations = ReadonlyMap<string, string | ReadonlyMap<string, string>>

export interface CsdlEntityType {
  readonly name: string
  readonly base: string | undefined
  readonly abstract: boolean
  readonly key: readonly string[]
  readonly properties: readonly CsdlProperty[]
  readonly navigations: readonly CsdlNavigation[]
  /** The property names of each alternate key. */
  readonly alternateKeys: readonly (readonly string[])[]
  readonly annotations: CsdlAnnotations
}

export interface CsdlDocument {
  readonly types: ReadonlyMap<string, CsdlEntityType>
  /** Entity set names by the name of their type. */
  readonly sets: ReadonlyMap<string, string>
  /** Types whose sets have change tracking; undefined where the document has no annotations of sets. */
  readonly tracked: ReadonlySet<string> | undefined
}

const NO_ANNOTATIONS: CsdlAnnotations = new Map()

/** Reads what a `$metadata` document says of entity types and entity sets. What is no CSDL throws a RangeError. */
export function readCsdl(document: string): CsdlDocument {
  // Saved answers often begin with an empty line, which is not allowed before an XML declaration.
  const root = readXml(document.replace(/^(\uFEFF?\s+)<\?xml\s[^>]*\?>/, '$1'))
  const services = root.name.endsWith('Edmx')
    ? root.children.find((one) => one.name.endsWith('DataServices'))
    : undefined
  const schemas = (services?.children ?? [])
    .filter((one) => bareElement(one.name) === 'Schema')
    .map((one) => (one.name === 'Schema' ? one : withoutPrefix(one)))
  if (schemas.length === 0)
    throw new RangeError('the document is no $metadata: it has no edmx:DataServices with a Schema')
  const version = root.attributes.get('Version') ?? ''
  if (!version.startsWith('4.')) {
    throw new RangeError(`the document is OData ${version}; the $metadata of the Web API (/api/data/v9.2/) is 4.0`)
  }
  const types = new Map<string, CsdlEntityType>()
  const sets = new Map<string, string>()
  const tracked = new Set<string>()
  for (const schema of schemas) {
    for (const element of schema.children) {
      if (element.name === 'EntityType') {
        const type = readType(element)
        types.set(type.name, type)
      } else if (element.name === 'EntityContainer') {
        for (const set of element.children) {
          if (set.name !== 'EntitySet') continue
          const type = bare(required(set, 'EntityType'))
          sets.set(type, required(set, 'Name'))
          const tracking = readAnnotations(set).get('ChangeTracking')
          if (typeof tracking === 'object' && tracking.get('Supported') === 'true') tracked.add(type)
        }
      }
    }
  }
  if (sets.size === 0) throw new RangeError('the document has no EntitySet, so no table has a name to ask for it by')
  return { types, sets, tracked: tracked.size === 0 ? undefined : tracked }
}

function bareElement(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function withoutPrefix(element: XmlElement): XmlElement {
  return { ...element, name: bareElement(element.name), children: element.children.map(withoutPrefix) }
}

function readType(element: XmlElement): CsdlEntityType {
  const properties: CsdlProperty[] = []
  const navigations: CsdlNavigation[] = []
  let key: readonly string[] = []
  for (const child of element.children) {
    if (child.name === 'Property') {
      const declared = required(child, 'Type')
      const type = /^(?:Edm\.|Collection\()/.test(declared) ? declared : `mscrm.${bare(declared)}`
      properties.push({ name: required(child, 'Name'), type, annotations: readAnnotations(child) })
    } else if (child.name === 'NavigationProperty') navigations.push(readNavigation(child))
    else if (child.name === 'Key') key = child.children.map((one) => required(one, 'Name'))
  }
  const base = element.attributes.get('BaseType')
  return {
    name: required(element, 'Name'),
    base: base === undefined ? undefined : bare(base),
    abstract: element.attributes.get('Abstract') === 'true',
    key,
    properties,
    navigations,
    alternateKeys: readAlternateKeys(element),
    annotations: readAnnotations(element),
  }
}

function readNavigation(element: XmlElement): CsdlNavigation {
  const declared = required(element, 'Type')
  const collection = declared.startsWith('Collection(')
  const constraint = element.children.find((one) => one.name === 'ReferentialConstraint')
  return {
    name: required(element, 'Name'),
    type: bare(collection ? declared.slice('Collection('.length, -1) : declared),
    collection,
    partner: element.attributes.get('Partner'),
    property: constraint?.attributes.get('Property'),
    referencedProperty: constraint?.attributes.get('ReferencedProperty'),
  }
}

function readAlternateKeys(element: XmlElement): readonly (readonly string[])[] {
  const annotation = element.children.find(
    (one) => one.name === 'Annotation' && (one.attributes.get('Term') ?? '').endsWith('.AlternateKeys'),
  )
  const [list] = annotation?.children ?? []
  return (list?.children ?? []).map((record) => {
    const [refs] = record.children.find((one) => one.attributes.get('Property') === 'Key')?.children ?? []
    return (refs?.children ?? []).flatMap((ref) => {
      const name = ref.children.find((one) => one.attributes.get('Property') === 'Name')
      return name?.attributes.get('PropertyPath') ?? []
    })
  })
}

function readAnnotations(element: XmlElement): CsdlAnnotations {
  let annotations: Map<string, string | ReadonlyMap<string, string>> | undefined
  for (const child of element.children) {
    if (child.name !== 'Annotation') continue
    annotations ??= new Map()
    annotations.set(bare(required(child, 'Term')), annotationValue(child))
  }
  return annotations ?? NO_ANNOTATIONS
}

function annotationValue(element: XmlElement): string | ReadonlyMap<string, string> {
  const text =
    element.attributes.get('String') ?? element.attributes.get('Bool') ?? element.attributes.get('EnumMember')
  if (text !== undefined) return text
  const [first] = element.children
  if (first?.name !== 'Record') return first?.text ?? 'true'
  return new Map(
    first.children.map((one) => [
      one.attributes.get('Property') ?? '',
      one.attributes.get('Bool') ?? one.attributes.get('String') ?? '',
    ]),
  )
}

function required(element: XmlElement, name: string): string {
  const value = element.attributes.get(name)
  if (value === undefined) {
    throw new RangeError(`<${element.name} Name="${element.attributes.get('Name') ?? ''}"> has no attribute ${name}`)
  }
  return value
}

function bare(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
