import { conditionContext } from '../conditions/condition-context.ts'
import { bindFilter } from '../odata/bind-filter.ts'
import { filterBounds } from '../odata/filter-bounds.ts'
import { parseFilter } from '../odata/parse-filter.ts'
import { wantsAnnotation } from '../http/prefer.ts'
import type { ApiRequest } from '../http/request.ts'
import type { Org } from '../org.ts'
import { readableBy } from '../rows/readable-rows.ts'
import type { RowQuery } from '../rows/read-page.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'

/** Says whether the request asked for an annotation. */
export function annotationsOf({ preferences }: ApiRequest): (annotation: string) => boolean {
  return (annotation) => wantsAnnotation(preferences, annotation)
}

/** `Preference-Applied` for the preferences that had an effect. */
export function applied(...preferences: readonly (string | undefined | false)[]): Readonly<Record<string, string>> {
  const names = preferences.filter((one) => typeof one === 'string')
  return names.length === 0 ? {} : { 'Preference-Applied': names.join(',') }
}

/** The annotations preference as `Preference-Applied` repeats it. */
export function appliedAnnotations({ preferences }: ApiRequest): string | undefined {
  const { annotations } = preferences
  return annotations.length === 0 ? undefined : `odata.include-annotations="${annotations.join(',')}"`
}

/** The rows of a table that the request's `$filter` and the user's privileges leave, of those in `within` where it is given. */
export function rowQuery(org: Org, request: ApiRequest, table: TableDefinition, within?: readonly Row[]): RowQuery {
  const text = request.query.options.get('$filter')
  const readable = readableBy(org.store, request.user)
  const { rows, sees, mask } = readable(table)
  const few = within === undefined ? undefined : { ids: within.map(({ id }) => id) }
  if (text === undefined) return { rows, condition: () => true, bounds: few ?? {}, visible: sees }
  const expression = parseFilter(text, request.query.aliases)
  const context = conditionContext(org, request.user)
  const condition = bindFilter({ schema: org.schema, table, readable, context }, expression)
  return {
    rows,
    condition: mask === undefined ? condition : (row) => condition(mask(row)),
    bounds: few ?? filterBounds(table, expression),
    visible: sees,
  }
}
