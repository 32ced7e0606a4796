/** An element of an XML document. Names keep their prefix as written (`edmx:Edmx`). */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** The text directly inside the element, in one piece, whatever stands between its parts. */
  readonly text: string
}

/** The document is not well-formed XML, or has a document type declaration, which is not read. */
export class MalformedXml extends Error {
  readonly reason: string
  readonly line: number
  readonly column: number

  constructor(reason: string, document: string, offset: number) {
    const before = document.slice(0, offset).split('\n')
    const line = before.length
    const column = (before.at(-1) ?? '').length + 1
    super(`${reason} Line ${line}, position ${column}.`)
    this.name = 'MalformedXml'
    this.reason = reason
    this.line = line
    this.column = column
  }
}

const NAME = /[A-Za-z_:\u00c0-\ufffd][\w:.\-\u00b7-\ufffd]*/y
const SPACE = /[ \t\r\n]*/y
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/
const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map()
const NO_CHILDREN: readonly XmlElement[] = []

interface Open {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  children: XmlElement[] | undefined
  text: string
}

/**
 * Reads a document into its elements. Strict: whatever is not well-formed throws MalformedXml. Comments and processing
 * instructions are left out; the predefined entities and character references are resolved, others do not exist.
 */
export function readXml(document: string): XmlElement {
  return new Reader(document.charCodeAt(0) === 0xfeff ? document.slice(1) : document).read()
}

class Reader {
  readonly #document: string
  readonly #open: Open[] = []
  #at = 0
  #root: XmlElement | undefined

  constructor(document: string) {
    this.#document = document
    const bad = FORBIDDEN.exec(document)
    if (bad !== null) this.#fail('An invalid character.', bad.index)
  }

