import { OutpostError, type TableMetadata } from '@outpost/core'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { type FetchElement, fetchElement } from './fetch-element.ts'

/**
 * The conditions and joins of somebody's FetchXML: filters and link-entities of its entity, without what they select and
 * how they sort. Throws `invalid`, with the place, for what is not FetchXML of that table, and for what asks for anything
 * else than a set of rows.
 */
export function readFetchXml(table: TableMetadata, text: string): readonly FetchElement[] {
  checkWellFormed(table, text)
  const [root, ...rest] = elements(PARSER.parse(text) as Parsed)
  if (root?.name !== 'fetch' || rest.length > 0) {
    throw refuse(table, 'it does not begin with one <fetch>', 'fetchxml-root', START_REMEDY)
  }
  checkFetch(table, root)
  const [entity, ...others] = root.children
  if (entity?.name !== 'entity' || others.length > 0) {
    throw refuse(table, 'its <fetch> does not hold one <entity>', 'fetchxml-root', START_REMEDY)
  }
  if (entity.attributes['name'] !== table.name) {
    throw refuse(table, `its entity is "${entity.attributes['name'] ?? ''}"`, 'fetchxml-entity', START_REMEDY)
  }
  return conditionsOf(table, entity)
}

const START_REMEDY = 'Write <fetch><entity name="the table">…</entity></fetch>, with the conditions inside.'

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
})

/** What the parser gives for elements in their order: each an object whose one other member names it. */
type Parsed = readonly { readonly [name: string]: unknown }[]

function elements(parsed: Parsed): readonly FetchElement[] {
  return parsed.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ATTRIBUTES && key !== TEXT)
    if (name === undefined) return []
    const inner = node[name] as Parsed
    const text = inner.map((one) => one[TEXT]).filter((one) => typeof one === 'string')
    const attributes = (node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>
    const element = fetchElement(name, attributes, elements(inner))
    return [text.length === 0 ? element : { ...element, text: text.join('') }]
  })
}

const ATTRIBUTES = ':@'
const TEXT = '#text'

function checkWellFormed(table: TableMetadata, text: string): void {
  const result = XMLValidator.validate(text)
  if (result !== true) {
    const { line, col, msg } = result.err
    const where = `line ${line}${Number.isInteger(col) ? `, column ${col}` : ''}`
    throw refuse(table, `it is not well-formed XML (${where}): ${msg}`, 'fetchxml-syntax', undefined, {
      position: offsetOf(text, line, Number.isInteger(col) ? col : 1),
    })
  }
  // What an entity stands for would have to come from somewhere else.
  const foreign = /<!DOCTYPE|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)[\w.-]*;?/i.exec(text)
  if (!foreign) return
  const before = text.slice(0, foreign.index).split('\n')
  const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
  throw refuse(table, `it is not well-formed XML (${where}): "${foreign[0]}"`, 'fetchxml-syntax', undefined, {
    position: foreign.index,
  })
}

function offsetOf(text: string, line: number, column: number): number {
  const before = text
    .split('\n')
    .slice(0, line - 1)
    .join('\n').length
  return before + (line > 1 ? 1 : 0) + Math.max(0, column - 1)
}

/** Attributes of `fetch` that leave the rows as they are. */
const HARMLESS: ReadonlySet<string> = new Set([
  'version',
  'mapping',
  'output-format',
  'distinct',
  'no-lock',
  'latematerialize',
  'useraworderby',
  'returntotalrecordcount',
  'options',
])

/** Attributes of `fetch` that make its answer something else than all rows of a set, with what to do without them. */
const REFUSED: Readonly<Record<string, string>> = {
  aggregate: 'A sync filter selects rows; it cannot count or group them. Remove aggregate and groupby.',
  top: 'All rows that match are kept. Remove top, and select fewer rows by a condition.',
  count: 'The page size is decided by the pull. Remove count.',
  page: 'Pages are read by the pull. Remove page.',
  'paging-cookie': 'Pages are read by the pull. Remove paging-cookie.',
  datasource: 'Only live rows are kept. Remove datasource.',
}

function checkFetch(table: TableMetadata, root: FetchElement): void {
  for (const [name, value] of Object.entries(root.attributes)) {
    if (HARMLESS.has(name) || name.startsWith('xmlns')) continue
    if (name === 'aggregate' && /^(?:false|0)$/.test(value)) continue
    const remedy = REFUSED[name]
    const what = remedy === undefined ? 'is not an attribute of <fetch>' : 'has no place in a sync filter'
    throw refuse(table, `"${name}" ${what}`, 'fetchxml-attribute', remedy ?? 'Remove it.')
  }
}

const SELECTING: ReadonlySet<string> = new Set(['attribute', 'all-attributes', 'no-attrs', 'order'])

const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  entity: ['filter', 'link-entity'],
  'link-entity': ['filter', 'link-entity'],
  filter: ['condition', 'filter', 'link-entity'],
  condition: ['value'],
  value: [],
}

function conditionsOf(table: TableMetadata, element: FetchElement): readonly FetchElement[] {
  const selects = element.name === 'entity' || element.name === 'link-entity'
  return element.children.flatMap((child) => {
    if (selects && SELECTING.has(child.name)) {
      if ('aggregate' in child.attributes || 'groupby' in child.attributes) {
        throw refuse(table, 'it counts or groups rows', 'fetchxml-attribute', REFUSED['aggregate'])
      }
      return []
    }
    if (CHILDREN[element.name]?.includes(child.name) !== true) {
      throw refuse(table, `<${element.name}> cannot hold <${child.name}>`, 'fetchxml-element', 'Remove it.')
    }
    return [{ ...child, children: conditionsOf(table, child), ...textOf(table, child) }]
  })
}

function textOf(table: TableMetadata, { name, text }: FetchElement): { text?: string } {
  if (name === 'value') return { text: text ?? '' }
  if (text === undefined || text.trim() === '') return { text: '' }
  throw refuse(table, `<${name}> cannot hold the text "${text.trim()}"`, 'fetchxml-element', 'Remove it.')
}

function refuse(
  table: TableMetadata,
  why: string,
  rule: string,
  remedy = 'Correct the FetchXML of the sync filter.',
  place: { readonly position?: number } = {},
): OutpostError {
  return new OutpostError('invalid', `the FetchXML for table "${table.name}" cannot be used: ${why}`, {
    place: { table: table.name, rule, ...place },
    remedy,
  })
}
