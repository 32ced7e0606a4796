import { badQuery, WebApiError } from '../errors.ts'

/** How many navigation properties one query may expand. */
export const MAX_EXPANDS = 15

/** 400 for a query that expands more than that. */
export function tooManyExpands(): WebApiError {
  return new WebApiError(400, '0x8004430d', 'Number of link entities in query exceeded maximum limit.')
}

/** 400 for `$top` and `$orderby` where an expand does not take them. */
export function onlySelectAndFilter(): WebApiError {
  return badQuery(
    'Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.',
  )
}

/** 400 for `/$ref` on a collection. */
export function refOfCollection(): WebApiError {
  return badQuery('Expand with $ref is only supported on lookup type navigation property.')
}

/** 400 for an N:N beside other kinds of expand, with one inside, or inside of one. */
export function manyToManyAlone(name: string): WebApiError {
  return badQuery(
    `The navigation property '${name}' cannot be expanded. Only many-to-one relationships are supported for nested expansion.`,
  )
}

/** 400 for a column in `$expand`. */
export function notExpandable(name: string, table: string): WebApiError {
  return badQuery(
    `Property '${name}' on type 'Microsoft.Dynamics.CRM.${table}' is not a navigation property or complex property. Only navigation properties can be expanded.`,
  )
}
