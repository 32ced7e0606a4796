/** Code of every answer that means "Dataverse has this, the emulator does not". Dataverse itself never sends it. */
export const NOT_IMPLEMENTED = 'emulator-not-implemented'

/** An error answer of the Web API: HTTP status, Dataverse's hex code and its message text. */
export class WebApiError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'WebApiError'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** 501 naming what is missing; also sent in the header `x-emulator-not-implemented`, so that no test passes by accident. */
export function notImplemented(what: string): WebApiError {
  return new WebApiError(501, NOT_IMPLEMENTED, `The emulator does not implement ${what}.`, {
    'x-emulator-not-implemented': what.replace(/[^\x20-\x7e]/g, '?').slice(0, 200),
  })
}

/** 400 for a query the service cannot bind to the model (`QueryParserError` family). */
export function badQuery(message: string): WebApiError {
  return new WebApiError(400, '0x80060888', message)
}

/** How many conditions one query may have. */
export const MAX_CONDITIONS = 500

/** 400 for a query with more conditions than that. */
export function tooManyConditions(): WebApiError {
  return new WebApiError(400, '0x8004430c', 'Number of conditions in query exceeded maximum limit.')
}

/** 400 for a query that names a column the table does not have. */
export function noSuchProperty(column: string, table: string): WebApiError {
  return badQuery(`Could not find a property named '${column}' on type 'Microsoft.Dynamics.CRM.${table}'.`)
}

/** 400 for a body that does not fit the model; `inner` is the text of the OData exception inside. */
export function badPayload(inner: string): WebApiError {
  return new WebApiError(
    400,
    '0x80048d19',
    `Error identified in Payload provided by the user for Entity :'', For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ----> InnerException : Microsoft.OData.ODataException: ${inner}`,
  )
}

/** The payload error for `x@odata.bind` where the table has no navigation property `x` in exactly this spelling. */
export function undeclaredAnnotated(property: string): WebApiError {
  return badPayload(
    `An undeclared property '${property}' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values.`,
  )
}

/** The payload error for a value under a name the table does not have. */
export function undeclaredProperty(property: string, table: string): WebApiError {
  return badPayload(
    `The property '${property}' does not exist on type 'Microsoft.Dynamics.CRM.${table}'. Make sure to only use property names that are defined by the type.`,
  )
}

/** 400 for an argument Dataverse refuses. */
export function invalidArgument(message: string): WebApiError {
  return new WebApiError(400, '0x80040203', message)
}

/** 404 for a row addressed or referred to by its primary key. */
export function rowDoesNotExist(table: string, id: string): WebApiError {
  return new WebApiError(404, '0x80040217', `${table} With Id = ${id} Does Not Exist`)
}

/** 404 for a row addressed by an alternate key. */
export function noRowForKey(table: string): WebApiError {
  return new WebApiError(404, '0x80060891', `A record with the specified key values does not exist in ${table} entity`)
}

/** 404 for a URL segment that is no entity set, function, action or navigation property. */
export function noSuchResource(segment: string): WebApiError {
  return new WebApiError(404, '0x80060888', `Resource not found for the segment '${segment}'.`)
}

/** 412 for `If-Match` with an outdated version. */
export function versionMismatch(): WebApiError {
  return new WebApiError(
    412,
    '0x80060882',
    "The version of the existing record doesn't match the RowVersion property provided.",
  )
}

/** 412 for `If-None-Match: *` on a row that exists. */
export function recordExists(): WebApiError {
  return new WebApiError(412, '0x80040237', 'A record with matching key values already exists.')
}

/** 412 for an insert whose key is taken: a row id or an N:N link. */
export function duplicateInsert(): WebApiError {
  return new WebApiError(412, '0x80040237', 'Cannot insert duplicate key.')
}

/** 412 for two rows with the same alternate key. */
export function keyViolated(key: string, columns: string): WebApiError {
  return new WebApiError(
    412,
    '0x80060892',
    `Entity Key ${key} violated. A record with the same value for ${columns} already exists. A duplicate record cannot be created. Select one or more unique values and try again.`,
  )
}

/** 400 for `If-Match` with a version on a table without optimistic concurrency. */
export function concurrencyNotEnabled(table: string): WebApiError {
  return new WebApiError(
    400,
    '0x8006088d',
    `Optimistic concurrency isn't enabled for entity type ${table}. The IfVersionMatches value of ConcurrencyBehavior can only be used if optimistic concurrency is enabled.`,
  )
}

/** 403 for a row the user may not touch. */
export function accessDenied(user: string, right: string, table: string, id: string): WebApiError {
  return new WebApiError(
    403,
    '0x80048306',
    `Principal with id ${user} does not have ${right} right(s) for record with id ${id} of entity ${table}`,
  )
}

/** 403 for a privilege the user lacks altogether. */
export function privilegeDenied(principal: string, privilege: string, type: 8 | 9 = 8): WebApiError {
  return new WebApiError(
    403,
    '0x80040220',
    `Principal ${type === 8 ? 'user' : 'team'} (Id=${principal}, type=${type}) is missing ${privilege} privilege.`,
  )
}

/** 405 for a verb the resource does not take. */
export function methodNotAllowed(method: string): WebApiError {
  return new WebApiError(405, '0x80060888', `The requested resource does not support http method '${method}'.`)
}

/** 400 for a message a table does not take: links of an N:N and activity pointers are not written directly. */
export function messageNotSupported(message: 'Create' | 'Update' | 'Delete', table: string): WebApiError {
  return new WebApiError(
    400,
    '0x80040800',
    `The '${message}' method does not support entities of type '${table}'. MessageProcessorCache returned MessageProcessor.Empty.`,
  )
}
