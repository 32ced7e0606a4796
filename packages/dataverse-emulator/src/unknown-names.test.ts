import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import { Draw } from './seed/draw.ts'

const OPTIONS = [
  '$select',
  '$expand',
  '$filter',
  '$orderby',
  '$top',
  '$count',
  '$apply',
  '$skip',
  '$search',
  '$format',
  '$skiptoken',
  '$deltatoken',
  '$id',
  'fetchXml',
  'savedQuery',
  'userQuery',
  'tag',
]
const FUNCTIONS = [
  'contains',
  'startswith',
  'endswith',
  'Microsoft.Dynamics.CRM.Today',
  'Microsoft.Dynamics.CRM.In',
  'tolower',
  'length',
  'year',
  'Microsoft.Dynamics.CRM.LastXDays',
]

/** A name that resembles a known one and is another: a letter more, less or changed, or another case. */
function resembling(name: string, draw: Draw): string {
  const at = draw.whole(0, name.length - 1)
  const letter = String.fromCharCode(draw.whole(97, 122))
  switch (draw.whole(0, 4)) {
    case 0:
      return name.slice(0, at) + letter + name.slice(at)
    case 1:
      return name.slice(0, at) + name.slice(at + 1)
    case 2:
      return name.slice(0, at) + letter + name.slice(at + 1)
    case 3:
      return name.toUpperCase()
    default:
      return `${name}${letter}`
  }
}

const ALLOWED: ReadonlySet<string> = new Set([...OPTIONS, '', '$'])

test('§16.36: options that only resemble known ones are refused wherever rows are read, never ignored', async () => {
  const { ask } = bench({ limits: { serviceProtection: false } })
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const draw = new Draw('20_250_602')
  const paths = [
    'accounts',
    'accounts/$count',
    `accounts(${id(1)})`,
    `accounts(${id(1)})/name`,
    `accounts(${id(1)})/primarycontactid`,
    `accounts(${id(1)})/contact_customer_accounts`,
  ]
  for (let round = 0; round < 300; round++) {
    const name = resembling(draw.pick(OPTIONS), draw)
    // An alias is no option, and a name without a dollar may be one of the client's own.
    if (ALLOWED.has(name)) continue
    const path = draw.pick(paths)
    const { status } = await ask('GET', `${path}?${encodeURIComponent(name)}=1`)
    expect([name, path, status === 400 || status === 501]).toEqual([name, path, true])
  }
})

test('§16.36: functions that only resemble known ones are refused in a filter', async () => {
  const { ask } = bench({ limits: { serviceProtection: false } })
  const draw = new Draw('7')
  for (let round = 0; round < 200; round++) {
    const name = resembling(draw.pick(FUNCTIONS), draw)
    if (FUNCTIONS.includes(name)) continue
    const call = name.startsWith('Microsoft') ? `${name}(PropertyName='createdon')` : `${name}(name,'x')`
    const { status } = await ask('GET', `accounts?$filter=${encodeURIComponent(call)}`)
    expect([call, status === 400 || status === 501]).toEqual([call, true])
  }
})

test('§16.36: options that only resemble those of an expand are refused', async () => {
  const { ask } = bench({ limits: { serviceProtection: false } })
  const draw = new Draw('99')
  const known = ['$select', '$filter', '$orderby', '$top', '$expand', '$skip', '$count', '$levels']
  for (let round = 0; round < 150; round++) {
    const name = resembling(draw.pick(known), draw)
    if (known.slice(0, 5).includes(name)) continue
    const { status } = await ask('GET', `accounts?$expand=contact_customer_accounts(${encodeURIComponent(name)}=name)`)
    expect([name, status]).toEqual([name, 400])
  }
})
