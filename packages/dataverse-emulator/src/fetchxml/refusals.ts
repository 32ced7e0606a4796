import { WebApiError } from '../errors.ts'

// Codes and texts are those of the service's list of errors (the QueryBuilder family).
function refusal(code: string, message: string): WebApiError {
  return new WebApiError(400, code, message)
}

/** The query is not well-formed XML. */
export function invalidXml(): WebApiError {
  return refusal('0x80040201', 'Invalid XML.')
}

/** There is no query at all. */
export function emptyFetch(): WebApiError {
  return refusal('0x80041124', "Xml String can't be null.")
}

/** An element where FetchXML has none of that name. */
export function invalidNode(parent: string, name: string, allowed: readonly string[]): WebApiError {
  return refusal(
    '0x8004111c',
    `Invalid Child Node, valid nodes are ${allowed.join(', ')}. NodeName = ${name} of ${parent}.`,
  )
}

/** An attribute where FetchXML has none of that name. */
export function invalidNodeAttribute(element: string, name: string): WebApiError {
  return refusal(
    '0x8004111c',
    `The element node encountered is invalid. The attribute '${name}' of '${element}' is not known.`,
  )
}

/** An element that must be there is not. */
export function elementMissing(name: string): WebApiError {
  return refusal('0x80041123', `A required element was not specified. (${name})`)
}

/** An attribute that must be there is not. */
export function attributeMissing(element: string, name: string): WebApiError {
  return refusal('0x8004111e', `A required attribute was not specified. (${name} of ${element})`)
}

const BOOLEAN_CODES: Readonly<Record<string, string>> = {
  distinct: '0x80041115',
  'no-lock': '0x80041118',
  descending: '0x80041119',
  groupby: '0x8004112e',
  isquickfindfields: '0x80041138',
}

/** A yes/no attribute that says neither. */
export function notBoolean(name: string): WebApiError {
  return refusal(
    BOOLEAN_CODES[name] ?? '0x80041108',
    `The only valid values for ${name} attribute are 'true', 'false', '1', and '0'.`,
  )
}

/** A number that is none, or not above zero. */
export function notPositive(name: string): WebApiError {
  return refusal('0x8004110c', `A value greater than zero must be specified. (${name})`)
}

/** `top` beside something that pages. */
export function topWithPaging(name: string): WebApiError {
  return refusal('0x80040203', `The top attribute can't be specified with paging attribute ${name}`)
}

/** `top` beyond the largest page. */
export function topTooLarge(most: number): WebApiError {
  return refusal('0x80041108', `Invalid value specified for type. The top attribute can't exceed ${most}.`)
}

/** `mapping` of another kind than logical. */
export function invalidMapping(): WebApiError {
  return refusal('0x80041116', "The only valid values for mapping are 'logical' or 'internal' which is deprecated.")
}

/** A filter that is neither `and` nor `or`. */
export function invalidFilterType(): WebApiError {
  return refusal('0x80041122', "Unsupported filter type. Valid values are 'and', or 'or'.")
}

/** A link type there is none of, or not in this place. */
export function invalidLinkType(): WebApiError {
  return refusal('0x80041121', 'Unsupported join operator.')
}

/** An operator there is none of. */
export function invalidOperator(): WebApiError {
  return refusal('0x80041120', 'Unsupported condition operator.')
}

/** A condition that makes no sense; `why` says in what. */
export function badCondition(why: string): WebApiError {
  return refusal('0x80041106', `Incorrect filter condition or conditions. ${why}`)
}

/** A table that is not in the schema. */
export function noSuchEntity(name: string): WebApiError {
  return refusal(
    '0x80041102',
    `The entity with a name = '${name}' with namemapping = 'Logical' was not found in the MetadataCache.`,
  )
}

/** A column that the table does not have. */
export function noSuchAttribute(entity: string, name: string): WebApiError {
  return refusal(
    '0x80041103',
    `'${entity}' entity doesn't contain attribute with Name = '${name}' and NameMapping = 'Logical'.`,
  )
}

/** The query is about another table than the entity set. */
export function entitiesDontMatch(): WebApiError {
  return refusal(
    '0x80041128',
    'The entity name specified in fetchxml does not match the entity name specified in the Entity or Query Expression.',
  )
}

/** Two columns or links of one name. */
export function duplicateAlias(): WebApiError {
  return refusal('0x80041130', 'FetchXML should have unique aliases.')
}

/** A name for a column or link that cannot be one. */
export function invalidAlias(alias: string): WebApiError {
  return refusal(
    '0x80041109',
    `Invalid character specified for alias: ${alias}. Only characters within the ranges [A-Z], [a-z] or [0-9] or _ are allowed.  The first character may only be in the ranges [A-Z], [a-z] or _.`,
  )
}

/** A condition names a link that is not in the query. */
export function noSuchAlias(): WebApiError {
  return refusal('0x8004110a', 'The specified alias for the given entity in the condition does not exist.')
}

/** An order names a link that is not in the query. */
export function noSuchOrderLink(): WebApiError {
  return refusal('0x80041126', 'Converting from Query to EntityExpression failed. Link Node for order was not found.')
}

/** `order` by an alias, which is for aggregates. */
export function aliasInOrder(): WebApiError {
  return refusal(
    '0x80041132',
    'An alias cannot be specified for an order clause for a non-aggregate Query. Use an attribute.',
  )
}

/** `order` without an attribute. */
export function attributeRequiredInOrder(): WebApiError {
  return refusal('0x80041133', 'An attribute is required for an order clause for a non-aggregate Query.')
}

/** `no-attrs` and `distinct` contradict each other. */
export function noAttributesOfDistinct(): WebApiError {
  return refusal('0x8004112c', 'The no-attrs tag cannot be used in conjuction with Distinct set to true.')
}

/** More links than one query may have. */
export function tooManyLinks(): WebApiError {
  return refusal('0x8004430d', 'Number of link entities in query exceeded maximum limit.')
}

/** A link without columns between tables that no N:N relationship connects. */
export function noManyToMany(one: string, other: string): WebApiError {
  return refusal(
    '0x80041102',
    `No system many-to-many relationship exists between ${one} and ${other}.  If attempting to link through a custom many-to-many relationship ensure that you provide the from and to attributes.`,
  )
}

/** A link with one column between tables that no one relationship connects. */
export function attributePairMismatch(): WebApiError {
  return refusal('0x80041111', 'AttributeFrom and AttributeTo must be either both specified or both omitted.')
}

/** A column that cannot join tables. */
export function invalidLinkColumn(name: string): WebApiError {
  return refusal('0x800404ba', `Invalid link entity, link to attribute, or link from attribute. (${name})`)
}

/** A paging cookie that is none. */
export function malformedCookie(): WebApiError {
  return refusal('0x80040203', 'Malformed XML in the Paging Cookie')
}

/** A paging cookie of no page. */
export function invalidCookiePage(): WebApiError {
  return refusal('0x8004112a', 'Invalid page number in paging cookie.')
}

/** A paging cookie of a query with another order. */
export function cookieOfAnotherOrder(): WebApiError {
  return refusal('0x80041129', 'Order by columns do not match those in paging cookie.')
}

/** A page behind the ceiling of simple paging. */
export function overSimplePaging(): WebApiError {
  return refusal(
    '0x8004430a',
    'Over upper limit of records that can be requested without a paging cookie. A paging cookie is required when retrieving a high page number.',
  )
}

/** A view by something that is no id. */
export function invalidViewId(kind: string): WebApiError {
  return refusal('0x80060888', `The value of the query option '${kind}' is not a valid Guid.`)
}
