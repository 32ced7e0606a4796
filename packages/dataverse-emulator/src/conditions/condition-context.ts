import type { RowStore } from '../rows/row-store.ts'
import type { User } from '../rows/user.ts'
import type { ConditionContext, FiscalSettings } from './condition.ts'
import { timeZoneOf } from './time-zone.ts'

/** The part of an organisation that conditions look at. */
interface Organization {
  readonly store: RowStore
  readonly organization: { readonly id: string }
}

const PERIODS: ReadonlyMap<unknown, FiscalSettings['periodsPerYear']> = new Map([
  [2000, 1],
  [2001, 2],
  [2002, 4],
  [2003, 12],
  [2004, 13],
])

function fiscalSettings(values: Readonly<Record<string, unknown>>): FiscalSettings {
  const start = values['fiscalcalendarstart']
  const date = new Date(typeof start === 'string' ? start : '2000-01-01')
  const periodsPerYear = PERIODS.get(values['fiscalperiodtype']) ?? 4
  return { month: date.getUTCMonth(), day: date.getUTCDate(), periodsPerYear }
}

/**
 * What conditions of a user's query depend on, as it is now. Fiscal years begin on 1 January and have four quarters
 * where the organisation's row says nothing else.
 */
export function conditionContext({ store, organization }: Organization, user: User): ConditionContext {
  const values = store.rows('organization').get(organization.id)?.values ?? {}
  const language = values['languagecode']
  return {
    store,
    user,
    nowMs: store.now(),
    timeZone: timeZoneOf(store, user.id),
    languageCode: typeof language === 'number' ? language : 1033,
    fiscal: fiscalSettings(values),
  }
}
