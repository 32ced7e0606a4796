import { DISPATCHER, FIRST_TECHNICIAN, rowId } from '../seed/plan.ts'
import type { CapabilityArea } from './capability.ts'

const TECHNICIAN = 'Amara Okafor'
const target = `{'@odata.id':'accounts({account})'}`
const account = '"Target":{"accountid":"{account}","@odata.type":"Microsoft.Dynamics.CRM.account"}'
const user = `{"systemuserid":"${rowId('systemuser', FIRST_TECHNICIAN)}","@odata.type":"Microsoft.Dynamics.CRM.systemuser"}`
const access = `{${account},"PrincipalAccess":{"Principal":${user},"AccessMask":"ReadAccess"}}`

export const security: CapabilityArea = {
  area: 'Security',
  capabilities: [
    {
      what: 'security roles with depths user, business unit, parent-child and organisation: a table without the privilege is refused',
      status: 403,
      probe: { path: 'fieldpermissions', as: TECHNICIAN },
    },
    { what: 'roles, and who has them, as rows that decide at once', status: 200, probe: { path: 'roles?$top=1' } },
    {
      what: 'roles given and taken by `$ref` need `prvAssignRole`',
      status: 403,
      probe: {
        method: 'POST',
        path: `systemusers(${rowId('systemuser', FIRST_TECHNICIAN)})/systemuserroles_association/$ref`,
        body: '{"@odata.id":"roles({role})"}',
        as: TECHNICIAN,
      },
    },
    {
      what: 'roles of teams, access teams and default teams',
      status: 200,
      probe: { path: 'teams({team})/teamroles_association?$select=name' },
    },
    {
      what: '`RetrieveUserPrivileges` and its kin by name and by id, `RetrieveTeamPrivileges`',
      status: 200,
      probe: { path: 'systemusers({systemuser})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()' },
    },
    {
      what: '`AddMembersTeam`, `RemoveMembersTeam`',
      status: 204,
      probe: {
        method: 'POST',
        path: 'teams({team})/Microsoft.Dynamics.CRM.AddMembersTeam',
        body: `{"Members":[${user}]}`,
      },
    },
    { what: '`GrantAccess`', status: 204, probe: { method: 'POST', path: 'GrantAccess', body: access } },
    { what: '`ModifyAccess`', status: 204, probe: { method: 'POST', path: 'ModifyAccess', body: access } },
    {
      what: '`RetrievePrincipalAccess`',
      status: 200,
      probe: {
        path: `systemusers({systemuser})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@p1)?@p1=${target}`,
      },
    },
    {
      what: '`RetrieveSharedPrincipalsAndAccess`',
      status: 200,
      probe: { path: `RetrieveSharedPrincipalsAndAccess(Target=@p1)?@p1=${target}` },
    },
    {
      what: '`RevokeAccess`',
      status: 204,
      probe: { method: 'POST', path: 'RevokeAccess', body: `{${account},"Revokee":${user}}` },
    },
    {
      what: 'column security profiles and field permissions; a permission takes a secured column',
      status: 400,
      probe: {
        method: 'POST',
        path: 'fieldpermissions',
        body: '{"entityname":"account","attributelogicalname":"name","canread":4,"fieldsecurityprofileid@odata.bind":"/fieldsecurityprofiles({fieldsecurityprofile})"}',
      },
    },
    {
      what: 'impersonation by `MSCRMCallerID` and `CallerObjectId`',
      status: 200,
      probe: { path: 'WhoAmI', headers: { MSCRMCallerID: rowId('systemuser', DISPATCHER) } },
    },
    {
      what: 'impersonation without `prvActOnBehalfOfAnotherUser` is refused',
      status: 403,
      probe: { path: 'WhoAmI', headers: { MSCRMCallerID: rowId('systemuser', DISPATCHER) }, as: TECHNICIAN },
    },
    {
      what: 'tokens of other schemes or unknown ones are refused',
      status: 401,
      probe: { path: 'WhoAmI', headers: { Authorization: 'Bearer anything' } },
    },
    {
      what: 'access team templates (`AddUserToRecordTeam`)',
      status: 501,
      probe: {
        method: 'POST',
        path: 'systemusers({systemuser})/Microsoft.Dynamics.CRM.AddUserToRecordTeam',
        body: '{}',
      },
    },
    {
      what: 'changing the privileges of a role over the Web API (`AddPrivilegesRole`); tests set them',
      status: 501,
      probe: { method: 'POST', path: 'roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole', body: '{}' },
    },
    {
      what: '`RetrieveRolePrivilegesRole`',
      status: 501,
      probe: { path: 'RetrieveRolePrivilegesRole(RoleId={role})' },
    },
    {
      what: '`RetrieveAccessOrigin`',
      status: 501,
      probe: {
        path: `RetrieveAccessOrigin(ObjectId={account},LogicalName='account',PrincipalId={systemuser})`,
      },
    },
    {
      what: 'Entra group teams (`RetrieveAadUserRoles`, `RetrieveAadUserPrivileges`)',
      status: 501,
      probe: { path: `RetrieveAadUserRoles(DirectoryObjectId={systemuser})` },
    },
  ],
}
