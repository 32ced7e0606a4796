import type { CapabilityArea } from './capability.ts'

const TRACK = { Prefer: 'odata.track-changes' }

export const changeTracking: CapabilityArea = {
  area: 'Change tracking',
  capabilities: [
    {
      what: '`odata.track-changes` of a whole table with `$select`, in pages, the delta link on the last one',
      status: 200,
      probe: { path: 'accounts?$select=name', headers: { Prefer: 'odata.track-changes,odata.maxpagesize=2' } },
    },
    {
      what: '`$filter`, `$orderby`, `$expand` and `$top` are refused with it',
      status: 400,
      probe: { path: "accounts?$filter=name eq 'a'", headers: TRACK },
    },
    {
      what: 'tables that are not tracked are refused',
      status: 400,
      probe: { path: 'new_xes', headers: TRACK },
    },
    {
      what: 'users who do not read the whole table are refused',
      status: 403,
      probe: { path: 'accounts', headers: TRACK, as: 'Amara Okafor' },
    },
    {
      what: 'expired tokens are refused with 0x80044352',
      status: 400,
      probe: { path: 'accounts?$deltatoken=1000000%2101%2f01%2f2017%2000%3a00%3a00' },
    },
    {
      what: 'change tracking of one row or of a count',
      status: 501,
      probe: { path: 'accounts/$count', headers: TRACK },
    },
  ],
}
