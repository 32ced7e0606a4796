/** A column to be returned. */
export interface FetchAttribute {
  readonly name: string
  readonly alias: string | undefined
}

/** One term of the order. */
export interface FetchOrder {
  readonly attribute: string
  readonly descending: boolean
  /** The link whose column it is, where the term stands in the entity. */
  readonly entityName: string | undefined
}

/** A condition on a column: against values, or against another column. */
export interface FetchCondition {
  readonly kind: 'condition'
  readonly attribute: string
  readonly operator: string
  readonly values: readonly string[]
  readonly valueOf: string | undefined
  readonly entityName: string | undefined
}

/** Conditions, filters and links of which all (`and`) or any (`or`) must hold. */
export interface FetchFilter {
  readonly kind: 'filter'
  readonly type: 'and' | 'or'
  readonly parts: readonly (FetchCondition | FetchFilter | FetchLink)[]
}

/** What the entity and the links to it have in common. */
export interface FetchNode {
  readonly name: string
  /** `all`: every column; otherwise those listed. */
  readonly attributes: 'all' | readonly FetchAttribute[]
  readonly orders: readonly FetchOrder[]
  readonly filters: readonly FetchFilter[]
  readonly links: readonly FetchLink[]
}

/** How a link contributes: rows (inner, outer, first), or only whether there are any. */
export type LinkType =
  | 'inner'
  | 'outer'
  | 'exists'
  | 'in'
  | 'matchfirstrowusingcrossapply'
  | 'any'
  | 'not any'
  | 'all'
  | 'not all'

/** A linked table. `from` is a column of it, `to` one of the table it is linked to. */
export interface FetchLink extends FetchNode {
  readonly kind: 'link'
  /** Which link of the document it is, counted from 1. */
  readonly number: number
  readonly alias: string | undefined
  readonly linkType: LinkType
  readonly from: string | undefined
  readonly to: string | undefined
}

/** A query as written, not yet checked against a schema. */
export interface Fetch {
  readonly entity: FetchNode
  readonly distinct: boolean
  readonly top: number | undefined
  readonly count: number | undefined
  readonly page: number | undefined
  readonly pagingCookie: string | undefined
  readonly returnTotalRecordCount: boolean
  readonly useRawOrderBy: boolean
}
