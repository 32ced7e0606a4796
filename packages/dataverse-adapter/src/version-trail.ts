/*
 * What a table knows of the past: which version its passes had reached when. Rows get their versions when a
 * transaction writes them and can be seen when it commits, which is up to `OVERLAP_MS` later. A pass that began so much
 * later than a version was reached has therefore seen everything up to that version, and the next one can ask from there.
 */

/** Longer than the two minutes that a request, and so a transaction, can last on the master. */
export const OVERLAP_MS: number = 5 * 60_000

export type VersionTrail = {
  /** The highest version that was ever reached. */
  readonly top: string
  /** Versions and the master's time when they were reached, oldest first. */
  readonly marks: readonly { readonly version: string; readonly at: number }[]
  /** When the pass under way began, by the master's clock; null where it does not tell. */
  readonly began: number | null
  /**
   * What the passes until now cannot have seen. `whole` where rows have no times, until the first mark is old enough: the
   * first pass read rows that were written just before it. Then one pass reads everything again.
   */
  readonly unproven: 'whole' | null
}

/** The trail before the first pass, or before the first one that keeps a trail. `top` is the highest version known. */
export function beginTrail(top: string | undefined, timed: boolean): VersionTrail {
  return { top: top ?? '0', marks: [], began: null, unproven: timed ? null : 'whole' }
}

/** The trail during a pass. `now` is the master's time at the page, the first one of the pass or a later one. */
export function walked(trail: VersionTrail, first: boolean, now: number | null): VersionTrail {
  return first ? { ...trail, began: now } : trail
}

/** The trail after a pass that reached `top`, and the version from which the next pass has to ask. */
export function endedPass(
  trail: VersionTrail,
  top: string,
  now: number | null,
): { readonly from: string; readonly trail: VersionTrail } {
  const { began } = trail
  const marks = now === null ? trail.marks : withMark(trail.marks, { version: top, at: now })
  const proven = began === null ? -1 : marks.findLastIndex(({ at }) => at <= began - OVERLAP_MS)
  const mark = marks[proven]
  if (mark === undefined) return { from: top, trail: { ...trail, top, marks, began: null } }
  const kept = { top, marks: marks.slice(proven), began: null, unproven: null }
  return trail.unproven === null ? { from: mark.version, trail: kept } : { from: '0', trail: kept }
}

/** Marks of one minute say as much as the first of them. */
function withMark(marks: VersionTrail['marks'], mark: VersionTrail['marks'][number]): VersionTrail['marks'] {
  const last = marks.at(-1)
  if (last?.version === mark.version) return marks
  const before = marks.at(-2)
  if (!last || !before || mark.at - before.at > 60_000) return [...marks, mark]
  return [...marks.slice(0, -1), mark]
}
