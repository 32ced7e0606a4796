import { expect, test } from 'vitest'
import { escapeXml, MalformedXml, readXml } from './read-xml.ts'

test('Elements keep their attributes, children and text', () => {
  const root = readXml(`<?xml version="1.0" encoding="utf-8"?>
    <!-- before --><edmx:Edmx Version='4.0'><a x="1" y = '"'/>text<b>two</b><?skip this?></edmx:Edmx>
  `)
  expect(root.name).toBe('edmx:Edmx')
  expect([...root.attributes]).toEqual([['Version', '4.0']])
  expect(root.children.map(({ name }) => name)).toEqual(['a', 'b'])
  expect([...(root.children[0]?.attributes ?? [])]).toEqual([
    ['x', '1'],
    ['y', '"'],
  ])
  expect(root.text).toBe('text')
  expect(root.children[1]?.text).toBe('two')
})

test('Entities, character references and CDATA sections are resolved', () => {
  const root = readXml('<a b="&lt;&quot;&apos;&#65;&#x1F600;">&amp;&gt;<![CDATA[<c>&amp;]]>!</a>')
  expect(root.attributes.get('b')).toBe('<"\'A😀')
  expect(root.text).toBe('&><c>&amp;!')
})

test('Line ends become line feeds, and blanks inside attribute values', () => {
  const root = readXml('<a b="1\r\n2\t3&#10;4">x\r\ny\rz</a>')
  expect(root.attributes.get('b')).toBe('1 2 3\n4')
  expect(root.text).toBe('x\ny\nz')
})

test.each([
  '',
  'text',
  '<a>',
  '<a></b>',
  '<a/><b/>',
  '<a/>text',
  '<a b=1/>',
  '<a b/>',
  '<a b="1" b="2"/>',
  '<a b="1"c="2"/>',
  '<a b="<"/>',
  '<a b="1/>',
  '<a>&nbsp;</a>',
  '<a>a & b</a>',
  '<a>&#0;</a>',
  '<a>&#xD800;</a>',
  '<a>]]></a>',
  '<a><!-- -- --></a>',
  '<a><![CDATA[</a>',
  '<!DOCTYPE a><a/>',
  '<1/>',
  '< a/>',
  '<a>\u0001</a>',
  '<a/> <?xml version="1.0"?>',
  '<a></a',
])('What is not well-formed is refused: %j', (document) => {
  expect(() => readXml(document)).toThrow(MalformedXml)
})

test('The refusal says where', () => {
  const failure = (): unknown => readXml('<a>\n  <b></c>')
  expect(failure).toThrow(/Line 2, position \d+\./)
})

test('Escaped text reads back as it was', () => {
  const text = `<cookie page="1">'&'</cookie>`
  expect(readXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`).attributes.get('b')).toBe(text)
})
