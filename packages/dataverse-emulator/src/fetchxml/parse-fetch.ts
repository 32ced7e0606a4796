import { notImplemented, tooManyConditions, MAX_CONDITIONS } from '../errors.ts'
import { MalformedXml, readXml } from '../xml/read-xml.ts'
import type { XmlElement } from '../xml/read-xml.ts'
import { booleanOf, checkElement, positive, required } from './elements.ts'
import type {
  Fetch,
  FetchAttribute,
  FetchCondition,
  FetchFilter,
  FetchLink,
  FetchNode,
  FetchOrder,
  LinkType,
} from './fetch.ts'
import {
  aliasInOrder,
  attributeRequiredInOrder,
  badCondition,
  elementMissing,
  emptyFetch,
  invalidAlias,
  invalidFilterType,
  invalidLinkType,
  invalidMapping,
  invalidNode,
  invalidXml,
  noAttributesOfDistinct,
  tooManyLinks,
  topTooLarge,
  topWithPaging,
} from './refusals.ts'

/** How many links one query may have. */
const MAX_LINKS = 15
/** The largest page, and the largest `top`. */
export const MAX_PAGE = 5000

const JOINS: ReadonlyMap<string, LinkType> = new Map<string, LinkType>([
  ['inner', 'inner'],
  ['natural', 'inner'],
  ['outer', 'outer'],
  ['exists', 'exists'],
  ['in', 'in'],
  ['matchfirstrowusingcrossapply', 'matchfirstrowusingcrossapply'],
])
const TESTS: ReadonlyMap<string, LinkType> = new Map<string, LinkType>([
  ['any', 'any'],
  ['not any', 'not any'],
  ['all', 'all'],
  ['not all', 'not all'],
])

function document(text: string): XmlElement {
  if (text.trim() === '') throw emptyFetch()
  try {
    return readXml(text)
  } catch (error) {
    if (error instanceof MalformedXml) throw invalidXml()
    throw error
  }
}

/** Reads a query. Whatever is not FetchXML is refused (400), what the emulator does not have is a 501. */
export function parseFetch(text: string): Fetch {
  const root = document(text)
  if (root.name !== 'fetch') throw invalidNode('the document', root.name, ['fetch'])
  checkElement(root)
  const numbers = checkSize(root)
  const mapping = root.attributes.get('mapping')
  if (mapping !== undefined && mapping !== 'logical' && mapping !== 'internal') throw invalidMapping()
  const [entity, ...others] = root.children
  if (entity === undefined) throw elementMissing('entity')
  if (others.length > 0) throw invalidNode('fetch', 'a second entity', ['entity'])
  for (const hint of ['no-lock', 'latematerialize']) booleanOf(root, hint)
  const distinct = booleanOf(root, 'distinct')
  if (distinct && entity.children.some(({ name }) => name === 'no-attrs')) throw noAttributesOfDistinct()
  return {
    entity: parseNode(entity, numbers),
    distinct,
    ...size(root),
    pagingCookie: root.attributes.get('paging-cookie') || undefined,
    returnTotalRecordCount: booleanOf(root, 'returntotalrecordcount'),
    useRawOrderBy: booleanOf(root, 'useraworderby'),
  }
}

function size(root: XmlElement): Pick<Fetch, 'top' | 'count' | 'page'> {
  const top = positive(root, 'top')
  const count = positive(root, 'count')
  const page = positive(root, 'page')
  if (top !== undefined) {
    if (top > MAX_PAGE) throw topTooLarge(MAX_PAGE)
    if (page !== undefined) throw topWithPaging('page')
    if (count !== undefined) throw topWithPaging('count')
    if (root.attributes.get('paging-cookie')) throw topWithPaging('paging-cookie')
    if (booleanOf(root, 'returntotalrecordcount')) throw topWithPaging('returntotalrecordcount')
  }
  return { top, count, page }
}

/** Numbers of the links, in the order of the document. */
type Numbers = ReadonlyMap<XmlElement, number>

function checkSize(root: XmlElement): Numbers {
  const links = new Map<XmlElement, number>()
  let conditions = 0
  const count = (element: XmlElement): void => {
    if (element.name === 'link-entity') links.set(element, links.size + 1)
    if (element.name === 'condition') conditions++
    element.children.forEach(count)
  }
  count(root)
  if (links.size > MAX_LINKS) throw tooManyLinks()
  if (conditions + links.size > MAX_CONDITIONS) throw tooManyConditions()
  return links
}

