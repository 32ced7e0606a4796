import type { Json } from '@outpost/core'

/** How much text is kept; one more and all of it is forgotten. */
const MOST_CHARACTERS = 1_000_000

/**
 * Values of the settings as the one connection that writes them has read them. Each write asks for some of them, and that is
 * a statement and a parse for each. Whoever writes one forgets it, and whoever undoes something forgets all.
 */
export class KeptValues {
  readonly #values = new Map<string, Json | undefined>()
  #characters = 0

  /** The value, which is read where it is not kept: as its text. */
  get(key: string, read: () => string | undefined): Json | undefined {
    if (this.#values.has(key)) return this.#values.get(key)
    const text = read()
    const value = text === undefined ? undefined : (JSON.parse(text) as Json)
    this.#characters += key.length + (text?.length ?? 0)
    if (this.#characters > MOST_CHARACTERS) this.clear()
    else this.#values.set(key, value)
    return value
  }

  forget(key: string): void {
    this.#values.delete(key)
  }

  clear(): void {
    this.#values.clear()
    this.#characters = 0
  }
}
