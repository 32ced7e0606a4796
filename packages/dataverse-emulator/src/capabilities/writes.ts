import type { CapabilityArea } from './capability.ts'

const json = (value: unknown): string => JSON.stringify(value)
const DETECT = { 'MSCRM.SuppressDuplicateDetection': 'false' }

export const writes: CapabilityArea = {
  area: 'Writes',
  capabilities: [
    { what: 'create', status: 204, probe: { method: 'POST', path: 'accounts', body: json({ name: 'a' }) } },
    {
      what: 'create and update with data returned',
      status: 201,
      probe: {
        method: 'POST',
        path: 'accounts?$select=name',
        headers: { Prefer: 'return=representation' },
        body: json({ name: 'a' }),
      },
    },
    {
      what: 'deep insert, to any depth, all or nothing',
      status: 204,
      probe: {
        method: 'POST',
        path: 'accounts',
        body: json({ name: 'a', primarycontactid: { lastname: 'b', Contact_Tasks: [{ subject: 'c' }] } }),
      },
    },
    {
      what: 'binding a collection on create',
      status: 204,
      probe: {
        method: 'POST',
        path: 'accounts',
        body: json({ name: 'a', 'Account_Tasks@odata.bind': ['/tasks({task})'] }),
      },
    },
    {
      what: 'creating a row in a collection of another one',
      status: 204,
      probe: { method: 'POST', path: 'accounts({account})/contact_customer_accounts', body: json({ lastname: 'a' }) },
    },
    {
      what: 'nested rows and collection binds are refused on update',
      status: 400,
      probe: { method: 'PATCH', path: 'accounts({account})', body: json({ Account_Tasks: [{ subject: 'a' }] }) },
    },
    {
      what: 'deep insert by an upsert',
      status: 501,
      probe: {
        method: 'PATCH',
        path: 'accounts(00000000-0000-0000-0000-00000000abcd)',
        body: json({ name: 'a', Account_Tasks: [{ subject: 'a' }] }),
      },
    },
    {
      what: 'activity parties: nested on create, replaced by PUT',
      status: 204,
      probe: {
        method: 'POST',
        path: 'emails',
        body: json({
          subject: 'a',
          email_activity_parties: [{ 'partyid_contact@odata.bind': '/contacts({contact})', participationtypemask: 2 }],
        }),
      },
    },
    {
      what: 'activity parties in an update',
      status: 501,
      probe: { method: 'PATCH', path: 'phonecalls({phonecall})', body: json({ phonecall_activity_parties: [] }) },
    },
    {
      what: 'a reference (`@odata.id`) in the place of a nested row',
      status: 501,
      probe: {
        method: 'POST',
        path: 'accounts',
        body: json({ name: 'a', primarycontactid: { '@odata.id': 'contacts({contact})' } }),
      },
    },
    {
      what: 'update, upsert and their conditions (`If-Match`, `If-None-Match`)',
      status: 412,
      probe: {
        method: 'PATCH',
        path: 'accounts({account})',
        headers: { 'If-None-Match': '*' },
        body: json({ name: 'a' }),
      },
    },
    {
      what: '`If-Match` on a create',
      status: 501,
      probe: { method: 'POST', path: 'accounts', headers: { 'If-Match': '*' }, body: json({ name: 'a' }) },
    },
    {
      what: '`PUT` of a whole row',
      status: 501,
      probe: { method: 'PUT', path: 'accounts({account})', body: json({ name: 'a' }) },
    },
    {
      what: 'single properties: `GET`, `PUT`, `DELETE`',
      status: 204,
      probe: { method: 'PUT', path: 'accounts({account})/name', body: json({ value: 'a' }) },
    },
    {
      what: 'alternate keys in URLs and binds, with upsert; one that no row has is 404',
      status: 404,
      probe: { path: "accounts(accountnumber='no such number')" },
    },
    {
      what: 'alternate keys with characters that the service does not take (`/<>*%&:\\?+`) are refused',
      status: 400,
      probe: { path: "accounts(accountnumber='a%2Bb')" },
    },
    {
      what: '`$ref`: add, change and remove, 1:N and N:N, in every form of URL',
      status: 204,
      probe: {
        method: 'PUT',
        path: 'accounts({account})/primarycontactid/$ref',
        body: json({ '@odata.id': 'contacts({contact})' }),
      },
    },
    {
      what: 'delete, with Cascade, RemoveLink and Restrict as each relationship says',
      status: 204,
      probe: { method: 'DELETE', path: 'new_xes({new_x})' },
    },
    {
      what: 'assignment through `ownerid`, cascading',
      status: 204,
      probe: { method: 'PATCH', path: 'accounts({account})', body: json({ 'ownerid@odata.bind': '/teams({team})' }) },
    },
    {
      what: 'a hierarchy does not become a loop',
      status: 400,
      probe: {
        method: 'PATCH',
        path: 'accounts({account})',
        body: json({ 'parentaccountid@odata.bind': '/accounts({account})' }),
      },
    },
    {
      what: 'values of columns that are not valid for the operation are ignored, as documented',
      status: 204,
      probe: { method: 'PATCH', path: 'accounts({account})', body: json({ createdon: '2020-01-01T00:00:00Z' }) },
    },
    {
      what: 'states and their status reasons, transitions, states that only a message sets',
      status: 400,
      probe: { method: 'POST', path: 'accounts', body: json({ name: 'a', statuscode: 2 }) },
    },
    {
      what: 'duplicate detection by published rules (`MSCRM.SuppressDuplicateDetection: false`)',
      status: 412,
      probe: { method: 'POST', path: 'accounts', headers: DETECT, body: json({ name: 'a' }) },
    },
    {
      what: '`RetrieveDuplicates`, `PublishDuplicateRule`, `UnpublishDuplicateRule`',
      status: 200,
      probe: {
        path: `RetrieveDuplicates(BusinessEntity=@p1,MatchingEntityName=@p2)?@p1=${json({ '@odata.id': 'accounts({account})' })}&@p2='account'`,
      },
    },
    {
      what: 'activity pointers and activity parties are not written themselves',
      status: 400,
      probe: { method: 'POST', path: 'activityparties', body: json({ participationtypemask: 2 }) },
    },
  ],
}
