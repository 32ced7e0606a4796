import type { ChangeLog } from './change-log.ts'
import { guidFrom } from './guid.ts'

/**
 * MetadataIds derived from names and a salt. A component that was removed and is made again belongs to a new generation
 * and gets a new id.
 */
export class ComponentIds {
  salt: string
  readonly #log: ChangeLog

  constructor(salt: string, log: ChangeLog) {
    this.salt = salt
    this.#log = log
  }

  readonly of = (kind: string, name: string): string => {
    return guidFrom(`${this.salt}|${kind}|${name}|${this.#log.generationOf(kind, name)}`)
  }
}
