import { badQuery, notImplemented } from '../errors.ts'
import type { Utf8Text } from '../json/utf8-text.ts'
import { knownProperty } from './described.ts'
import type { Described } from './described.ts'
import { compileMetadataFilter } from './filter.ts'
import { knownType, navigationOf } from './model.ts'
import type { ModelType } from './model.ts'
import { noSuchMetadataProperty } from './refusals.ts'
import { addList, addMember, addName } from './write-members.ts'

/** `$select`, `$filter` and `$expand` as text: of the whole request, or of one expanded navigation property. */
export type ShapeOptions = ReadonlyMap<string, string>

/** What is asked of components of one declared type, checked against the model. */
export interface Shape {
  readonly type: ModelType
  /** Undefined: every property, also those of a derived type. */
  readonly select: readonly string[] | undefined
  readonly keep: (described: Described) => boolean
  readonly expand: readonly { readonly name: string; readonly collection: boolean; readonly shape: Shape }[]
}

/** Reads the options for a declared type; a name the type does not have is refused as the service refuses it. */
export function readShape(options: ShapeOptions, typeName: string): Shape {
  const type = knownType(typeName)
  const filter = options.get('$filter')
  return {
    type,
    select: readSelect(options.get('$select'), type),
    keep: filter === undefined ? () => true : compileMetadataFilter(filter, type),
    expand: readExpand(options.get('$expand'), type),
  }
}

/** Adds a component. One of a derived type names its type, unless the declared type says it already. */
export function addOne(out: Utf8Text, described: Described, shape: Shape, context?: string): void {
  const start = out.length
  if (context !== undefined) addMember(out, '@odata.context', context)
  if (described.type !== shape.type.name) addMember(out, '@odata.type', `#Microsoft.Dynamics.CRM.${described.type}`)
  const { select } = shape
  // The id comes first, and where it is not selected too.
  if (select !== undefined) addMember(out, 'MetadataId', described.metadataId)
  for (const name of described.names) {
    if (select === undefined || (name !== 'MetadataId' && select.includes(name)))
      addMember(out, name, knownProperty(described, name))
  }
  for (const { name, collection, shape: inner } of shape.expand) {
    const target = described.navigations[name]?.() ?? null
    addName(out, name)
    if (isList(target)) addAll(out, target, inner)
    else if (target === null) out.text(collection ? '[]' : 'null')
    else addOne(out, target, inner)
  }
  out.object(start)
}

/** Adds the list of those components that the filter keeps. */
export function addAll(out: Utf8Text, described: readonly Described[], shape: Shape): void {
  addList(out, described, (one) => {
    if (!shape.keep(one)) return false
    addOne(out, one, shape)
    return true
  })
}

/** The part of `@odata.context` that lists what was selected and expanded. */
export function contextOf(shape: Shape): string {
  const expanded = shape.expand.map(({ name, shape: inner }) => `${name}${contextOf(inner) || '()'}`)
  const parts = [...(shape.select ?? []), ...expanded]
  return parts.length === 0 ? '' : `(${parts.join(',')})`
}

function readSelect(text: string | undefined, type: ModelType): readonly string[] | undefined {
  if (text === undefined) return undefined
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (name === '*' || navigationOf(type, name) !== undefined) throw notImplemented(`$select=${name} on metadata`)
    if (!type.properties.includes(name)) throw noSuchMetadataProperty(name, type.name)
  }
  return names
}

function readExpand(text: string | undefined, type: ModelType): Shape['expand'] {
  if (text === undefined) return []
  return splitOutside(text, ',').map((part) => {
    const open = part.indexOf('(')
    const name = (open < 0 ? part : part.slice(0, open)).trim()
    if (name.includes('/')) throw notImplemented(`the path '${name}' in $expand on metadata`)
    const navigation = navigationOf(type, name)
    if (navigation === undefined) throw noSuchMetadataProperty(name, type.name)
    if (open >= 0 && !part.trimEnd().endsWith(')')) throw badQuery(`Syntax error in $expand '${text}'.`)
    const inner = open < 0 ? '' : part.trimEnd().slice(open + 1, -1)
    return { name, collection: navigation.collection, shape: readShape(innerOptions(inner), navigation.type) }
  })
}

function innerOptions(text: string): ShapeOptions {
  const options = new Map<string, string>()
  for (const part of splitOutside(text, ';')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    const name = part.slice(0, equals).trim()
    if (!['$select', '$filter', '$expand'].includes(name))
      throw notImplemented(`'${part.trim()}' inside $expand on metadata`)
    options.set(name, part.slice(equals + 1))
  }
  return options
}

/** Splits at a separator outside of quotes and parentheses. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === "'") quoted = !quoted
    else if (quoted) continue
    else if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

function isList(target: Described | readonly Described[] | null): target is readonly Described[] {
  return Array.isArray(target)
}
