import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Ask, Bench } from './ask.test-support.ts'
import { file } from './schema.ts'
import { Draw } from './seed/draw.ts'

// Another seed may be given; a failure names the one it was found with.
const SEED = process.env['OUTPOST_FUZZ_SEED'] ?? '20250602'
const ROUNDS = 4

interface Resource {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const get = (path: string): Resource => ({ method: 'GET', path })

function fetchXml(name: string): string {
  return encodeURIComponent(`<fetch><entity name="${name}"><attribute name="name" /></entity></fetch>`)
}

function part(path: string): Resource {
  const lines = [
    '--b',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    `GET ${path} HTTP/1.1`,
  ]
  return {
    method: 'POST',
    path: '$batch',
    body: [...lines, '', '', '--b--', ''].join('\r\n'),
    headers: { 'Content-Type': 'multipart/mixed; boundary=b' },
  }
}

interface House extends Bench {
  /** Every kind of thing that can be asked for, in a form that is answered. */
  readonly resources: readonly Resource[]
}

async function house(): Promise<House> {
  const here = bench({ limits: { serviceProtection: false } })
  const { ask, emulator } = here
  emulator.schema.addColumn('account', file('sample_File', { maxSizeKb: 100 }))
  await made(ask, 'contacts', { contactid: id(2), lastname: 'c' })
  await made(ask, 'accounts', {
    accountid: id(1),
    name: 'a',
    accountnumber: 'fuzz-1',
    'primarycontactid@odata.bind': `contacts(${id(2)})`,
  })
  await made(ask, 'incidents', {
    incidentid: id(3),
    title: 'i',
    'customerid_account@odata.bind': `accounts(${id(1)})`,
  })
  const account = `accounts(${id(1)})`
  const views = await ask('GET', "savedqueries?$select=returnedtypecode&$filter=returnedtypecode eq 'account'")
  const own = await ask('GET', 'userqueries?$select=returnedtypecode')
  const first = await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.track-changes' } })
  const delta = String(first.json['@odata.deltaLink']).replace(/^.*\/v9\.2\//, '')
  const reference = { '@odata.id': `contacts(${id(2)})` }
  const target = { '@odata.type': 'Microsoft.Dynamics.CRM.account', name: 'fuzz' }
  return {
    ...here,
    resources: [
      get('accounts?$select=name&$top=1'),
      get('accounts/$count'),
      get(`${account}?$select=name`),
      get("accounts(accountnumber='fuzz-1')?$select=name"),
      get(`${account}/name`),
      get(`${account}/name/$value`),
      get(`${account}/primarycontactid?$select=fullname`),
      get(`${account}/primarycontactid/$ref`),
      get(`${account}/contact_customer_accounts?$select=fullname`),
      get(`${account}/contact_customer_accounts/$count`),
      get(`${account}/contact_customer_accounts/$ref`),
      get(`${account}/sample_file`),
      get(`${account}/sample_file/$value`),
      get(`${account}/entityimage/$value`),
      get(`accounts?fetchXml=${fetchXml('account')}`),
      get(`accounts?savedQuery=${views.json.value[0].savedqueryid}`),
      get(`accounts?userQuery=${own.json.value[0].userqueryid}`),
      get(delta),
      get(delta.replace('?', '/$count?')),
      get('$metadata'),
      get(''),
      get('EntityDefinitions?$select=LogicalName'),
      get("EntityDefinitions(LogicalName='account')?$select=LogicalName"),
      get("EntityDefinitions(LogicalName='account')/Attributes?$select=LogicalName"),
      get("EntityDefinitions(LogicalName='account')/LogicalName"),
      get('RelationshipDefinitions?$select=SchemaName'),
      get('GlobalOptionSetDefinitions'),
      get(`RetrieveMetadataChanges(Query=@q)?@q=${encodeURIComponent('{"Properties":{"AllProperties":true}}')}`),
      get('RetrieveTimestamp'),
      get('WhoAmI'),
      get("RetrieveTotalRecordCount(EntityNames=@p)?@p=['account']"),
      get(`incidents(${id(3)})/Microsoft.Dynamics.CRM.CalculateTotalTimeIncident()`),
      { method: 'POST', path: 'accounts', body: { name: 'fuzz' } },
      { method: 'POST', path: `${account}/contact_customer_accounts`, body: { lastname: 'fuzz' } },
      { method: 'PATCH', path: account, body: { name: 'fuzz' } },
      { method: 'PATCH', path: `accounts(${id(99)})`, body: { name: 'fuzz' } },
      { method: 'PUT', path: `${account}/name`, body: { value: 'fuzz' } },
      { method: 'DELETE', path: `${account}/name` },
      { method: 'DELETE', path: account },
      { method: 'PUT', path: `${account}/primarycontactid/$ref`, body: reference },
      { method: 'POST', path: `${account}/contact_customer_accounts/$ref`, body: reference },
      { method: 'DELETE', path: `${account}/primarycontactid/$ref` },
      { method: 'POST', path: 'accounts/Microsoft.Dynamics.CRM.CreateMultiple', body: { Targets: [target] } },
      {
        method: 'PATCH',
        path: `${account}/sample_file`,
        body: 'content',
        headers: { 'Content-Type': 'application/octet-stream', 'x-ms-file-name': 'fuzz.txt' },
      },
      part('accounts?$select=name&$top=1'),
    ],
  }
}

/** Asks for the resource, changed; gives how it was answered. */
async function status(ask: Ask, { method, path, body, headers }: Resource, also = {}): Promise<number> {
  const question = { headers: { ...headers, ...also }, ...(body === undefined ? {} : { body }) }
  return (await ask(method, path, question)).status
}

const refused = (answered: number): boolean => answered === 400 || answered === 501
const withOption = ({ path, ...rest }: Resource, option: string): Resource => ({
  ...rest,
  path: `${path}${path.includes('?') ? '&' : '?'}${option}`,
})

function word(draw: Draw): string {
  return Array.from({ length: draw.whole(3, 9) }, () => String.fromCharCode(draw.whole(97, 122))).join('')
}

/** The versions of all rows that the resources could change. */
function traces({ emulator }: Bench): unknown {
  return ['account', 'contact', 'incident', 'fileattachment'].map((table) =>
    emulator.master.rows(table).map(({ id: row, version }) => [row, String(version)]),
  )
}

test('the resources are answered when nothing is strange about the request', async () => {
  const { resources, ask, emulator } = await house()
  for (const resource of resources) {
    const before = emulator.backup()
    const answered = await status(ask, resource)
    expect([resource.method, resource.path, answered, answered < 300]).toEqual([
      resource.method,
      resource.path,
      answered,
      true,
    ])
    emulator.restoreBackup(before)
  }
}, 60_000)

test('§16.36: on every kind of resource an option nobody knows is refused, and nothing is written', async () => {
  const { resources, ask, ...here } = await house()
  const draw = new Draw(SEED)
  const before = traces({ ask, ...here })
  for (const resource of resources) {
    const made_up = Array.from(
      { length: ROUNDS },
      () => `${draw.pick(['', '$', 'x-', '$$'])}${word(draw)}=${word(draw)}`,
    )
    const known = [
      '$compute=1',
      '$index=0',
      '$schemaversion=1',
      '$levels=1',
      '$format=json',
      '$search=a',
      '$Select=name',
    ]
    for (const option of [...made_up, ...known, 'api-version=9.2', 'FetchXML=1', 'select=name', '?$select=name']) {
      const changed = withOption(resource, option)
      const answered = await status(ask, changed)
      expect([SEED, changed.method, changed.path, answered]).toEqual([
        SEED,
        changed.method,
        changed.path,
        refused(answered) ? answered : '400 or 501',
      ])
    }
  }
  expect(traces({ ask, ...here })).toEqual(before)
}, 120_000)

const CHANGING: readonly (readonly [string, string])[] = [
  ['OData-Version', '4.01'],
  ['OData-MaxVersion', '3.0'],
  ['X-HTTP-Method', 'DELETE'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Method-Override', 'DELETE'],
  ['MSCRM.MergeLabels', 'true'],
  ['MSCRM.SuppressDuplicateDetection', 'perhaps'],
  ['AutoDisassociate', 'true'],
  ['Consistency', 'Eventual'],
  ['Isolation', 'snapshot'],
  ['OData-Isolation', 'snapshot'],
  ['If-Unmodified-Since', 'Mon, 01 Jan 2024 00:00:00 GMT'],
  ['If-Range', 'W/"1"'],
  ['MSCRMCallerID', 'nobody'],
  ['Prefer', 'handling=strict'],
  ['Prefer', 'odata.omit-values=nulls'],
  ['Prefer', 'odata.maxpagesize=0'],
  ['Prefer', 'return=everything'],
  ['Prefer', 'respond-async'],
  ['Prefer', 'odata.callback; url="https://example.com"'],
]

test('§16.36: on every kind of resource a header that would change the answer, or none knows, is refused', async () => {
  const { resources, ask, ...here } = await house()
  const draw = new Draw(SEED)
  const before = traces({ ask, ...here })
  for (const resource of resources) {
    const made_up = Array.from({ length: ROUNDS }, (): readonly [string, string] =>
      draw.chance(0.5) ? [`MSCRM.${word(draw)}`, word(draw)] : ['Prefer', `${draw.pick(['', 'odata.'])}${word(draw)}`],
    )
    for (const [name, value] of [...CHANGING, ...made_up]) {
      const answered = await status(ask, resource, { [name]: value })
      expect([SEED, resource.method, resource.path, name, value, answered]).toEqual([
        SEED,
        resource.method,
        resource.path,
        name,
        value,
        refused(answered) ? answered : '400 or 501',
      ])
    }
  }
  expect(traces({ ask, ...here })).toEqual(before)
}, 120_000)

test('§16.36: a condition is looked at or refused, never ignored', async () => {
  const { resources, ask } = await house()
  for (const resource of resources) {
    for (const header of ['If-Match', 'If-None-Match']) {
      const row = /^(?:accounts|contacts)\([^)]*\)(?:\?|$)|\/primarycontactid\?/.test(resource.path)
      const property = resource.path.endsWith('/name')
      if (row || (property && header === 'If-Match' && resource.method !== 'GET')) continue
      const answered = await status(ask, resource, { [header]: 'W/"1"' })
      expect([resource.method, resource.path, header, answered]).toEqual([resource.method, resource.path, header, 501])
    }
  }
})

test('§16.36: change tracking is for a whole table, and refused with everything else', async () => {
  const { resources, ask } = await house()
  for (const resource of resources) {
    if (/^accounts(?:\/\$count)?\?\$select=name&\$deltatoken/.test(resource.path)) continue
    const answered = await status(ask, resource, { Prefer: 'odata.track-changes' })
    expect([resource.method, resource.path, refused(answered) || answered]).toEqual([
      resource.method,
      resource.path,
      true,
    ])
  }
})

test('§16.36: a path nobody knows behind any resource is refused', async () => {
  const { resources, ask, ...here } = await house()
  const draw = new Draw(SEED)
  const before = traces({ ask, ...here })
  for (const resource of resources) {
    const [path = '', query] = resource.path.split('?')
    const behind = [
      '/$each',
      '/$all',
      '/$query',
      '/$entity',
      '/$filter(@x)',
      `/${word(draw)}`,
      `/${word(draw)}(${id(1)})`,
      `/Microsoft.Dynamics.CRM.${word(draw)}`,
      `/Microsoft.Dynamics.CRM.${word(draw)}()`,
      ...(path.includes('/$') ? [`(${id(1)})`] : []),
    ]
    for (const segment of behind) {
      const changed = {
        ...resource,
        path: `${path}${path === '' ? segment.slice(1) : segment}${query === undefined ? '' : `?${query}`}`,
      }
      const answered = await status(ask, changed)
      expect([SEED, changed.method, changed.path, answered]).toEqual([
        SEED,
        changed.method,
        changed.path,
        [400, 404, 405, 415, 501].includes(answered) ? answered : 'refused',
      ])
    }
  }
  expect(traces({ ask, ...here })).toEqual(before)
}, 120_000)

test('§16.36: functions and actions nobody knows, or with parameters they do not have, are refused', async () => {
  const { ask } = await house()
  const draw = new Draw(SEED)
  for (let round = 0; round < 40; round++) {
    const name = word(draw)
    for (const [method, path] of [
      ['GET', `${name[0]?.toUpperCase()}${name.slice(1)}()`],
      ['GET', `${name[0]?.toUpperCase()}${name.slice(1)}(Target=@t)?@t=1`],
      ['GET', `WhoAmI(${name}=1)`],
      ['GET', `RetrieveTotalRecordCount(EntityNames=@p,${name}=1)?@p=['account']`],
      ['GET', `RetrieveTimestamp(${name}=1)`],
      ['GET', `accounts(${id(1)})/Microsoft.Dynamics.CRM.${name}()`],
      ['GET', `accounts/Microsoft.Dynamics.CRM.${name}()`],
      ['POST', `${name[0]?.toUpperCase()}${name.slice(1)}`],
      ['POST', `accounts(${id(1)})/Microsoft.Dynamics.CRM.${name}`],
      ['POST', 'accounts/Microsoft.Dynamics.CRM.CreateMultiple'],
    ] as const) {
      const answered = await status(ask, { method, path, ...(method === 'POST' ? { body: { [name]: 1 } } : {}) })
      expect([SEED, method, path, answered]).toEqual([
        SEED,
        method,
        path,
        refused(answered) || answered === 404 ? answered : '400, 404 or 501',
      ])
    }
  }
}, 60_000)

test('§16.36: inside of a batch a strange request is refused as it is outside', async () => {
  const { ask } = await house()
  const draw = new Draw(SEED)
  for (let round = 0; round < 40; round++) {
    const path = draw.pick([
      'accounts',
      `accounts(${id(1)})`,
      'WhoAmI',
      '$metadata',
      'EntityDefinitions',
      'accounts/$count',
    ])
    const strange = part(`${path}?${draw.pick(['', '$'])}${word(draw)}=1`)
    expect([SEED, path, refused(await status(ask, strange))]).toEqual([SEED, path, true])
  }
})

test('§16.36: attributes and elements of FetchXML nobody knows are refused', async () => {
  const { ask } = await house()
  const draw = new Draw(SEED)
  for (let round = 0; round < 80; round++) {
    const name = word(draw)
    const spots = ['', '', '', '', '', '']
    spots[draw.whole(0, spots.length - 1)] = draw.chance(0.5) ? ` ${name}="1"` : ` ${name}=""`
    const [fetch, entity, attribute, order, filter, condition] = spots
    const inner = draw.chance(0.3) ? `<${name}/>` : ''
    const xml =
      `<fetch${fetch}><entity name="account"${entity}><attribute name="name"${attribute}/><order attribute="name"${order}/>` +
      `<filter${filter}><condition attribute="name" operator="not-null"${condition}/></filter>${inner}</entity></fetch>`
    const answered = await status(ask, get(`accounts?fetchXml=${encodeURIComponent(xml)}`))
    expect([SEED, xml, refused(answered) || answered]).toEqual([SEED, xml, true])
  }
})
