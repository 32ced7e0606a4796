import { expect, test } from 'vitest'
import { bench } from '../ask.test-support.ts'
import { parseFetch } from './parse-fetch.ts'

const { ask } = bench()

const refused: readonly (readonly [string, string, string])[] = [
  ['<fetch><entity name="account">', '0x80040201', 'Invalid XML.'],
  ['', '0x80041124', "Xml String can't be null."],
  ['<query/>', '0x8004111c', 'Invalid Child Node'],
  ['<fetch/>', '0x80041123', 'A required element was not specified.'],
  ['<fetch><entity/></fetch>', '0x8004111e', 'A required attribute was not specified.'],
  ['<fetch><entity name="contact"/></fetch>', '0x80041128', 'The entity name specified in fetchxml does not match'],
  ['<fetch><entity name="nothing"/></fetch>', '0x80041102', "The entity with a name = 'nothing'"],
  [
    '<fetch><entity name="account"><attribute name="nothing"/></entity></fetch>',
    '0x80041103',
    "'Account' entity doesn't contain attribute with Name = 'nothing' and NameMapping = 'Logical'",
  ],
  [
    '<fetch><entity name="account"><column name="name"/></entity></fetch>',
    '0x8004111c',
    'Invalid Child Node, valid nodes are filter, order, link-entity, attribute, all-attributes, no-attrs.',
  ],
  ['<fetch unknown="1"><entity name="account"/></fetch>', '0x8004111c', 'unknown'],
  [
    '<fetch distinct="yes"><entity name="account"/></fetch>',
    '0x80041115',
    "The only valid values for distinct attribute are 'true', 'false', '1', and '0'.",
  ],
  ['<fetch count="0"><entity name="account"/></fetch>', '0x8004110c', 'A value greater than zero must be specified.'],
  [
    '<fetch top="5" page="1"><entity name="account"/></fetch>',
    '0x80040203',
    "The top attribute can't be specified with paging attribute page",
  ],
  [
    '<fetch top="5" returntotalrecordcount="true"><entity name="account"/></fetch>',
    '0x80040203',
    "The top attribute can't be specified with paging attribute returntotalrecordcount",
  ],
  ['<fetch top="5001"><entity name="account"/></fetch>', '0x80041108', '5000'],
  ['<fetch mapping="physical"><entity name="account"/></fetch>', '0x80041116', "'logical'"],
  [
    '<fetch><entity name="account"><filter type="xor"/></entity></fetch>',
    '0x80041122',
    "Valid values are 'and', or 'or'.",
  ],
  [
    '<fetch><entity name="account"><filter><condition attribute="name" operator="resembles" value="x"/></filter></entity></fetch>',
    '0x80041120',
    'Unsupported condition operator.',
  ],
  [
    '<fetch><entity name="account"><filter><condition attribute="name" operator="eq" value="x" entityname="zz"/></filter></entity></fetch>',
    '0x8004110a',
    'alias',
  ],
  [
    '<fetch><entity name="account"><order attribute="name" entityname="zz"/></entity></fetch>',
    '0x80041126',
    'Link Node',
  ],
  ['<fetch><entity name="account"><order alias="name"/></entity></fetch>', '0x80041132', 'alias'],
  ['<fetch><entity name="account"><order/></entity></fetch>', '0x80041133', 'attribute is required'],
  [
    '<fetch><entity name="account"><attribute name="name" alias="x"/><attribute name="telephone1" alias="x"/></entity></fetch>',
    '0x80041130',
    'unique aliases',
  ],
  ['<fetch><entity name="account"><attribute name="name" alias="a b"/></entity></fetch>', '0x80041109', 'a b'],
  [
    '<fetch><entity name="account"><link-entity name="contact" from="contactid" to="primarycontactid" link-type="full"/></entity></fetch>',
    '0x80041121',
    'join operator',
  ],
  ['<fetch distinct="1"><entity name="account"><no-attrs/></entity></fetch>', '0x8004112c', 'no-attrs'],
  [
    `<fetch><entity name="account">${'<link-entity name="contact" from="contactid" to="primarycontactid"/>'.repeat(16)}</entity></fetch>`,
    '0x8004430d',
    'Number of link entities in query exceeded maximum limit.',
  ],
]

test.each(refused)('A query that makes no sense is refused: %#', async (xml, code, message) => {
  const { status, json } = await ask('GET', `accounts?fetchXml=${encodeURIComponent(xml)}`)
  expect(status).toBe(400)
  expect(json.error).toMatchObject({ code, message: expect.stringContaining(message) })
})

test('More than 500 conditions and links are refused', () => {
  const query = (conditions: number): string =>
    `<fetch><entity name="account"><filter type="or">${'<condition attribute="name" operator="null"/>'.repeat(conditions)}</filter></entity></fetch>`
  expect(() => parseFetch(query(500))).not.toThrow()
  expect(() => parseFetch(query(501))).toThrow('Number of conditions in query exceeded maximum limit.')
})

test('§16.36: names that only resemble those of the options are not taken for them, nor the options on other resources', async () => {
  const [{ accountid }] = (await ask('GET', 'accounts?$select=name&$top=1')).json.value
  const xml = encodeURIComponent('<fetch><entity name="account"/></fetch>')
  const paths = [
    `accounts?fetchxml=${xml}`,
    `accounts?$fetchXml=${xml}`,
    'accounts?savedquery=00000000-0000-0000-00aa-000010001002',
    `accounts(${accountid})?fetchXml=${xml}`,
    `accounts/$count?fetchXml=${xml}`,
  ]
  for (const path of paths) expect([400, 501]).toContain((await ask('GET', path)).status)
})
