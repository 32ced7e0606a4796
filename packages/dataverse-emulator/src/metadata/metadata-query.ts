import { badQuery, invalidArgument, notImplemented } from '../errors.ts'
import { asList, asObject, compileCriteria, keepsAll, onlyKeys } from './condition.ts'
import type { CriteriaTest } from './condition.ts'
import { knownType } from './model.ts'

/** Which properties are asked for; the rest comes as null. */
export type Wanted = (property: string) => boolean

/** What is asked of one kind of component. */
export interface ComponentQuery {
  readonly wanted: Wanted
  readonly keep: CriteriaTest
}

/** A parsed EntityQueryExpression. */
export interface MetadataQuery {
  readonly table: ComponentQuery
  readonly attribute: ComponentQuery
  readonly relationship: ComponentQuery
  readonly key: ComponentQuery
}

const columnTypes = [
  'String',
  'Memo',
  'Integer',
  'BigInt',
  'Decimal',
  'Double',
  'Money',
  'Boolean',
  'Picklist',
  'MultiSelectPicklist',
  'State',
  'Status',
  'DateTime',
  'Lookup',
  'EntityName',
  'File',
  'Image',
]

const tableNames = namesOf(['EntityMetadata'])
const attributeNames = namesOf(columnTypes.map((kind) => `${kind}AttributeMetadata`))
const relationshipNames = namesOf(['OneToManyRelationshipMetadata', 'ManyToManyRelationshipMetadata'])
const keyNames = namesOf(['EntityKeyMetadata'])

const everything: ComponentQuery = { wanted: () => true, keep: keepsAll }

/** Reads the JSON of the `Query` parameter; what it does not understand, it refuses. */
export function readMetadataQuery(text: string | undefined): MetadataQuery {
  if (text === undefined) return { table: everything, attribute: everything, relationship: everything, key: everything }
  const query = asObject(parseJson(text), 'Query')
  onlyKeys(
    query,
    ['Properties', 'Criteria', 'AttributeQuery', 'RelationshipQuery', 'KeyQuery', 'LabelQuery'],
    'EntityQueryExpression',
  )
  checkLabels(query['LabelQuery'])
  const table = readComponent(query, tableNames, false)
  const child = (name: string, names: ReadonlySet<string>, needs: readonly string[]): ComponentQuery => {
    const json = query[name] ?? undefined
    if (json === undefined) return everything
    if (!needs.some(table.wanted)) {
      throw invalidArgument(
        `${name} needs one of ${needs.join(', ')} among the Properties of the EntityQueryExpression.`,
      )
    }
    return readComponent(asObject(json, name), names, true)
  }
  return {
    table,
    attribute: child('AttributeQuery', attributeNames, ['Attributes']),
    relationship: child('RelationshipQuery', relationshipNames, [
      'OneToManyRelationships',
      'ManyToOneRelationships',
      'ManyToManyRelationships',
    ]),
    key: child('KeyQuery', keyNames, ['Keys']),
  }
}

function readComponent(
  json: Readonly<Record<string, unknown>>,
  names: ReadonlySet<string>,
  strict: boolean,
): ComponentQuery {
  if (strict) onlyKeys(json, ['Properties', 'Criteria'], 'MetadataQueryExpression')
  return { wanted: readProperties(json['Properties'], names), keep: compileCriteria(json['Criteria'], names) }
}

function readProperties(json: unknown, names: ReadonlySet<string>): Wanted {
  if (json === undefined || json === null) return () => false
  const properties = asObject(json, 'Properties')
  onlyKeys(properties, ['AllProperties', 'PropertyNames'], 'MetadataPropertiesExpression')
  const all = properties['AllProperties'] ?? false
  // Microsoft's PowerShell samples send the text "False".
  if (all === true || all === 'True' || all === 'true') return () => true
  if (all !== false && all !== 'False' && all !== 'false') throw invalidArgument('AllProperties must be true or false.')
  const wanted = new Set(asList(properties['PropertyNames'], 'PropertyNames').map(String))
  for (const name of wanted) {
    if (!names.has(name)) throw invalidArgument(`The property '${name}' is not valid in PropertyNames.`)
  }
  return (property) => wanted.has(property)
}

function checkLabels(json: unknown): void {
  if (json === undefined || json === null) return
  const labels = asObject(json, 'LabelQuery')
  onlyKeys(labels, ['FilterLanguages', 'MissingLabelBehavior'], 'LabelQueryExpression')
  const languages = asList(labels['FilterLanguages'], 'FilterLanguages')
  if (languages.length > 0 && !languages.includes(1033)) throw notImplemented('labels in a language other than 1033')
  if ((labels['MissingLabelBehavior'] ?? 0) !== 0) throw notImplemented('MissingLabelBehavior other than 0')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The position is V8's; the service says something else, and its wording is not recorded.
    throw badQuery('Bad Request - Error in query syntax.')
  }
}

function namesOf(types: readonly string[]): ReadonlySet<string> {
  return new Set(types.flatMap((name) => [...knownType(name).properties, ...Object.keys(knownType(name).navigations)]))
}
