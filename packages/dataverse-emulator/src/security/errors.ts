import { WebApiError } from '../errors.ts'

/** 403 for a user whom an administrator has disabled. */
export function userDisabled(user: string, organization: string): WebApiError {
  return new WebApiError(
    403,
    '0x80040225',
    `The user with SystemUserId=${user} in OrganizationContext=${organization} is disabled`,
  )
}

/** 403 for somebody with a good token of the tenant, or an impersonated one, who is no user of the organisation. */
export function notMember(): WebApiError {
  return new WebApiError(403, '0x80072560', 'The user is not a member of the organization.')
}

/** 403 for a value of a secured column in a create. */
export function secureColumnOnCreate(): WebApiError {
  return new WebApiError(
    403,
    '0x8004F502',
    'The user does not have create permissions to a secured field. The requested operation could not be completed.',
  )
}

/** 403 for a value of a secured column in an update. */
export function secureColumnOnUpdate(): WebApiError {
  return new WebApiError(
    403,
    '0x8004F507',
    "The user doesn't have AttributePrivilegeUpdate and not granted shared access for a secured attribute during update operation",
  )
}

/** 400 for a permission on a column that is not secured. */
export function columnNotSecured(column: string, table: string): WebApiError {
  return new WebApiError(
    400,
    '0x8004F508',
    `Attribute ${column} is NOT secured for entity ${table}. Enable Field Security on attribute in order to complete Create.`,
  )
}

/** 400 for a message a table does not take. */
export function noSuchMessage(message: string, table: string): WebApiError {
  return new WebApiError(
    400,
    '0x80040800',
    `The '${message}' method does not support entities of type '${table}'. MessageProcessorCache returned MessageProcessor.Empty.`,
  )
}

/** 400 for a row given to a team that exists to share rows, not to own them. */
export function accessTeamCannotOwn(team: string): WebApiError {
  return new WebApiError(
    400,
    '0x8004803C',
    `The team with id ${team} is an access team; access teams can't own records.`,
  )
}
