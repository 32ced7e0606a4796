import type { Capability, CapabilityArea, Probe } from './capability.ts'

function query(xml: string, set = 'accounts', rest = ''): Probe {
  return { path: `${set}?fetchXml=${encodeURIComponent(xml)}${rest}` }
}

function has(what: string, xml: string, set?: string, rest?: string): Capability {
  return { what, status: 200, probe: query(xml, set, rest) }
}

function lacks(what: string, xml: string): Capability {
  return { what, status: 501, probe: query(xml) }
}

const entity = (inside: string, attributes = ''): string =>
  `<fetch ${attributes}><entity name="account">${inside}</entity></fetch>`
const link = (type: string, inside = ''): string =>
  `<link-entity name="contact" from="parentcustomerid" to="accountid" link-type="${type}" alias="c">${inside}</link-entity>`
const linkTest = (type: string): string =>
  `<filter><link-entity name="contact" from="parentcustomerid" to="accountid" link-type="${type}"/></filter>`

export const fetchXml: CapabilityArea = {
  area: 'FetchXML and views',
  capabilities: [
    has(
      'columns, aliases, all-attributes, filters of any depth',
      entity(
        '<attribute name="name" alias="n"/><filter type="or"><condition attribute="name" operator="eq" value="x"/><filter/></filter>',
      ),
    ),
    has(
      'every condition operator of the documents',
      entity('<filter><condition attribute="createdon" operator="last-x-fiscal-periods" value="2"/></filter>'),
    ),
    has(
      'conditions on the names of lookups and the labels of choices',
      entity('<filter><condition attribute="owneridname" operator="like" value="A%"/></filter>'),
    ),
    has(
      'comparing columns of a row and of related rows',
      entity(`<filter><condition attribute="name" operator="eq" valueof="c.fullname"/></filter>${link('outer')}`),
    ),
    has('link-entity: inner, outer', entity(`${link('inner', '<attribute name="fullname"/>')}`)),
    has('link-entity: exists, in', entity(link('exists'))),
    has(
      'link-entity: matchfirstrowusingcrossapply',
      entity(link('matchfirstrowusingcrossapply', '<attribute name="fullname"/>')),
    ),
    has('link-entity in a filter (any, not any, all, not all)', entity(linkTest('not any'))),
    has(
      'link-entity through an N:N relationship',
      '<fetch><entity name="systemuser"><link-entity name="team" alias="t"><attribute name="name"/></link-entity></entity></fetch>',
      'systemusers',
    ),
    has(
      'conditions on an outer link after the join (entityname)',
      entity(`<filter><condition entityname="c" attribute="contactid" operator="null"/></filter>${link('outer')}`),
    ),
    {
      what: 'conditions inside a link-entity on another link-entity',
      status: 501,
      probe: query(
        entity(
          `${link('outer', '<filter><condition entityname="d" attribute="name" operator="null"/></filter>')}<link-entity name="account" from="accountid" to="parentaccountid" link-type="outer" alias="d"/>`,
        ),
      ),
    },
    has(
      'order, by columns of links too, by labels or raw values',
      entity('<order attribute="statecode" descending="true"/>', 'useraworderby="true"'),
    ),
    has('distinct rows', entity('<attribute name="statecode"/><order attribute="statecode"/>', 'distinct="true"')),
    has('paging by number and by cookie', entity('<order attribute="name"/>', 'count="3" page="2"')),
    { what: 'simple paging beyond 50,000 rows', status: 400, probe: query(entity('', 'count="5000" page="11"')) },
    has(
      'counting by returntotalrecordcount or $count',
      entity('', 'returntotalrecordcount="true"'),
      'accounts',
      '&$count=true',
    ),
    {
      what: 'more than 15 links',
      status: 400,
      probe: query(entity('<link-entity name="contact" from="contactid" to="primarycontactid"/>'.repeat(16))),
    },
    has(
      'hints to the database, which change no row (no-lock, latematerialize, options, union)',
      entity('<filter hint="union"/>', 'no-lock="true" latematerialize="true" options="HashJoin"'),
    ),
    lacks('aggregates', entity('<attribute name="accountid" aggregate="count" alias="n"/>', 'aggregate="true"')),
    lacks(
      'counting children in a hierarchy (rowaggregate)',
      entity('<attribute name="name" rowaggregate="CountChildren" alias="n"/>'),
    ),
    lacks('retained rows (datasource)', entity('', 'datasource="retained"')),
    lacks('quick find filters', entity('<filter isquickfindfields="1"/>')),
    lacks('the names of lookups as columns of the answer', entity('<attribute name="owneridname"/>')),
    {
      what: 'OData options other than $count beside fetchXml',
      status: 501,
      probe: query(entity(''), 'accounts', '&$select=name'),
    },
    { what: 'saved views', status: 200, probe: { path: 'accounts?savedQuery=00000000-0000-0000-00aa-000010001002' } },
    {
      what: 'a view of another table',
      status: 400,
      probe: { path: 'contacts?savedQuery=00000000-0000-0000-00aa-000010001002' },
    },
    {
      what: 'saved views on related collections',
      status: 200,
      probe: {
        path: 'accounts({account})/opportunity_customer_accounts?savedQuery=00000000-0000-0000-00aa-000010003001',
      },
    },
    { what: 'personal views', status: 200, probe: { path: 'tasks?userQuery={userquery}', as: 'Amara Okafor' } },
    {
      what: 'OData options other than $count beside a view',
      status: 501,
      probe: { path: 'accounts?savedQuery=00000000-0000-0000-00aa-000010001002&$filter=statecode eq 0' },
    },
    {
      what: 'making views, whose query is checked',
      status: 400,
      probe: {
        method: 'POST',
        path: 'userqueries',
        body: JSON.stringify({ name: 'a', returnedtypecode: 'account', querytype: 0, fetchxml: '<fetch/>' }),
      },
    },
  ],
}
