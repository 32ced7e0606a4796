import { expect, test } from 'vitest'
import { fetchCondition, fetchElement, fetchFilter, fetchText } from './fetch-element.ts'

test('text comes out as XML that says the same', () => {
  const condition = fetchCondition('name', 'eq', ['<a & "b">\n\t'])
  expect(fetchText(condition)).toBe(
    '<condition attribute="name" operator="eq" value="&lt;a &amp; &quot;b&quot;&gt;&#10;&#9;"/>',
  )
  const several = fetchCondition('name', 'in', ['a&b', '<c>'])
  expect(fetchText(several)).toBe(
    '<condition attribute="name" operator="in"><value>a&amp;b</value><value>&lt;c&gt;</value></condition>',
  )
})

test('a filter of one part is that part', () => {
  const part = fetchElement('condition', { attribute: 'name', operator: 'null' })
  expect(fetchFilter('or', [part])).toBe(part)
  expect(fetchText(fetchFilter('or', [part, part]))).toMatch(/^<filter type="or">.*<\/filter>$/)
})
