import { notImplemented } from '../errors.ts'
import { readPreferences } from '../http/prefer.ts'
import type { Preferences } from '../http/prefer.ts'

const OF_PARTS: readonly (readonly [name: string, of: (preferences: Preferences) => string])[] = [
  ['return=representation', ({ representation }) => String(representation)],
  ['odata.include-annotations', ({ annotations }) => annotations.toSorted().join(',')],
  ['odata.maxpagesize', ({ maxPageSize }) => String(maxPageSize)],
  ['odata.track-changes', ({ trackChanges }) => String(trackChanges)],
]

/**
 * Reads the `Prefer` header of a batch as a whole. Whether parts inherit what is about their answers is documented
 * nowhere, so it is a 501, except where each part says the same itself: then it makes no difference.
 */
export function readOuterPreferences(
  header: string | null,
  parts: readonly { readonly headers: Headers }[],
): Preferences {
  const outer = readPreferences(header)
  if (outer.respondAsync) throw notImplemented('respond-async of a batch')
  const none = readPreferences(null)
  const given = OF_PARTS.filter(([, of]) => of(outer) !== of(none))
  if (given.length === 0) return outer
  const inner = parts.map(({ headers }) => readPreferences(headers.get('Prefer')))
  for (const [name, of] of given) {
    if (inner.some((one) => of(one) !== of(outer))) {
      throw notImplemented(`the preference '${name}' of a batch as a whole; its parts take it`)
    }
  }
  return outer
}
