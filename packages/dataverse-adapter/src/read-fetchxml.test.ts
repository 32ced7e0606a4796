import { expect, test } from 'vitest'
import { fetchText } from './fetch-element.ts'
import { readFetchXml } from './read-fetchxml.ts'
import { account } from './sample-tables.test-support.ts'

const read = (text: string): string => readFetchXml(account, text).map(fetchText).join('')

test('conditions and joins are kept to the letter; what is selected and how it is sorted is not', () => {
  const filter =
    '<filter type="or"><condition attribute="name" operator="in"><value> a &amp; b</value><value>c</value></condition><filter type="and"><condition attribute="name" operator="not-null"/></filter></filter>'
  const link =
    '<link-entity name="contact" from="parentcustomerid" to="accountid" link-type="outer" alias="c"><filter><condition attribute="fullname" operator="like" value="&lt;%"/></filter></link-entity>'
  const decoration = '<attribute name="name"/><all-attributes/><order attribute="name"/>'
  const text = `<?xml version="1.0"?>\n<!-- mine --><fetch version="1.0" mapping="logical" distinct="true" aggregate="false">
    <entity name="account">${decoration}${filter}${link.replace('<filter>', '<attribute name="fullname"/><filter>')}</entity></fetch>`
  expect(read(text)).toBe(filter + link)
})

test('what is not well-formed is refused with its place', () => {
  const text = '<fetch>\n  <entity name="account">\n    <filter></fliter>\n  </entity>\n</fetch>'
  expect(() => read(text)).toThrow(
    expect.objectContaining({
      code: 'invalid',
      message: expect.stringContaining('line 3, column ') as string,
      place: { table: 'account', rule: 'fetchxml-syntax', position: text.indexOf('</fliter>') },
    }),
  )
})

test.each([
  [
    '<fetch><entity name="account"><filter><condition attribute="name" operator="eq">text</condition></filter></entity></fetch>',
    'fetchxml-element',
  ],
  ['<fetch><entity name="account"><filter><value>1</value></filter></entity></fetch>', 'fetchxml-element'],
  [
    '<fetch><entity name="account"><attribute name="name" aggregate="count" alias="n"/></entity></fetch>',
    'fetchxml-attribute',
  ],
  ['<fetch datasource="retained"><entity name="account"/></fetch>', 'fetchxml-attribute'],
  ['<fetch paging-cookie="x"><entity name="account"/></fetch>', 'fetchxml-attribute'],
  ['<fetch colour="red"><entity name="account"/></fetch>', 'fetchxml-attribute'],
  ['<fetch><entity name="account"/><entity name="account"/></fetch>', 'fetchxml-root'],
  ['<fetch><entity/></fetch>', 'fetchxml-entity'],
  ['<a/><fetch><entity name="account"/></fetch>', 'fetchxml-root'],
  ['', 'fetchxml-syntax'],
])('%s is refused by the rule %s', (text, rule) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: 'invalid', place: expect.objectContaining({ rule }) as object }),
  )
})
