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
  ],
}
