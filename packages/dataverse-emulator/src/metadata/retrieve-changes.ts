import { badQuery, invalidArgument, notImplemented } from '../errors.ts'
import { Utf8Text } from '../json/utf8-text.ts'
import type { JsonValue } from '../json/write.ts'
import type { DeletedKind, Schema } from '../schema.ts'
import { Changes } from './changes.ts'
import { readMetadataQuery } from './metadata-query.ts'
import type { MetadataRequest } from './request.ts'
import { readStamp, writeStamp } from './version-stamp.ts'
import { addList, addMember, addName } from './write-members.ts'

const deletedNames: Readonly<Record<Exclude<DeletedKind, 'EntityKey'>, string>> = {
  // The Web API's enum has no member `Entity`; its place is taken by `Default`.
  Entity: 'Default',
  Attribute: 'Attribute',
  Relationship: 'Relationship',
  Label: 'Label',
  OptionSet: 'OptionSet',
}

interface Parameters {
  readonly query: string | undefined
  readonly deletedFilters: readonly string[]
  readonly clientStamp: string | undefined
}

/** Answers `RetrieveMetadataChanges(…)`: everything that fits the query, or with a client's stamp what changed since. */
export function retrieveMetadataChanges(schema: Schema, request: MetadataRequest, inner: string): Utf8Text {
  const parameters = readParameters(inner, request)
  const since =
    parameters.clientStamp === undefined
      ? null
      : readStamp(parameters.clientStamp, schema, request.nowMs, request.stampLifetimeDays)
  const out = new Utf8Text()
  const context = `${request.root}$metadata#Microsoft.Dynamics.CRM.RetrieveMetadataChangesResponse`
  addMember(out, '@odata.context', context)
  addMember(out, 'ServerVersionStamp', writeStamp(schema.stamp, request.nowMs))
  addMember(out, 'DeletedMetadata', deletedMetadata(schema, since, parameters.deletedFilters))
  addName(out, 'EntityMetadata')
  if (since === null) out.piece(allTables(schema, parameters.query))
  else addTables(out, schema, parameters.query, since)
  out.object(0)
  return out
}

function addTables(out: Utf8Text, schema: Schema, query: string | undefined, since: number | null): void {
  const changes = new Changes(schema, readMetadataQuery(query), since)
  addList(out, schema.tables(), (table) => changes.addTable(out, table))
}

/** So many queries as a client splits its question into, and as many of another kind of client. */
const QUERIES = 8

/** What was written of each edition, by query: clients of one kind ask the same, and organisations of one schema share it. */
const written = new WeakMap<object, Map<string | undefined, Uint8Array>>()

/** All tables that fit the query, as text. */
function allTables(schema: Schema, query: string | undefined): Uint8Array {
  const { edition } = schema
  const known = written.get(edition) ?? new Map<string | undefined, Uint8Array>()
  written.set(edition, known)
  let bytes = known.get(query)
  if (bytes === undefined) {
    const out = new Utf8Text()
    addTables(out, schema, query, null)
    bytes = out.toBytes().slice()
    if (known.size === QUERIES) known.clear()
    known.set(query, bytes)
  }
  return bytes
}

function deletedMetadata(schema: Schema, since: number | null, filters: readonly string[]): JsonValue {
  const keys: string[] = []
  const values: JsonValue[] = []
  for (const [kind, name] of Object.entries(deletedNames)) {
    if (since === null || !filters.includes(name)) continue
    const items = schema.deletionsSince(since).filter((deletion) => deletion.kind === kind)
    if (items.length === 0) continue
    keys.push(name)
    values.push({ Items: items.map((deletion) => deletion.metadataId) })
  }
  return { Count: keys.length, IsReadOnly: false, Keys: keys, Values: values }
}

function readParameters(inner: string, request: MetadataRequest): Parameters {
  for (const name of request.query.options.keys()) {
    if (name !== 'tag') throw notImplemented(`the query option '${name}' on RetrieveMetadataChanges`)
  }
  const given = new Map<string, string>()
  const used = new Set<string>()
  for (const [name, value] of splitParameters(inner)) {
    if (given.has(name)) throw badQuery(`Parameter '${name}' was specified more than once.`)
    if (!value.startsWith('@')) {
      given.set(name, value)
      continue
    }
    used.add(value)
    const alias = request.query.aliases.get(value)
    if (alias !== undefined && alias !== 'null') given.set(name, alias)
  }
  const unused = [...request.query.aliases.keys()].find((alias) => !used.has(alias))
  if (unused !== undefined) throw notImplemented(`the parameter alias '${unused}', to which no parameter refers`)
  for (const name of given.keys()) {
    if (name === 'AppModuleId' || name === 'RetrieveAllSettings') throw notImplemented(`the parameter ${name}`)
    if (!['Query', 'DeletedMetadataFilters', 'ClientVersionStamp'].includes(name)) {
      throw badQuery(`Parameter '${name}' is not a parameter of RetrieveMetadataChanges.`)
    }
  }
  const stamp = given.get('ClientVersionStamp')
  return {
    query: given.get('Query'),
    deletedFilters: readFilters(given.get('DeletedMetadataFilters')),
    clientStamp: stamp === undefined ? undefined : unquote(stamp),
  }
}

function splitParameters(inner: string): readonly (readonly [string, string])[] {
  const parts: [string, string][] = []
  const pattern = /\s*(\w+)\s*=\s*(@\w+|null|[\w.]*'(?:[^']|'')*'|\{.*\}|[\w-]+)\s*(?:,|$)/sy
  while (pattern.lastIndex < inner.length) {
    const found = pattern.exec(inner)
    if (found?.[1] === undefined || found[2] === undefined) throw badQuery('Bad Request - Error in query syntax.')
    if (found[2] !== 'null') parts.push([found[1], found[2]])
  }
  return parts
}

function readFilters(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  const members = /^Microsoft\.Dynamics\.CRM\.DeletedMetadataFilters'([^']*)'$/.exec(text)?.[1]
  if (members === undefined)
    throw badQuery(`'${text}' is not a literal of type Microsoft.Dynamics.CRM.DeletedMetadataFilters.`)
  const names: readonly string[] = Object.values(deletedNames)
  const filters = members.split(',').map((member) => member.trim())
  const strange = filters.find((member) => member !== 'All' && !names.includes(member))
  if (strange !== undefined) throw badQuery(`'${strange}' is not a member of DeletedMetadataFilters.`)
  return filters.includes('All') ? names : filters
}

function unquote(text: string): string {
  const quoted = /^'((?:[^']|'')*)'$/.exec(text)?.[1]
  if (quoted === undefined) throw invalidArgument('ClientVersionStamp must be a string.')
  return quoted.replaceAll("''", "'")
}
