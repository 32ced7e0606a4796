import { complexTypes, responseTypes } from './complex-types.ts'
import { enumTypes } from './enum-types.ts'
import { metadataTypes } from './metadata-types.ts'
import { element, facetsOf } from './xml-text.ts'

/** Types by name, each with what it is in the document. */
export type DeclaredTypes = ReadonlyMap<string, string>

/** `Name < Base abstract` taken apart. */
function readHead(head: string): { name: string; base: string | undefined; abstract: boolean } {
  const found = /^(\w+)(?: < (\w+))?( abstract)?$/.exec(head)
  if (found?.[1] === undefined) throw new RangeError(`'${head}' is no head of a type`)
  return { name: found[1], base: found[2], abstract: found[3] !== undefined }
}

/** A type as the document writes it: those of the service's own in its namespace's alias. */
function qualified(type: string): string {
  const inner = /^Collection\((.*)\)$/.exec(type)?.[1]
  if (inner !== undefined) return `Collection(${qualified(inner)})`
  return type.includes('.') ? type : `mscrm.${type}`
}

function members(body: string): readonly string[] {
  const text = body.trim()
  if (text === '') return []
  return text.split(/\s+/).map((member) => {
    const [, name = '', mark, type = '', contained] = /^([\w]+)([:>])([^!]*)(!?)$/.exec(member) ?? []
    const full = qualified(type)
    if (mark === ':') return element('Property', { Name: name, Type: full, ...facetsOf(full) })
    return element('NavigationProperty', {
      Name: name,
      Type: full,
      Nullable: full.startsWith('Collection(') ? undefined : 'false',
      ContainsTarget: contained === '!' ? 'true' : undefined,
    })
  })
}

/** The entity types of metadata itself. */
export function metadataEntityTypes(): readonly string[] {
  const types = Object.entries(metadataTypes).map(([head, body]) => {
    const { name, base, abstract } = readHead(head)
    const attributes = {
      Name: name,
      BaseType: `mscrm.${base ?? 'crmmodelbaseentity'}`,
      Abstract: abstract ? 'true' : undefined,
    }
    const key = name === 'MetadataBase' ? [element('Key', {}, [element('PropertyRef', { Name: 'MetadataId' })])] : []
    return element('EntityType', attributes, [...key, ...members(body)])
  })
  return [element('EntityType', { Name: 'crmmodelbaseentity', Abstract: 'true' }), ...types]
}

/** Names of the entity types of metadata. */
export const metadataTypeNames: ReadonlySet<string> = new Set([
  'crmmodelbaseentity',
  ...Object.keys(metadataTypes).map((head) => readHead(head).name),
])

/** Complex types of metadata and of the built-in operations. */
export function builtInComplexTypes(): DeclaredTypes {
  const types = new Map<string, string>()
  for (const [head, body] of [...Object.entries(complexTypes), ...Object.entries(responseTypes)]) {
    const { name, base } = readHead(head)
    const attributes = { Name: name, BaseType: base === undefined ? undefined : `mscrm.${base}` }
    types.set(name, element('ComplexType', attributes, members(body)))
  }
  return types
}

/** Enum types of metadata and of the built-in operations. */
export function builtInEnumTypes(): DeclaredTypes {
  const types = new Map<string, string>()
  for (const [head, body] of Object.entries(enumTypes)) {
    const [name = '', flags] = head.split(' ')
    const values = body
      .trim()
      .split(/\s+/)
      .map((member) => {
        const [of, value] = member.split('=')
        return element('Member', { Name: of, Value: value })
      })
    types.set(name, element('EnumType', { Name: name, IsFlags: flags === undefined ? undefined : 'true' }, values))
  }
  return types
}
