import {
  choice,
  dateTime,
  entityName,
  integer,
  lookup,
  memo,
  noCascade,
  parental,
  readOnly,
  removeLink,
  standardColumns,
  text,
  uniqueidentifier,
} from '../../schema.ts'
import type { ManyToManyDraft, TableDraft } from '../../schema.ts'

const role: TableDraft = {
  schemaName: 'Role',
  objectTypeCode: 1036,
  displayName: 'Security Role',
  primaryName: 'name',
  ownership: 'BusinessOwned',
  columns: [
    text('Name', { maxLength: 100, required: 'SystemRequired' }),
    lookup(
      'BusinessUnitId',
      { table: 'businessunit', relationship: 'business_unit_roles', cascade: parental },
      { required: 'SystemRequired', validForUpdate: false },
    ),
    lookup('ParentRoleId', { table: 'role', relationship: 'role_parent_role', cascade: removeLink }, readOnly),
    lookup('ParentRootRoleId', { table: 'role', relationship: 'role_parent_root_role', cascade: noCascade }, readOnly),
    choice(
      'IsInherited',
      { 0: 'Team privileges only', 1: 'Direct User (Basic) access level and Team privileges' },
      { defaultValue: 1 },
    ),
    uniqueidentifier('OrganizationId', readOnly),
    ...standardColumns('role', {
      ownership: 'BusinessOwned',
      state: 'own',
      relationships: { createdby: 'lk_rolebase_createdby', modifiedby: 'lk_rolebase_modifiedby' },
    }),
  ],
}

const sharing: TableDraft = {
  schemaName: 'PrincipalObjectAccess',
  objectTypeCode: 11,
  displayName: 'Principal Object Access',
  entitySetName: 'principalobjectaccessset',
  primaryName: null,
  ownership: 'None',
  changeTracking: false,
  canEnableChangeTracking: false,
  columns: [
    integer('AccessRightsMask', readOnly),
    integer('InheritedAccessRightsMask', readOnly),
    dateTime('ChangedOn', readOnly),
    uniqueidentifier('ObjectId', readOnly),
    entityName('ObjectTypeCode', readOnly),
    uniqueidentifier('PrincipalId', readOnly),
    entityName('PrincipalTypeCode', readOnly),
    integer('TimeZoneRuleVersionNumber', { ...readOnly, min: -1 }),
    integer('UTCConversionTimeZoneCode', { ...readOnly, min: -1 }),
  ],
}

const profile: TableDraft = {
  schemaName: 'FieldSecurityProfile',
  objectTypeCode: 1200,
  displayName: 'Column Security Profile',
  primaryName: 'name',
  ownership: 'OrganizationOwned',
  columns: [
    text('Name', { maxLength: 100, required: 'SystemRequired' }),
    memo('Description', { maxLength: 2000 }),
    ...standardColumns('fieldsecurityprofile', {
      ownership: 'OrganizationOwned',
      state: 'own',
      relationships: { organizationid: 'lk_fieldsecurityprofile_organizationid' },
    }),
  ],
}

const PERMISSION = { 0: 'Not Allowed', 4: 'Allowed' }

const permission: TableDraft = {
  schemaName: 'FieldPermission',
  objectTypeCode: 1201,
  displayName: 'Field Permission',
  primaryName: null,
  ownership: 'None',
  columns: [
    entityName('EntityName', { required: 'SystemRequired', validForUpdate: false }),
    text('AttributeLogicalName', { maxLength: 50, required: 'SystemRequired', validForUpdate: false }),
    choice('CanCreate', PERMISSION, { defaultValue: 0 }),
    choice('CanRead', PERMISSION, { defaultValue: 0 }),
    choice('CanUpdate', PERMISSION, { defaultValue: 0 }),
    lookup(
      'FieldSecurityProfileId',
      {
        table: 'fieldsecurityprofile',
        relationship: 'lk_fieldpermission_fieldsecurityprofileid',
        cascade: parental,
      },
      { required: 'SystemRequired', validForUpdate: false },
    ),
  ],
}

interface LinkNames {
  readonly schemaName: string
  readonly primaryId: string
  readonly objectTypeCode: number
  readonly relationship: string
  readonly holder: 'systemuser' | 'team'
  readonly held: 'role' | 'fieldsecurityprofile'
}

// The set is called after the table with `collection` behind it, since the table's name is a plural already.
function linkTable({ schemaName, primaryId, objectTypeCode, holder, held }: LinkNames): TableDraft {
  return {
    schemaName,
    objectTypeCode,
    displayName: schemaName,
    entitySetName: `${schemaName.toLowerCase()}collection`,
    primaryId,
    ownership: 'None',
    isIntersect: true,
    changeTracking: false,
    canEnableChangeTracking: false,
    optimisticConcurrency: false,
    columns: [uniqueidentifier(`${holder}id`, readOnly), uniqueidentifier(`${held}id`, readOnly)],
  }
}

function linkRelationship({ schemaName, objectTypeCode, relationship, holder, held }: LinkNames): ManyToManyDraft {
  return {
    schemaName: relationship,
    intersectTable: schemaName.toLowerCase(),
    intersectSet: `${schemaName.toLowerCase()}collection`,
    objectTypeCode,
    table1: holder,
    navigation1: relationship,
    table2: held,
    navigation2: relationship,
    isCustom: false,
  }
}

const links: readonly LinkNames[] = [
  {
    schemaName: 'SystemUserRoles',
    primaryId: 'systemuserroleid',
    objectTypeCode: 15,
    relationship: 'systemuserroles_association',
    holder: 'systemuser',
    held: 'role',
  },
  {
    schemaName: 'TeamRoles',
    primaryId: 'teamroleid',
    objectTypeCode: 40,
    relationship: 'teamroles_association',
    holder: 'team',
    held: 'role',
  },
  {
    schemaName: 'SystemUserProfiles',
    primaryId: 'systemuserprofileid',
    objectTypeCode: 1202,
    relationship: 'systemuserprofiles_association',
    holder: 'systemuser',
    held: 'fieldsecurityprofile',
  },
  {
    schemaName: 'TeamProfiles',
    primaryId: 'teamprofileid',
    objectTypeCode: 1203,
    relationship: 'teamprofiles_association',
    holder: 'team',
    held: 'fieldsecurityprofile',
  },
]

/** Roles, shares, and the permissions of column security. */
export const securityTables: readonly TableDraft[] = [role, sharing, profile, permission, ...links.map(linkTable)]

export const securityLinks: readonly ManyToManyDraft[] = links.map(linkRelationship)
