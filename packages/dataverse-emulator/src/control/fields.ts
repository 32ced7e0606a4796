/** What is wrong with a field that somebody sent; the message begins with its name. */
export class FieldError extends Error {
  constructor(field: string, problem: string) {
    super(`${field === '' ? 'the body' : `'${field}'`} ${problem}`)
    this.name = 'FieldError'
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The fields of a JSON object. Each reader refuses what is not of its kind with the field's name; `end` refuses
 * fields that nobody has asked for, so that a misspelt one is not passed over.
 */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #asked = new Set<string>()

  constructor(value: unknown, path = '') {
    if (!isObject(value)) throw new FieldError(path, 'must be a JSON object')
    this.#values = value
    this.#path = path
  }

  get names(): readonly string[] {
    return Object.keys(this.#values)
  }

  has(name: string): boolean {
    this.#asked.add(name)
    return this.#values[name] !== undefined && this.#values[name] !== null
  }

  /** The value as it is; it counts as asked for. */
  raw(name: string): unknown {
    this.#asked.add(name)
    return this.#values[name]
  }

  text(name: string): string {
    const value = this.raw(name)
    if (typeof value === 'string') return value
    throw new FieldError(this.#at(name), value === undefined ? 'is missing' : 'must be a text')
  }

  number(name: string): number {
    const value = this.raw(name)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw new FieldError(this.#at(name), value === undefined ? 'is missing' : 'must be a number')
  }

  boolean(name: string): boolean {
    const value = this.raw(name)
    if (typeof value === 'boolean') return value
    throw new FieldError(this.#at(name), value === undefined ? 'is missing' : 'must be true or false')
  }

  oneOf<const A extends readonly string[]>(name: string, allowed: A): A[number] {
    const value = this.text(name)
    const found = allowed.find((one) => one === value)
    if (found !== undefined) return found
    throw new FieldError(this.#at(name), `must be one of ${allowed.join(', ')}, not '${value}'`)
  }

  fields(name: string): Fields {
    return new Fields(this.raw(name) ?? {}, this.#at(name))
  }

  /** A reference to a row: `{ "table", "id" }`. */
  reference(name: string): { readonly table: string; readonly id: string } {
    const given = this.fields(name)
    const found = { table: given.text('table'), id: given.text('id') }
    given.end()
    return found
  }

  list(name: string): readonly unknown[] {
    const value = this.raw(name)
    if (Array.isArray(value)) return value as readonly unknown[]
    throw new FieldError(this.#at(name), value === undefined ? 'is missing' : 'must be a list')
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((one, at) => {
      if (typeof one === 'string') return one
      throw new FieldError(`${this.#at(name)}[${at}]`, 'must be a text')
    })
  }

  /** A regular expression as its source text, or as `/source/flags`. */
  pattern(name: string): RegExp {
    const text = this.text(name)
    const written = /^\/(.*)\/([a-z]*)$/s.exec(text)
    try {
      return written === null ? new RegExp(text) : new RegExp(written[1] ?? '', written[2])
    } catch (error) {
      if (error instanceof SyntaxError)
        throw new FieldError(this.#at(name), `is no regular expression: ${error.message}`)
      throw error
    }
  }

  /** Reads a field that may be absent. */
  optional<K extends string, T>(key: K, read: (name: K) => T): { readonly [P in K]?: T } {
    if (!this.has(key)) return {}
    return { [key]: read(key) } as { readonly [P in K]?: T }
  }

  /**
   * Refuses fields that were not asked for. Gives no arguments, so that it can stand behind the last argument of a
   * call (`...fields.end()`), which then does not happen.
   */
  end(): readonly [] {
    const unknown = this.names.find((name) => !this.#asked.has(name))
    if (unknown === undefined) return []
    throw new FieldError(this.#at(unknown), `is unknown here; there are ${[...this.#asked].join(', ') || 'no fields'}`)
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }
}