  read(): XmlElement {
    const document = this.#document
    if (document.startsWith('<?xml') && /\s/.test(document.charAt(5))) this.#skipBehind('?>', 'XML declaration')
    while (this.#at < document.length) {
      const tag = document.indexOf('<', this.#at)
      if (tag !== this.#at) this.#text(tag < 0 ? document.length : tag)
      if (tag >= 0) this.#markup()
    }
    const unclosed = this.#open.at(-1)
    if (unclosed !== undefined) this.#fail(`The element '${unclosed.name}' is not closed.`)
    if (this.#root === undefined) this.#fail('Root element is missing.')
    return this.#root
  }

  #fail(reason: string, offset = this.#at): never {
    throw new MalformedXml(reason, this.#document, offset)
  }

  #text(end: number): void {
    const raw = this.#document.slice(this.#at, end)
    const inside = this.#open.at(-1)
    if (inside === undefined) {
      if (/[^ \t\r\n]/.test(raw)) this.#fail('Data at the root level is invalid.')
    } else {
      if (raw.includes(']]>')) this.#fail("']]>' is not allowed in text.")
      inside.text += this.#resolve(raw)
    }
    this.#at = end
  }

  #markup(): void {
    const document = this.#document
    const next = document.charAt(this.#at + 1)
    if (next === '/') this.#close()
    else if (next === '?') {
      if (/^<\?xml[\s?]/i.test(document.slice(this.#at, this.#at + 6))) {
        this.#fail('The XML declaration must be the first thing in the document.')
      }
      this.#skipBehind('?>', 'processing instruction')
    } else if (next !== '!') this.#start()
    else if (document.startsWith('<!--', this.#at)) {
      const end = document.indexOf('--', this.#at + 4)
      if (end < 0 || document.charAt(end + 2) !== '>') this.#fail("A comment is not closed or contains '--'.")
      this.#at = end + 3
    } else if (document.startsWith('<![CDATA[', this.#at)) {
      const inside = this.#open.at(-1)
      if (inside === undefined) this.#fail('Data at the root level is invalid.')
      const from = this.#at + 9
      this.#skipBehind(']]>', 'CDATA section')
      inside.text += lines(document.slice(from, this.#at - 3))
    } else this.#fail('A document type declaration is not allowed.')
  }

  #skipBehind(end: string, what: string): void {
    const found = this.#document.indexOf(end, this.#at)
    if (found < 0) this.#fail(`A ${what} is not closed.`)
    this.#at = found + end.length
  }

  #start(): void {
    if (this.#root !== undefined) this.#fail('There are multiple root elements.')
    this.#at++
    const name = this.#name()
    const attributes = this.#attributes()
    const empty = this.#document.charAt(this.#at) === '/'
    if (empty) this.#at++
    if (this.#document.charAt(this.#at) !== '>') this.#fail(`The start tag of '${name}' is not closed.`)
    this.#at++
    if (empty) this.#keep({ name, attributes, children: NO_CHILDREN, text: '' })
    else this.#open.push({ name, attributes, children: undefined, text: '' })
  }

  #close(): void {
    this.#at += 2
    const name = this.#name()
    const open = this.#open.pop()
    if (open?.name !== name) this.#fail(`The end tag '${name}' does not match the start tag '${open?.name ?? ''}'.`)
    this.#space()
    if (this.#document.charAt(this.#at) !== '>') this.#fail(`The end tag of '${name}' is not closed.`)
    this.#at++
    this.#keep({ name, attributes: open.attributes, children: open.children ?? NO_CHILDREN, text: open.text })
  }

  #keep(element: XmlElement): void {
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element
    else if (parent.children === undefined) parent.children = [element]
    else parent.children.push(element)
  }

  #attributes(): ReadonlyMap<string, string> {
    let attributes: Map<string, string> | undefined
    for (;;) {
      const spaced = this.#space()
      const next = this.#document.charAt(this.#at)
      if (next === '>' || next === '/' || next === '') return attributes ?? NO_ATTRIBUTES
      if (!spaced) this.#fail('White space is missing before an attribute.')
      const from = this.#at
      const name = this.#name()
      this.#space()
      if (this.#document.charAt(this.#at) !== '=') this.#fail(`The attribute '${name}' has no value.`)
      this.#at++
      this.#space()
      attributes ??= new Map()
      if (attributes.has(name)) this.#fail(`'${name}' is a duplicate attribute name.`, from)
      attributes.set(name, this.#value(name))
    }
  }

  #value(name: string): string {
    const quote = this.#document.charAt(this.#at)
    if (quote !== '"' && quote !== "'") this.#fail(`The value of the attribute '${name}' has no quotes.`)
    const from = this.#at + 1
    const end = this.#document.indexOf(quote, from)
    if (end < 0) this.#fail(`The value of the attribute '${name}' is not closed.`)
    const raw = this.#document.slice(from, end)
    if (raw.includes('<')) this.#fail(`'<' is not allowed in the value of the attribute '${name}'.`, from)
    this.#at = from
    // White space in an attribute value reads as blanks, unless it was written as a character reference.
    const value = this.#resolve(/[\t\r\n]/.test(raw) ? raw.replace(/\r\n|[\t\r\n]/g, ' ') : raw)
    this.#at = end + 1
    return value
  }

  #name(): string {
    NAME.lastIndex = this.#at
    const found = NAME.exec(this.#document)?.[0]
    if (found === undefined) this.#fail('A name is expected.')
    this.#at += found.length
    return found
  }

  #space(): boolean {
    SPACE.lastIndex = this.#at
    SPACE.exec(this.#document)
    const moved = SPACE.lastIndex > this.#at
    this.#at = SPACE.lastIndex
    return moved
  }

  #resolve(raw: string): string {
    if (!raw.includes('&')) return lines(raw)
    return lines(raw).replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
      const text = end === '' ? undefined : (PREDEFINED.get(name) ?? character(name))
      return text ?? this.#fail(`'&${name}${end}' is not an entity or a character reference.`)
    })
  }
}

/** Every line end reads as a line feed. */
function lines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

function character(reference: string): string | undefined {
  const digits = /^#(?:x([\da-fA-F]{1,6})|(\d{1,7}))$/.exec(reference)
  if (digits === null) return undefined
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16)
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
  const text = String.fromCodePoint(code)
  return FORBIDDEN.test(text) ? undefined : text
}

/** Text as it must be written inside an attribute value or between tags. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (one) => {
    for (const [name, written] of PREDEFINED) if (written === one) return `&${name};`
    return one
  })
}
