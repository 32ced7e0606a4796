import { notImplemented, WebApiError } from '../errors.ts'
import { plus, toWall } from './calendar.ts'
import type { Span, WallTime } from './calendar.ts'
import type { Condition, ConditionContext, ConditionOperator, FiscalSettings, ValueCount } from './condition.ts'
import { countIn, isDate } from './date-operators.ts'
import { inSpan } from './in-span.ts'

/** A place in the fiscal calendar: the periods of all years counted in one row. */
type Place = number

function begins(settings: FiscalSettings, place: Place): WallTime {
  const { month, day, periodsPerYear } = settings
  if (periodsPerYear === 13) throw notImplemented('fiscal periods of four weeks')
  const year = Math.floor(place / periodsPerYear)
  const period = place - year * periodsPerYear
  return plus(Date.UTC(year, month, day), (period * 12) / periodsPerYear, 'month')
}

function placeOf(settings: FiscalSettings, wall: WallTime): Place {
  const { periodsPerYear } = settings
  let place = (new Date(wall).getUTCFullYear() + 1) * periodsPerYear
  while (begins(settings, place) > wall) place--
  return place
}

/** A span of whole periods. */
function periods(settings: FiscalSettings, first: Place, count: number): Span {
  return { from: begins(settings, first), until: begins(settings, first + count) }
}

function numbered(settings: FiscalSettings, year: string | undefined, period: string | undefined): Place {
  const number = countIn(period ?? '')
  if (number > settings.periodsPerYear) {
    throw new WebApiError(
      400,
      '0x80044814',
      `The fiscal period ${number} does not fall in the permitted range of fiscal periods as per organization's fiscal settings.`,
    )
  }
  return countIn(year ?? '') * settings.periodsPerYear + number - 1
}

function operator(
  name: string,
  fetchName: string,
  values: ValueCount,
  span: (settings: FiscalSettings, now: WallTime, values: readonly string[]) => Span,
): ConditionOperator {
  const bind: ConditionOperator['bind'] = (column, texts, context) =>
    inSpan(column, span(context.fiscal, toWall(context.nowMs, context.timeZone), texts), context)
  return { name, fetchNames: [fetchName], isFunction: true, values, counts: true, takes: isDate, bind }
}

function yearOf(settings: FiscalSettings, now: WallTime): Place {
  const { periodsPerYear } = settings
  return Math.floor(placeOf(settings, now) / periodsPerYear) * periodsPerYear
}

function years(distance: number): (settings: FiscalSettings, now: WallTime) => Span {
  return (settings, now) => {
    const first = yearOf(settings, now) + distance * settings.periodsPerYear
    return periods(settings, first, settings.periodsPerYear)
  }
}

function period(distance: number): (settings: FiscalSettings, now: WallTime) => Span {
  return (settings, now) => periods(settings, placeOf(settings, now) + distance, 1)
}

/** A period by its number, whatever the year: spans repeat, so the row's own year decides. */
function inPeriod(
  column: Parameters<ConditionOperator['bind']>[0],
  text: string,
  context: ConditionContext,
): Condition {
  const { fiscal } = context
  const wanted = numbered(fiscal, '1', text) - fiscal.periodsPerYear
  const known = new Map<number, Condition>()
  return (row) => {
    const found = column.value(row)
    if (typeof found !== 'string') return null
    const year = Number(found.slice(0, 4))
    for (const one of [year - 1, year, year + 1]) {
      let condition = known.get(one)
      if (condition === undefined) {
        condition = inSpan(column, periods(fiscal, one * fiscal.periodsPerYear + wanted, 1), context)
        known.set(one, condition)
      }
      if (condition(row) === true) return true
    }
    return false
  }
}

/** Operators on dates that follow the organisation's fiscal calendar. A fiscal year is named after the year it begins in. */
export const fiscalOperators: readonly ConditionOperator[] = [
  operator('ThisFiscalYear', 'this-fiscal-year', 'none', years(0)),
  operator('ThisFiscalPeriod', 'this-fiscal-period', 'none', period(0)),
  operator('NextFiscalYear', 'next-fiscal-year', 'none', years(1)),
  operator('NextFiscalPeriod', 'next-fiscal-period', 'none', period(1)),
  operator('LastFiscalYear', 'last-fiscal-year', 'none', years(-1)),
  operator('LastFiscalPeriod', 'last-fiscal-period', 'none', period(-1)),
  operator('LastXFiscalYears', 'last-x-fiscal-years', 'one', (settings, now, [text = '']) => {
    const count = countIn(text) * settings.periodsPerYear
    return periods(settings, yearOf(settings, now) - count, count)
  }),
  operator('LastXFiscalPeriods', 'last-x-fiscal-periods', 'one', (settings, now, [text = '']) =>
    periods(settings, placeOf(settings, now) - countIn(text), countIn(text)),
  ),
  operator('NextXFiscalYears', 'next-x-fiscal-years', 'one', (settings, now, [text = '']) =>
    periods(settings, yearOf(settings, now) + settings.periodsPerYear, countIn(text) * settings.periodsPerYear),
  ),
  operator('NextXFiscalPeriods', 'next-x-fiscal-periods', 'one', (settings, now, [text = '']) =>
    periods(settings, placeOf(settings, now) + 1, countIn(text)),
  ),
  operator('InFiscalYear', 'in-fiscal-year', 'one', (settings, _now, [text]) =>
    periods(settings, numbered(settings, text, '1'), settings.periodsPerYear),
  ),
  {
    ...operator('InFiscalPeriod', 'in-fiscal-period', 'one', period(0)),
    bind: (column, [text = ''], context) => inPeriod(column, text, context),
  },
  operator('InFiscalPeriodAndYear', 'in-fiscal-period-and-year', 'pair', (settings, _now, [number, year]) =>
    periods(settings, numbered(settings, year, number), 1),
  ),
  operator(
    'InOrBeforeFiscalPeriodAndYear',
    'in-or-before-fiscal-period-and-year',
    'pair',
    (settings, _now, [number, year]) => ({
      from: -Infinity,
      until: begins(settings, numbered(settings, year, number) + 1),
    }),
  ),
  operator(
    'InOrAfterFiscalPeriodAndYear',
    'in-or-after-fiscal-period-and-year',
    'pair',
    (settings, _now, [number, year]) => ({ from: begins(settings, numbered(settings, year, number)), until: Infinity }),
  ),
]
