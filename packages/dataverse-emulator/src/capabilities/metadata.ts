import type { CapabilityArea } from './capability.ts'

const query = (text: string): string => encodeURIComponent(text)
const account = "EntityDefinitions(LogicalName='account')"

export const metadata: CapabilityArea = {
  area: 'Metadata',
  capabilities: [
    { what: '`$metadata` (CSDL)', status: 200, probe: { path: '$metadata' } },
    { what: '`$metadata?annotations=true`', status: 200, probe: { path: '$metadata?annotations=true' } },
    {
      what: 'tables by filter, enums and complex properties included',
      status: 200,
      probe: {
        path: `EntityDefinitions?$select=LogicalName&$filter=${query("OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned' and CanCreateAttributes/Value eq true")}`,
      },
    },
    {
      what: 'one table with columns, keys and relationships',
      status: 200,
      probe: {
        path: `${account}?$select=SchemaName&$expand=Attributes($select=LogicalName;$filter=AttributeType%20eq%20Microsoft.Dynamics.CRM.AttributeTypeCode'Picklist'),Keys,OneToManyRelationships,ManyToOneRelationships,ManyToManyRelationships`,
      },
    },
    {
      what: 'columns of one type by cast, with their options',
      status: 200,
      probe: {
        path: `${account}/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet,GlobalOptionSet`,
      },
    },
    {
      what: 'one column by name and cast',
      status: 200,
      probe: {
        path: `${account}/Attributes(LogicalName='industrycode')/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$expand=OptionSet`,
      },
    },
    {
      what: 'a single property of a definition',
      status: 200,
      probe: { path: `${account}/DisplayName` },
    },
    {
      what: 'relationships by cast',
      status: 200,
      probe: { path: 'RelationshipDefinitions/Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata' },
    },
    { what: 'shared choices', status: 200, probe: { path: "GlobalOptionSetDefinitions(Name='msdyn_wosystemstatus')" } },
    { what: '`RetrieveMetadataChanges`', status: 200, probe: { path: 'RetrieveMetadataChanges()' } },
    { what: '`RetrieveTimestamp`', status: 200, probe: { path: 'RetrieveTimestamp()' } },
    { what: '`$top` and paging of definitions', status: 501, probe: { path: 'EntityDefinitions?$top=1' } },
    { what: 'labels in other languages', status: 501, probe: { path: 'EntityDefinitions?LabelLanguages=1031' } },
    {
      what: 'creating and changing definitions over the Web API',
      status: 501,
      probe: { method: 'POST', path: 'EntityDefinitions', body: '{}' },
    },
    { what: '`ManagedPropertyDefinitions`', status: 501, probe: { path: 'ManagedPropertyDefinitions' } },
    {
      what: '`RetrieveEntity`, `RetrieveAllEntities`, `RetrieveAttribute`, `RetrieveRelationship`, `RetrieveEntityKey`, `RetrieveOptionSet`',
      status: 501,
      probe: {
        path: "RetrieveAllEntities(EntityFilters=Microsoft.Dynamics.CRM.EntityFilters'Entity',RetrieveAsIfPublished=true)",
      },
    },
    {
      what: '`RetrieveMetadataChanges` of an app (`AppModuleId`)',
      status: 501,
      probe: { path: 'RetrieveMetadataChanges(AppModuleId=00000000-0000-0000-0000-000000000001)' },
    },
  ],
}
