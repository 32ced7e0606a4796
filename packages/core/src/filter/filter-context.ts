import { OutpostError } from '../errors.ts'
import { readTime } from './dates.ts'
import type { Filter } from './filter.ts'
import { QUERY_FUNCTIONS } from './query-functions.ts'

/** What a filter's functions may ask about the one who evaluates it, and about the time. What is not known is absent. */
export interface FilterContext {
  /** The user whose client org it is; empty when it belongs to nobody yet. */
  readonly userId: string
  readonly businessUnitId?: string
  readonly teamIds?: readonly string[]
  /** Milliseconds since 1970. */
  readonly now?: number
  /** The IANA name of the time zone in which the user's days begin on the master. */
  readonly timeZone?: string
}

/** Something that a filter depends on besides the row. */
export type FilterFact = 'user' | 'business-unit' | 'teams' | 'time' | 'time-zone'

/** What the filter depends on besides the row. The filter has been checked against its table. */
export function factsOfFilter(filter: Filter): readonly FilterFact[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...new Set(filter.parts.flatMap(factsOfFilter))]
    case 'not':
      return factsOfFilter(filter.part)
    case 'function':
      return factsOfFunction(filter)
    default:
      return []
  }
}

function factsOfFunction(filter: Extract<Filter, { kind: 'function' }>): readonly FilterFact[] {
  switch (filter.function) {
    case 'EqualUserId':
    case 'NotEqualUserId':
      return ['user']
    case 'EqualBusinessId':
    case 'NotEqualBusinessId':
      return ['business-unit']
    case 'EqualUserTeams':
      return ['teams']
    case 'EqualUserOrUserTeams':
      return ['user', 'teams']
    case 'On':
    case 'OnOrAfter':
    case 'OnOrBefore': {
      // A day is a day where nobody's time zone is asked for: in a column of days or of wall-clock times.
      const isPlainDay = filter.values.every((value) => readTime(value)?.offsetMs === null)
      return isPlainDay && filter.as !== 'instant' ? [] : ['time-zone']
    }
    default:
      if (QUERY_FUNCTIONS[filter.function].columns === 'dates' || QUERY_FUNCTIONS[filter.function].columns === 'times')
        return ['time', 'time-zone']
      return filter.as === 'instant' && filter.values.some((value) => readTime(value)?.offsetMs === null)
        ? ['time-zone']
        : []
  }
}

const KNOWN: Readonly<Record<FilterFact, (context: FilterContext) => boolean>> = {
  user: ({ userId }) => userId !== '',
  'business-unit': ({ businessUnitId }) => businessUnitId !== undefined,
  teams: ({ teamIds }) => teamIds !== undefined,
  time: ({ now }) => now !== undefined,
  'time-zone': ({ timeZone }) => timeZone !== undefined,
}

/** What the filter depends on and is not known. */
export function lackingFacts(filter: Filter, context: FilterContext): readonly FilterFact[] {
  return factsOfFilter(filter).filter((fact) => !KNOWN[fact](context))
}

const WORDS: Readonly<Record<FilterFact, string>> = {
  user: 'who the user is',
  'business-unit': "the user's business unit",
  teams: "the user's teams",
  time: 'the time',
  'time-zone': "the user's time zone",
}

/** The error for a filter that cannot be answered. */
export function cannotTell(lacking: readonly FilterFact[], table?: string): OutpostError {
  const what = lacking.map((fact) => WORDS[fact]).join(' and ')
  return new OutpostError('refused', `the filter depends on ${what}, which is not known here`, {
    place: { rule: 'unknown-fact', ...(table === undefined ? {} : { table }) },
    remedy: 'Sync once, so that the master can tell, or write the filter without it.',
  })
}

const RANK = { none: 0, day: 1, hour: 2 } as const

/**
 * How soon the passing of time alone can change which rows match: `day` when that can only be at the user's midnight,
 * `hour` when it can be at any time. The filter has been checked against its table.
 */
export function clockDependence(filter: Filter): 'none' | 'hour' | 'day' {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts
        .map(clockDependence)
        .reduce((one, other) => (RANK[other] > RANK[one] ? other : one), 'none' as const satisfies string)
    case 'not':
      return clockDependence(filter.part)
    case 'function': {
      const { clock } = QUERY_FUNCTIONS[filter.function]
      return clock === 'hour' && filter.as === 'date' ? 'day' : clock
    }
    default:
      return 'none'
  }
}
