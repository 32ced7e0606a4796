import { badQuery, WebApiError } from '../errors.ts'

/** 400 for a query that names a property the metadata type does not have. */
export function noSuchMetadataProperty(name: string, type: string): WebApiError {
  return badQuery(`Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.${type}'.`)
}

/** 404 for a table addressed by a name or MetadataId nothing has. */
export function noSuchTable(name: string): WebApiError {
  return new WebApiError(
    404,
    '0x80041102',
    `The entity with a name = '${name}' with namemapping = 'Logical' was not found in the MetadataCache.`,
  )
}

/** 404 for any other metadata component addressed by a name or MetadataId nothing has. */
export function noSuchComponent(kind: string, name: string): WebApiError {
  return new WebApiError(404, '0x80040217', `${kind} With Id = ${name} Does Not Exist`)
}