/** A name that a query gives to a link or a column. */
function aliasOf({ attributes }: XmlElement): string | undefined {
  const alias = attributes.get('alias')
  if (alias === undefined || alias === '') return undefined
  if (!/^[A-Za-z_]\w*$/.test(alias)) throw invalidAlias(alias)
  return alias
}

function parseNode(element: XmlElement, numbers: Numbers): FetchNode {
  checkElement(element)
  const attributes: FetchAttribute[] = []
  const orders: FetchOrder[] = []
  const filters: FetchFilter[] = []
  const links: FetchLink[] = []
  let all = false
  let none = false
  for (const child of element.children) {
    switch (child.name) {
      case 'all-attributes':
        checkElement(child)
        all = true
        break
      case 'no-attrs':
        checkElement(child)
        none = true
        break
      case 'attribute':
        checkElement(child)
        attributes.push({ name: required(child, 'name'), alias: aliasOf(child) })
        break
      case 'order':
        orders.push(parseOrder(child))
        break
      case 'filter':
        filters.push(parseFilter(child, numbers))
        break
      default:
        links.push(parseLink(child, JOINS, numbers))
    }
  }
  // The entity without any column means all of them; a link without any is only there to join.
  const everything = all || (element.name === 'entity' && attributes.length === 0 && !none)
  return { name: required(element, 'name'), attributes: everything ? 'all' : attributes, orders, filters, links }
}

function parseOrder(element: XmlElement): FetchOrder {
  checkElement(element)
  const { attributes } = element
  if (attributes.has('alias')) throw aliasInOrder()
  const attribute = attributes.get('attribute')
  if (attribute === undefined || attribute === '') throw attributeRequiredInOrder()
  return {
    attribute,
    descending: booleanOf(element, 'descending'),
    entityName: attributes.get('entityname') || undefined,
  }
}

function parseLink(element: XmlElement, types: ReadonlyMap<string, LinkType>, numbers: Numbers): FetchLink {
  const node = parseNode(element, numbers)
  const { attributes } = element
  booleanOf(element, 'intersect')
  const linkType = types.get(attributes.get('link-type') ?? 'inner')
  if (linkType === undefined) throw invalidLinkType()
  const returnsRows = linkType === 'inner' || linkType === 'outer' || linkType === 'matchfirstrowusingcrossapply'
  if (!returnsRows && (node.attributes === 'all' || node.attributes.length > 0)) {
    throw badCondition(`A link-entity of type '${linkType}' does not return columns.`)
  }
  return {
    kind: 'link',
    ...node,
    number: numbers.get(element) ?? 0,
    alias: aliasOf(element),
    linkType,
    from: attributes.get('from') || undefined,
    to: attributes.get('to') || undefined,
  }
}

function parseFilter(element: XmlElement, numbers: Numbers): FetchFilter {
  checkElement(element)
  const type = element.attributes.get('type') ?? 'and'
  if (type !== 'and' && type !== 'or') throw invalidFilterType()
  const hint = element.attributes.get('hint')
  if (hint !== undefined && hint !== 'union') throw notImplemented(`the filter hint '${hint}' in FetchXML`)
  const parts = element.children.map((child) => {
    if (child.name === 'filter') return parseFilter(child, numbers)
    return child.name === 'condition' ? parseCondition(child) : parseLink(child, TESTS, numbers)
  })
  return { kind: 'filter', type, parts }
}

function parseCondition(element: XmlElement): FetchCondition {
  checkElement(element)
  const { attributes, children } = element
  children.forEach(checkElement)
  const value = attributes.get('value')
  if (value !== undefined && children.length > 0)
    throw badCondition('A value is given both as attribute and as element.')
  return {
    kind: 'condition',
    attribute: required(element, 'attribute'),
    operator: required(element, 'operator'),
    values: value === undefined ? children.map(({ text }) => text.trim()) : [value],
    valueOf: attributes.get('valueof') || undefined,
    entityName: attributes.get('entityname') || undefined,
  }
}
