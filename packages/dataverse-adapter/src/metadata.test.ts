import { expect, test } from 'vitest'
import { dataverseMaster } from './dataverse-master.ts'
import { json, scripted, type Sent } from './sample-tables.test-support.ts'
import { staticToken } from './token.ts'

const signal = new AbortController().signal

function organisation(names: readonly string[], stamp: unknown = '1144249'): (request: Sent) => Response {
  return ({ path }) => {
    if (path.startsWith('organizations')) {
      return json({ '@Microsoft.Dynamics.CRM.globalmetadataversion': stamp, value: [] })
    }
    const asked = [...path.matchAll(/"Value":"([a-z0-9_]+)"/g)].map((match) => match[1])
    const tables = asked.length === 0 ? names : asked
    return json({
      EntityMetadata: tables.map((name) => ({
        LogicalName: name,
        EntitySetName: `${name}s`,
        PrimaryIdAttribute: `${name}id`,
        Attributes: [],
      })),
      ServerVersionStamp: '1!01/01/2026 00:00:00',
    })
  }
}

test('identifies the organisation and the user in canonical form', async () => {
  const { fetch, sent } = scripted(() =>
    json({
      OrganizationId: 'AAAAAAAA-0000-4000-8000-000000000001',
      UserId: 'BBBBBBBB-0000-4000-8000-000000000002',
      BusinessUnitId: 'cccccccc-0000-4000-8000-000000000003',
    }),
  )
  const master = dataverseMaster({
    url: 'HTTPS://Contoso.crm4.dynamics.com/api/data/v9.2/',
    token: staticToken('t'),
    fetch,
  })
  expect(await master.identify(signal)).toEqual({
    organizationId: 'aaaaaaaa-0000-4000-8000-000000000001',
    userId: 'bbbbbbbb-0000-4000-8000-000000000002',
    url: 'https://contoso.crm4.dynamics.com',
  })
  expect(sent[0]?.path).toBe('https://contoso.crm4.dynamics.com/api/data/v9.2/WhoAmI()')
})

test('what does not say who it is is not a Dataverse', async () => {
  const { fetch } = scripted(() => json({ hello: 'world' }))
  await expect(
    dataverseMaster({ url: 'contoso', token: staticToken('t'), fetch }).identify(signal),
  ).rejects.toMatchObject({ code: 'protocol' })
})

test('reads all tables, some at a time, and only ever reads', async () => {
  const names = Array.from({ length: 45 }, (_, index) => `table_${String(index).padStart(2, '0')}`)
  const { fetch, sent } = scripted(organisation(names))
  const metadata = await dataverseMaster({ url: 'contoso', token: staticToken('t'), fetch }).metadata(signal)
  expect(metadata.tables.map(({ name }) => name)).toEqual(names)
  expect(metadata.stamp).toBe('1144249')
  expect(new Set(sent.map(({ method }) => method))).toEqual(new Set(['GET']))
  expect(sent).toHaveLength(1 + 1 + 3)
  for (const { path, headers } of sent) {
    expect(encodeURI(path).length).toBeLessThan(8_000)
    expect(headers['Consistency']).toBe('Strong')
  }
})

test('the stamp is that of the moment before the tables were read', async () => {
  let version = 1
  const { fetch } = scripted((request) => {
    const answer = organisation(['account'], String(version))(request)
    version += 1
    return answer
  })
  const master = dataverseMaster({ url: 'contoso', token: staticToken('t'), fetch })
  const { stamp } = await master.metadata(signal)
  expect(stamp).toBe('1')
  expect(await master.metadataStamp(signal)).not.toBe(stamp)
})

test('an answer without a stamp, or without tables, is not taken for one', async () => {
  const master = (answer: (request: Sent) => Response): ReturnType<typeof dataverseMaster> =>
    dataverseMaster({ url: 'contoso', token: staticToken('t'), fetch: scripted(answer).fetch })
  await expect(master(() => json({ value: [] })).metadataStamp(signal)).rejects.toMatchObject({ code: 'protocol' })
  const noTables = master((request) =>
    request.path.startsWith('org') ? organisation([])(request) : json({ value: [] }),
  )
  await expect(noTables.metadata(signal)).rejects.toMatchObject({ code: 'protocol' })
})
