import type { CapabilityArea } from './capability.ts'

export const protocol: CapabilityArea = {
  area: 'Protocol',
  capabilities: [
    { what: 'versions v9.0, v9.1 and v9.2', status: 200, probe: { path: '/api/data/v9.0/WhoAmI' } },
    {
      what: '`If-None-Match: null`, which most samples send, is no condition',
      status: 200,
      probe: { path: 'accounts({account})?$select=name', headers: { 'If-None-Match': 'null' } },
    },
    {
      what: 'OData-Version other than 4.0 is refused',
      status: 400,
      probe: { path: 'WhoAmI', headers: { 'OData-Version': '3.0' } },
    },
    {
      what: 'full metadata in answers',
      status: 501,
      probe: { path: 'accounts?$top=1', headers: { Accept: 'application/json;odata.metadata=full' } },
    },
    { what: 'the service document', status: 200, probe: { path: '/api/data/v9.2/' } },
    {
      what: '`Prefer`: `return=representation`, `return=minimal`, annotations by name or pattern, page sizes',
      status: 201,
      probe: {
        method: 'POST',
        path: 'accounts?$select=name',
        headers: { Prefer: 'return=representation,odata.include-annotations="*"', 'Content-Type': 'application/json' },
        body: '{"name":"a"}',
      },
    },
    {
      what: '`Consistency: Strong`',
      status: 200,
      probe: { path: 'WhoAmI', headers: { Consistency: 'Strong' } },
    },
    {
      what: '`?tag=`, a word for plug-ins',
      status: 200,
      probe: { path: 'accounts?$top=1&tag=word' },
    },
    {
      what: 'verbs that a resource does not take are 405',
      status: 405,
      probe: { method: 'DELETE', path: 'accounts' },
    },
    {
      what: 'URLs of more than 32,768 characters are refused by the web server',
      status: 414,
      probe: { path: `accounts?$select=name&tag=${'x'.repeat(33_000)}` },
    },
    {
      what: 'media types other than JSON are refused',
      status: 415,
      probe: { path: 'accounts?$top=1', headers: { Accept: 'application/atom+xml' } },
    },
    {
      what: 'addresses outside of the Web API belong to nobody',
      status: 404,
      probe: { path: '/main.aspx' },
    },
    {
      what: 'wide numbers as texts (`IEEE754Compatible`)',
      status: 501,
      probe: { path: 'accounts?$top=1', headers: { Accept: 'application/json;IEEE754Compatible=true' } },
    },
    {
      what: 'bodies in other character sets than UTF-8, and compressed ones',
      status: 501,
      probe: {
        method: 'POST',
        path: 'accounts',
        headers: { 'Content-Type': 'application/json; charset=utf-16' },
        body: '{}',
      },
    },
    {
      what: 'headers of solutions and of elastic tables',
      status: 501,
      probe: { path: 'accounts?$top=1', headers: { 'MSCRM.SolutionUniqueName': 'Example' } },
    },
    {
      what: 'Dataverse search, and versions before v9.0',
      status: 501,
      probe: { path: '/api/search/v1.0/query' },
    },
  ],
}
