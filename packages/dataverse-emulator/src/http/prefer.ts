import { badQuery, notImplemented } from '../errors.ts'

/** The preferences of a request that the emulator knows. */
export interface Preferences {
  readonly representation: boolean
  /** Annotation names or patterns asked for; empty means none. */
  readonly annotations: readonly string[]
  readonly maxPageSize: number | undefined
  readonly trackChanges: boolean
  readonly continueOnError: boolean
  /** 202 at once, the work later. */
  readonly respondAsync: boolean
}

// The samples of the documentation put semicolons between preferences; each of them is applied.
const PREFERENCE = /\s*([^=;,\s]+)\s*(?:=\s*(?:"([^"]*)"|([^",;\s]*)))?\s*(?:[,;]|$)/y

function split(header: string): [string, string | undefined][] {
  const found: [string, string | undefined][] = []
  PREFERENCE.lastIndex = 0
  while (PREFERENCE.lastIndex < header.length) {
    const match = PREFERENCE.exec(header)
    if (match === null) throw notImplemented(`the Prefer header '${header}'`)
    found.push([match[1] ?? '', match[2] ?? match[3]])
  }
  return found
}

function isOn(name: string, value: string | undefined): boolean {
  if (value !== undefined && value !== 'true') throw notImplemented(`the preference '${name}=${value}'`)
  return true
}

function pageSize(value: string | undefined): number {
  const size = Number(value)
  if (!Number.isInteger(size) || size <= 0) {
    throw badQuery(`Invalid value '${value ?? ''}' for the preference odata.maxpagesize.`)
  }
  return Math.min(size, 5000)
}

/** Reads the `Prefer` header; a preference that would change the answer and is not known is a 501. */
export function readPreferences(header: string | null): Preferences {
  let representation = false
  let annotations: readonly string[] = []
  let maxPageSize: number | undefined
  let trackChanges = false
  let continueOnError = false
  let respondAsync = false
  for (const [name, value] of split(header ?? '')) {
    switch (`${name.toLowerCase()}${name.toLowerCase() === 'return' ? `=${value ?? ''}` : ''}`) {
      case 'return=representation':
        representation = true
        break
      case 'return=minimal':
        // What creates and updates answer anyway.
        break
      case 'odata.include-annotations':
        annotations = (value ?? '')
          .split(',')
          .map((one) => one.trim())
          .filter((one) => one !== '')
        break
      case 'odata.maxpagesize':
        maxPageSize = pageSize(value)
        break
      case 'odata.track-changes':
        trackChanges = isOn(name, value)
        break
      case 'odata.continue-on-error':
        continueOnError = isOn(name, value)
        break
      case 'respond-async':
        respondAsync = isOn(name, value)
        break
      default:
        throw notImplemented(`the preference '${name}${value === undefined ? '' : `=${value}`}'`)
    }
  }
  return { representation, annotations, maxPageSize, trackChanges, continueOnError, respondAsync }
}

/** Whether an annotation was asked for: by name or by its beginning and a `*`; a leading `-` takes one back. */
export function wantsAnnotation({ annotations }: Pick<Preferences, 'annotations'>, name: string): boolean {
  let wanted = false
  for (const one of annotations) {
    const pattern = one.replace(/^-/, '')
    if (pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)))) {
      wanted = !one.startsWith('-')
    }
  }
  return wanted
}
