/** One element of FetchXML. Only `value` elements have text. */
export interface FetchElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly FetchElement[]
  readonly text?: string
}

export function fetchElement(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly FetchElement[] = [],
): FetchElement {
  return { name, attributes, children }
}

/** A condition on one column: its values stand in an attribute where there is one, in elements where there are several. */
export function fetchCondition(attribute: string, operator: string, values: readonly string[] = []): FetchElement {
  const [value, ...others] = values
  if (value === undefined) return fetchElement('condition', { attribute, operator })
  if (others.length === 0) return fetchElement('condition', { attribute, operator, value })
  const elements = values.map((text) => ({ ...fetchElement('value'), text }))
  return fetchElement('condition', { attribute, operator }, elements)
}

/** All (`and`) or any (`or`) of the parts; the part itself where there is one. At least one is needed. */
export function fetchFilter(type: 'and' | 'or', parts: readonly FetchElement[]): FetchElement {
  const [part, ...others] = parts
  if (part !== undefined && others.length === 0) return part
  return fetchElement('filter', { type }, parts)
}

/** The element as XML text. */
export function fetchText(element: FetchElement): string {
  const { name, attributes, children, text } = element
  const head = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  const body = (text === undefined ? '' : escaped(text)) + children.map(fetchText).join('')
  return body === '' ? `<${name}${head.join('')}/>` : `<${name}${head.join('')}>${body}</${name}>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Line ends and tabs would be read as blanks where they stand bare in an attribute. */
function escaped(text: string): string {
  return text.replace(/[&<>"\t\n\r]/g, (one) => ENTITIES[one] ?? `&#${one.charCodeAt(0)};`)
}
