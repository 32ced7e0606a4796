import { notImplemented } from '../errors.ts'
import type { XmlElement } from '../xml/read-xml.ts'
import { attributeMissing, invalidNode, invalidNodeAttribute, notBoolean, notPositive } from './refusals.ts'

interface ElementRules {
  /** Attributes that the emulator acts on, or that change nothing about the rows. */
  readonly attributes: readonly string[]
  /** Attributes whose effect the emulator does not have. */
  readonly missing?: readonly string[]
  readonly children: readonly string[]
}

const PARTS_OF_NODE = ['filter', 'order', 'link-entity', 'attribute', 'all-attributes', 'no-attrs']

/** Every element of FetchXML, with the attributes and children it may have. */
const RULES: Readonly<Record<string, ElementRules>> = {
  fetch: {
    attributes: [
      'version', // of the language: 1.0
      'mapping',
      'output-format', // of the old SOAP interface
      'count',
      'page',
      'paging-cookie',
      'top',
      'distinct',
      'returntotalrecordcount',
      'useraworderby',
      'no-lock', // hints to the database
      'latematerialize',
      'options',
      'savedqueryid', // the view the query was made from
    ],
    missing: ['aggregate', 'aggregatelimit', 'datasource', 'utc-offset', 'min-active-row-version'],
    children: ['entity'],
  },
  entity: {
    // The latter are read by reports and by the database.
    attributes: ['name', 'enableprefiltering', 'prefilterparametername', 'forceseek'],
    children: PARTS_OF_NODE,
  },
  'link-entity': {
    attributes: [
      'name',
      'from',
      'to',
      'alias',
      'link-type',
      'intersect', // says what kind of table it is
      'visible', // read by forms
      'enableprefiltering',
      'prefilterparametername',
      'forceseek',
    ],
    children: PARTS_OF_NODE,
  },
  attribute: {
    attributes: ['name', 'alias', 'build', 'addedby'],
    missing: ['aggregate', 'groupby', 'dategrouping', 'usertimezone', 'rowaggregate', 'distinct'],
    children: [],
  },
  'all-attributes': { attributes: [], children: [] },
  'no-attrs': { attributes: [], children: [] },
  order: { attributes: ['attribute', 'alias', 'descending', 'entityname'], children: [] },
  filter: {
    attributes: ['type', 'hint'], // a hint to the database
    missing: ['isquickfindfields', 'overridequickfindrecordlimitenabled', 'overridequickfindrecordlimitdisabled'],
    children: ['condition', 'filter', 'link-entity'],
  },
  condition: {
    // What begins with ui is read by the editor of views.
    attributes: ['attribute', 'entityname', 'operator', 'value', 'valueof', 'uiname', 'uitype', 'uihidden'],
    missing: ['column', 'aggregate', 'alias', 'rowaggregate'],
    children: ['value'],
  },
  value: { attributes: ['uiname', 'uitype'], children: [] },
}

const OFF: ReadonlySet<string> = new Set(['false', '0'])

/** Refuses attributes and children that the element does not have, and 501 for those that would change the answer. */
export function checkElement(element: XmlElement): void {
  const { name } = element
  const rules = RULES[name] ?? { attributes: [], children: [] }
  for (const [attribute, value] of element.attributes) {
    // Tools leave their mark under a namespace of their own.
    if (rules.attributes.includes(attribute) || /^xmlns(?:$|:)|:/.test(attribute)) continue
    if (rules.missing?.includes(attribute) !== true) throw invalidNodeAttribute(name, attribute)
    if (!OFF.has(value)) throw notImplemented(`the attribute '${attribute}' of '${name}' in FetchXML`)
  }
  for (const child of element.children) {
    if (!rules.children.includes(child.name)) throw invalidNode(name, child.name, rules.children)
  }
}

/** An attribute that must be there. */
export function required({ name, attributes }: XmlElement, attribute: string): string {
  const value = attributes.get(attribute)
  if (value === undefined || value === '') throw attributeMissing(name, attribute)
  return value
}

/** A yes/no attribute; no where it is not there. */
export function booleanOf({ attributes }: XmlElement, name: string): boolean {
  const value = attributes.get(name)
  if (value === undefined || OFF.has(value)) return false
  if (value !== 'true' && value !== '1') throw notBoolean(name)
  return true
}

/** A whole number above zero. */
export function positive({ attributes }: XmlElement, name: string): number | undefined {
  const value = attributes.get(name)
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value) || Number(value) === 0) throw notPositive(name)
  return Number(value)
}
