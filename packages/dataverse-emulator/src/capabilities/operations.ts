import type { CapabilityArea } from './capability.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM.'
const ACCOUNT = `"@odata.type":"${NAMESPACE}account"`

export const operations: CapabilityArea = {
  area: 'Functions, actions and plug-ins',
  capabilities: [
    { what: '`WhoAmI`', status: 200, probe: { path: 'WhoAmI()' } },
    {
      what: '`RetrieveCurrentOrganization`',
      status: 200,
      probe: {
        path: `RetrieveCurrentOrganization(AccessType=@p1)?@p1=${NAMESPACE}EndpointAccessType'Default'`,
      },
    },
    { what: '`RetrieveVersion`', status: 200, probe: { path: 'RetrieveVersion()' } },
    {
      what: '`RetrieveProvisionedLanguages` and `RetrieveAvailableLanguages`',
      status: 200,
      probe: { path: 'RetrieveProvisionedLanguages()' },
    },
    {
      what: '`RetrieveTotalRecordCount`, from a count up to a day old',
      status: 200,
      probe: { path: 'RetrieveTotalRecordCount(EntityNames=@p1)?@p1=["account","contact"]' },
    },
    {
      what: '`GetTimeZoneCodeByLocalizedName`',
      status: 200,
      probe: {
        path: "GetTimeZoneCodeByLocalizedName(LocalizedStandardName='Pacific Standard Time',LocaleId=1033)",
      },
    },
    {
      what: '`FormatAddress` for the United States and Japan',
      status: 200,
      probe: { path: "FormatAddress(Line1='a',City='b',StateOrProvince='WA',PostalCode='1',Country='USA')" },
    },
    {
      what: '`FormatAddress` for other countries',
      status: 501,
      probe: { path: "FormatAddress(Line1='a',City='b',StateOrProvince='c',PostalCode='1',Country='Norway')" },
    },
    {
      what: '`InitializeFrom`, without mapped columns',
      status: 200,
      probe: {
        path: `InitializeFrom(EntityMoniker=@p1,TargetEntityName='account',TargetFieldType=${NAMESPACE}TargetFieldType'All')?@p1={'@odata.id':'accounts({account})'}`,
      },
    },
    {
      what: '`CalculateTotalTimeIncident`',
      status: 200,
      probe: { path: `incidents({incident})/${NAMESPACE}CalculateTotalTimeIncident()` },
    },
    {
      what: 'functions whose parameters are missing or unknown are refused',
      status: 400,
      probe: { path: 'RetrieveTotalRecordCount()' },
    },
    {
      what: 'bound operations without their namespace are refused',
      status: 400,
      probe: { path: 'incidents({incident})/CalculateTotalTimeIncident()' },
    },
    { what: 'query options on the result of a function', status: 501, probe: { path: 'WhoAmI()?$select=UserId' } },
    {
      what: 'paths behind the result of a function',
      status: 501,
      probe: { path: "RetrieveCurrentOrganization(AccessType='Default')/Detail" },
    },
    {
      what: '`CloseIncident`, with its case resolution; a case that is resolved already is refused',
      status: 400,
      probe: {
        method: 'POST',
        path: 'CloseIncident',
        body: '{"IncidentResolution":{"subject":"x","incidentid@odata.bind":"incidents({incident})"},"Status":5}',
      },
    },
    {
      what: '`WinOpportunity` and `LoseOpportunity`, with the opportunity close; a closed opportunity is refused',
      status: 400,
      probe: {
        method: 'POST',
        path: 'WinOpportunity',
        body: '{"OpportunityClose":{"subject":"x","opportunityid@odata.bind":"opportunities({opportunity})"},"Status":3}',
      },
    },
    {
      what: '`QualifyLead`',
      status: 200,
      probe: {
        method: 'POST',
        path: `leads({lead})/${NAMESPACE}QualifyLead`,
        body: '{"CreateAccount":true,"CreateContact":true,"CreateOpportunity":true,"Status":3}',
      },
    },
    {
      what: '`Merge` of accounts, contacts, leads and cases; a row with itself is refused',
      status: 400,
      probe: {
        method: 'POST',
        path: 'Merge',
        body: `{"Target":{${ACCOUNT},"accountid":"{account}"},"Subordinate":{${ACCOUNT},"accountid":"{account}"},"PerformParentingChecks":false}`,
      },
    },
    {
      what: '`AddToQueue`',
      status: 200,
      probe: {
        method: 'POST',
        path: `queues({queue})/${NAMESPACE}AddToQueue`,
        body: `{"Target":{"@odata.type":"${NAMESPACE}task","activityid":"{task}"}}`,
      },
    },
    {
      what: '`AddMembersTeam` and `RemoveMembersTeam`',
      status: 204,
      probe: {
        method: 'POST',
        path: `teams({team})/${NAMESPACE}AddMembersTeam`,
        body: `{"Members":[{"@odata.type":"${NAMESPACE}systemuser","ownerid":"{systemuser}"}]}`,
      },
    },
    {
      what: '`CreateMultiple`, `UpdateMultiple` and `UpsertMultiple`, all or nothing',
      status: 200,
      probe: {
        method: 'POST',
        path: `accounts/${NAMESPACE}CreateMultiple`,
        body: `{"Targets":[{${ACCOUNT},"name":"one"},{${ACCOUNT},"name":"two"}]}`,
      },
    },
    {
      what: 'targets of bulk messages without `@odata.type` are refused',
      status: 400,
      probe: { method: 'POST', path: `accounts/${NAMESPACE}CreateMultiple`, body: '{"Targets":[{"name":"one"}]}' },
    },
    { what: '`?tag=`, which plug-ins see', status: 200, probe: { path: 'accounts?$top=1&tag=mine' } },
    {
      what: '`MSCRM.BypassCustomPluginExecution`, for administrators',
      status: 200,
      probe: { path: 'accounts?$top=1', headers: { 'MSCRM.BypassCustomPluginExecution': 'true' } },
    },
    {
      what: '`MSCRM.BypassBusinessLogicExecution` and `…StepIds` need their privilege',
      status: 403,
      probe: {
        path: 'accounts?$top=1',
        headers: { 'MSCRM.BypassBusinessLogicExecution': 'CustomSync,CustomAsync' },
        as: 'Amara Okafor',
      },
    },
    {
      what: '`respond-async` of anything but custom functions and actions',
      status: 501,
      probe: { path: 'WhoAmI', headers: { Prefer: 'respond-async' } },
    },
    {
      what: '`odata.callback` of background operations',
      status: 501,
      probe: { path: 'WhoAmI', headers: { Prefer: 'odata.callback; url="https://example.org"' } },
    },
    ...['BulkDelete', 'ExecuteWorkflow', 'SendEmail', 'ReviseQuote', 'SetBusinessEquipment', 'BackgroundSendEmail'].map(
      (name) => ({
        what: `\`${name}\``,
        status: 501,
        probe: { method: 'POST' as const, path: name, body: '{}' },
      }),
    ),
    ...['Rollup', 'IsValidStateTransition', 'RetrieveLocLabels', 'ValidateRecurrenceRule'].map((name) => ({
      what: `\`${name}\``,
      status: 501,
      probe: { path: `${name}()` },
    })),
    {
      what: 'bound functions and actions that are not listed here',
      status: 501,
      probe: { method: 'POST', path: `accounts({account})/${NAMESPACE}CreateKnowledgeArticle`, body: '{}' },
    },
  ],
}
