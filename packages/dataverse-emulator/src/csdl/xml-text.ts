import { escapeXml } from '../xml/read-xml.ts'

/** Attributes of an element in the order they are written; one without value is left out. */
export type Attributes = Readonly<Record<string, string | undefined>>

/** An element as text, with its children's text inside. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  let text = `<${name}`
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${key}="${escapeXml(value)}"`
  }
  return children.length === 0 ? `${text} />` : `${text}>${children.join('')}</${name}>`
}

/** The facets that the service writes with a type. */
export function facetsOf(type: string): Attributes {
  const bare = type.replace(/^Collection\((.*)\)$/, '$1')
  return {
    Unicode: bare === 'Edm.String' ? 'false' : undefined,
    Scale: bare === 'Edm.Decimal' ? 'Variable' : undefined,
  }
}
