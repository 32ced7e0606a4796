import type { CapabilityArea } from './capability.ts'

const list = 'accounts?$select=name&$top=1'
const filtered = (filter: string): { readonly path: string } => ({ path: `${list}&$filter=${filter}` })
const query = (name: string, column: string, rest = ''): { readonly path: string } =>
  filtered(`Microsoft.Dynamics.CRM.${name}(PropertyName='${column}'${rest})`)
const expanded = (expand: string): { readonly path: string } => ({ path: `${list}&$expand=${expand}` })

export const queries: CapabilityArea = {
  area: 'Queries (OData)',
  capabilities: [
    {
      what: '`$select`, with the primary key, currencies and whole addresses unasked',
      status: 200,
      probe: { path: list },
    },
    { what: '`$select=*`', status: 501, probe: { path: 'accounts?$select=*' } },
    {
      what: '`eq ne gt ge lt le and or not`, parentheses',
      status: 200,
      probe: filtered("not (name eq 'a' or revenue gt 5)"),
    },
    { what: 'comparison of two columns of a row', status: 200, probe: filtered('name eq description') },
    {
      what: '`contains`, `startswith`, `endswith`, without case, with SQL wildcards',
      status: 200,
      probe: filtered("contains(name,'a_c%25')"),
    },
    {
      what: 'paths over lookups in `$filter`',
      status: 200,
      probe: filtered("primarycontactid/createdby/fullname eq 'x'"),
    },
    {
      what: 'paths over `ownerid`, which leads to several tables',
      status: 501,
      probe: filtered("ownerid/ownerid eq 'x'"),
    },
    {
      what: '`any` and `all` on collections, 1:N and N:N, nested',
      status: 200,
      probe: filtered('contact_customer_accounts/any(c:c/Contact_Tasks/all(t:t/statecode eq 1))'),
    },
    {
      what: '`any` and `all` behind a lookup are refused',
      status: 400,
      probe: filtered('primarycontactid/Contact_Tasks/any(t:t/statecode eq 1)'),
    },
    {
      what: 'columns of the outer row inside `any` and `all`',
      status: 501,
      probe: filtered('Account_Tasks/any(t:t/subject eq name)'),
    },
    {
      what: 'query functions In, NotIn, Between, NotBetween',
      status: 200,
      probe: query('Between', 'numberofemployees', ',PropertyValues=["5","2000"]'),
    },
    {
      what: 'query functions ContainValues, DoesNotContainValues',
      status: 200,
      probe: {
        path: `msdyn_workorders?$top=1&$filter=Microsoft.Dynamics.CRM.ContainValues(PropertyName='new_safetymeasures',PropertyValues=["1"])`,
      },
    },
    {
      what: 'In and NotIn of choices columns',
      status: 501,
      probe: {
        path: `msdyn_workorders?$top=1&$filter=Microsoft.Dynamics.CRM.In(PropertyName='new_safetymeasures',PropertyValues=["1"])`,
      },
    },
    {
      what: "query functions on dates, relative to the clock, in the time zone of the user's settings",
      status: 200,
      probe: query('LastXDays', 'createdon', ',PropertyValue=7'),
    },
    {
      what: 'query functions on fiscal years and periods (years, half years, quarters, months)',
      status: 200,
      probe: query('ThisFiscalPeriod', 'createdon'),
    },
    {
      what: 'query functions on the user, teams, business unit, language, and those who report to the user',
      status: 200,
      probe: query('EqualUserOrUserHierarchyAndTeams', 'ownerid'),
    },
    {
      what: 'query functions on hierarchies, by the primary key',
      status: 200,
      probe: query('UnderOrEqual', 'accountid', ",PropertyValue='{account}'"),
    },
    {
      what: 'query functions on hierarchies by a lookup',
      status: 501,
      probe: query('Under', 'primarycontactid', ",PropertyValue='{account}'"),
    },
    {
      what: 'the query function Contains, which needs full-text indexing',
      status: 501,
      probe: query('Contains', 'name', ",PropertyValue='x'"),
    },
    {
      what: 'other functions of OData (`length`, `year`, …), arithmetic, `in`, `has`, `$it`',
      status: 501,
      probe: filtered('length(name) eq 5'),
    },
    {
      what: 'parameter aliases in `$filter` and `$orderby`',
      status: 200,
      probe: { path: `${list}&$filter=@p ne null&$orderby=@p&@p=name` },
    },
    { what: 'at most 500 conditions', status: 400, probe: filtered(Array(501).fill('revenue eq 5').join(' or ')) },
    {
      what: '`$orderby`: lookups by the name they show, choices by their number',
      status: 200,
      probe: { path: `${list}&$orderby=_primarycontactid_value desc,industrycode` },
    },
    {
      what: 'paths over lookups in `$orderby`',
      status: 501,
      probe: { path: `${list}&$orderby=primarycontactid/fullname` },
    },
    {
      what: '`$expand` of lookups and collections, nested, with `$select`, `$filter`, `$orderby`, `$top`',
      status: 200,
      probe: expanded(
        'primarycontactid($select=fullname;$expand=createdby($select=fullname)),contact_customer_accounts($filter=statecode eq 0)',
      ),
    },
    { what: '`$expand` with `/$ref` of a lookup', status: 200, probe: expanded('primarycontactid/$ref') },
    { what: '`$expand` with `/$ref` of a collection is refused', status: 400, probe: expanded('Account_Tasks/$ref') },
    {
      what: '`$top` and `$orderby` beside a nested `$expand` are refused',
      status: 400,
      probe: expanded('Account_Tasks($top=1),primarycontactid($expand=createdby)'),
    },
    {
      what: 'more than 15 expanded properties are refused',
      status: 400,
      probe: expanded(
        Array.from(
          { length: 8 },
          (_, at) =>
            `${['createdby', 'modifiedby', 'owninguser', 'owningteam', 'owningbusinessunit', 'primarycontactid', 'parentaccountid', 'transactioncurrencyid'][at]}($expand=createdby)`,
        ).join(','),
      ),
    },
    { what: '`$expand=*`, `$count`, types and `$filter` of a lookup in `$expand`', status: 501, probe: expanded('*') },
    {
      what: '`$filter` of a single row, by what is true of it',
      status: 200,
      probe: { path: 'accounts({account})?$filter=name ne null&$select=name' },
    },
    {
      what: '`$filter` of a single row that it leaves out',
      status: 501,
      probe: { path: 'accounts({account})?$filter=name eq null&$select=name' },
    },
    { what: '`$expand=ownerid` without `$select=ownerid`', status: 501, probe: expanded('ownerid') },
    {
      what: '`$top`, `$count`, `/$count`, with the cap of 5,000',
      status: 200,
      probe: { path: "accounts/$count?$filter=name ne 'x'" },
    },
    {
      what: '`odata.maxpagesize` and links to the next page; pages are read live',
      status: 200,
      probe: { path: 'accounts?$select=name', headers: { Prefer: 'odata.maxpagesize=3' } },
    },
    { what: 'a `$skiptoken` that no page gave', status: 400, probe: { path: 'accounts?$skiptoken=x' } },
    { what: '`$apply`', status: 501, probe: { path: 'accounts?$apply=groupby((name))' } },
    {
      what: '`$skip`, `$search`, `$format`, `$compute`, `$levels` are refused',
      status: 400,
      probe: { path: 'accounts?$skip=5' },
    },
    { what: 'query options that Dataverse does not know', status: 501, probe: { path: 'accounts?unknown=1' } },
    {
      what: 'paths over several lookups, to rows of a collection and to properties',
      status: 200,
      probe: { path: 'accounts({account})/createdby/businessunitid/name' },
    },
    {
      what: 'FormattedValue, lookuplogicalname, associatednavigationproperty, totalrecordcount and globalmetadataversion annotations',
      status: 200,
      probe: { path: list, headers: { Prefer: 'odata.include-annotations="*"' } },
    },
  ],
}
