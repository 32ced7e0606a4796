import { utf8 } from '../json/utf8-text.ts'
import type { Utf8Text } from '../json/utf8-text.ts'
import type { JsonValue } from '../json/write.ts'
import { knownProperty } from './described.ts'
import type { Described } from './described.ts'
import type { Wanted } from './metadata-query.ts'
import { addJson, addMember, addName } from './write-members.ts'

// Properties that cannot be null: what they are when they were not asked for.
const unasked: Readonly<Record<string, string>> = {
  IsValidODataAttribute: 'false',
  IsEntityReferenceStored: 'false',
  ChildPicklistLogicalNames: '[]',
  Settings: '[]',
  Privileges: '[]',
}
// The complex types of this message lack them.
const unknownHere: ReadonlySet<string> = new Set(['MinSupportedValue', 'MaxSupportedValue'])
const always: ReadonlySet<string> = new Set(['MetadataId', 'LogicalName'])

/** Members that are the same in every component, and the property that follows them. */
interface Run {
  readonly fixed: Uint8Array
  readonly name: string | undefined
}

/**
 * The members of one type of component in an answer: those asked for with their values, the others as null. Tables
 * have Privileges and Settings elsewhere, see `addLast`.
 */
export class AskedMembers {
  readonly #runs: readonly Run[]
  readonly #isShown: Wanted

  constructor(names: readonly string[], wanted: Wanted) {
    this.#isShown = (name) => always.has(name) || wanted(name)
    const isTable = names.includes('Privileges')
    const runs: Run[] = []
    let fixed = ''
    for (const name of names) {
      if (unknownHere.has(name) || (isTable && (name === 'Privileges' || name === 'Settings'))) continue
      const isFixed = name !== 'HasChanged' && !this.#isShown(name)
      fixed += `,${JSON.stringify(name)}:${isFixed ? (unasked[name] ?? 'null') : ''}`
      if (isFixed) continue
      runs.push({ fixed: utf8(fixed), name })
      fixed = ''
    }
    this.#runs = [...runs, { fixed: utf8(fixed), name: undefined }]
  }

  /** Adds the members with a comma in front of each; `changed` is HasChanged. */
  add(out: Utf8Text, described: Described, changed: boolean | null): void {
    for (const { fixed, name } of this.#runs) {
      out.piece(fixed)
      if (name !== undefined) addJson(out, name === 'HasChanged' ? changed : knownProperty(described, name))
    }
  }

  /** Adds a member that stands behind others. */
  addLast(out: Utf8Text, described: Described, name: string): void {
    if (this.#isShown(name)) {
      const value: JsonValue = knownProperty(described, name)
      addMember(out, name, value)
    } else {
      addName(out, name)
      out.text(unasked[name] ?? 'null')
    }
  }
}
