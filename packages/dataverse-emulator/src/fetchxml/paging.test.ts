import { expect, test } from 'vitest'
import { bench, id } from '../ask.test-support.ts'
import type { Answer, Ask } from '../ask.test-support.ts'
import { escapeXml } from '../xml/read-xml.ts'

const COOKIE = '@Microsoft.Dynamics.CRM.fetchxmlpagingcookie'
const MORE = '@Microsoft.Dynamics.CRM.morerecords'
const PAGING = {
  Prefer: 'odata.include-annotations="Microsoft.Dynamics.CRM.fetchxmlpagingcookie,Microsoft.Dynamics.CRM.morerecords"',
}

const read = (ask: Ask, set: string, xml: string, headers = PAGING, rest = ''): Promise<Answer> =>
  ask('GET', `${set}?fetchXml=${encodeURIComponent(xml)}${rest}`, { headers })

/** What a client does with the annotation, as the documents say: take the attribute out, decode it twice. */
function cookieOf({ json }: Answer): string {
  const value = /pagingcookie="([^"]*)"/.exec(json[COOKIE])?.[1] ?? ''
  return decodeURIComponent(decodeURIComponent(value))
}

function contacts(attributes: string, order = '<order descending="true" attribute="fullname"/>'): string {
  return `<fetch mapping="logical" ${attributes}><entity name="contact"><attribute name="fullname"/>${order}</entity></fetch>`
}

test('FetchXML is paged by number and cookie; the last page has neither annotation', async () => {
  const { ask } = bench()
  const whole = await read(ask, 'contacts', contacts(''))
  expect(whole.json[COOKIE]).toBeUndefined()
  expect(whole.json[MORE]).toBeUndefined()
  const seen: string[] = []
  let cookie = ''
  for (let page = 1; ; page++) {
    const answer = await read(
      ask,
      'contacts',
      contacts(`count="20" page="${page}" paging-cookie="${escapeXml(cookie)}"`),
    )
    expect(answer.status).toBe(200)
    seen.push(...answer.json.value.map((row: { contactid: string }) => row.contactid))
    if (answer.json[MORE] === undefined) break
    expect(answer.json[MORE]).toBe(true)
    expect(answer.json[COOKIE]).toMatch(
      new RegExp(
        `^<cookie pagenumber="${page + 1}" pagingcookie="%253ccookie%2520page%253d%2522${page}%2522%253e[^"]*" istracking="False" />$`,
      ),
    )
    cookie = cookieOf(answer)
  }
  expect(seen).toEqual(whole.json.value.map((row: { contactid: string }) => row.contactid))
})

test('§16.31: a cookie names the first and last row of its page, keys in upper case', async () => {
  const { ask } = bench()
  const answer = await read(ask, 'contacts', contacts('count="3" page="1"'))
  const [first, , last] = answer.json.value
  expect(cookieOf(answer)).toBe(
    `<cookie page="1"><fullname last="${last.fullname}" first="${first.fullname}" /><contactid last="{${last.contactid.toUpperCase()}}" first="{${first.contactid.toUpperCase()}}" /></cookie>`,
  )
  const none = await read(ask, 'contacts', contacts('count="3" page="1"'), {
    Prefer: 'odata.include-annotations="OData.*"',
  })
  expect(none.json[COOKIE]).toBeUndefined()
  expect(none.json[MORE]).toBeUndefined()
})

test('§16.6: a page is evaluated when it is asked for: a row made meanwhile behind the cookie is in it', async () => {
  const { ask } = bench()
  const order = '<order attribute="fullname"/>'
  const first = await read(ask, 'contacts', contacts('count="3" page="1"', order))
  const last: string = first.json.value[2].fullname
  await ask('PATCH', `contacts(${id(1)})`, { body: { lastname: `${last} junior` } })
  const second = await read(
    ask,
    'contacts',
    contacts(`count="3" page="2" paging-cookie="${escapeXml(cookieOf(first))}"`, order),
  )
  expect(second.json.value.map((row: { contactid: string }) => row.contactid)).toContain(id(1))
})

test('A cookie that does not fit the query is refused', async () => {
  const { ask } = bench()
  const cookie = escapeXml(cookieOf(await read(ask, 'contacts', contacts('count="3" page="1"'))))
  const other = await read(
    ask,
    'contacts',
    contacts(`count="3" page="2" paging-cookie="${cookie}"`, '<order attribute="jobtitle"/>'),
  )
  expect(other.json.error).toMatchObject({ code: '0x80041129' })
  const broken = await read(ask, 'contacts', contacts('count="3" page="2" paging-cookie="&lt;cookie"'))
  expect(broken.status).toBe(400)
  const page = await read(
    ask,
    'contacts',
    contacts('count="3" page="2" paging-cookie="&lt;cookie page=&quot;x&quot;/&gt;"'),
  )
  expect(page.json.error).toMatchObject({ code: '0x8004112a' })
})

test('Without a cookie pages are counted from the beginning, up to 50,000 rows', async () => {
  const { ask } = bench()
  const whole = await read(ask, 'contacts', contacts(''))
  const third = await read(ask, 'contacts', contacts('count="4" page="3"'))
  expect(third.json.value).toEqual(whole.json.value.slice(8, 12))
  const far = await read(ask, 'contacts', contacts('count="5000" page="11"'))
  expect(far.json.error).toMatchObject({ code: '0x8004430a' })
})

test('An order by a column of a link has no cookie; the pages still come by number', async () => {
  const { ask } = bench()
  const xml = (page: number): string =>
    `<fetch count="5" page="${page}"><entity name="account"><attribute name="name"/><link-entity name="contact" from="contactid" to="primarycontactid" link-type="outer" alias="c"><attribute name="fullname"/><order attribute="fullname"/></link-entity></entity></fetch>`
  const first = await read(ask, 'accounts', xml(1))
  expect(first.json[COOKIE]).toBe('<cookie pagenumber="2" istracking="False" />')
  expect(first.json[MORE]).toBe(true)
  const second = await read(ask, 'accounts', xml(2))
  const ids = [...first.json.value, ...second.json.value].map((row: { accountid: string }) => row.accountid)
  expect(new Set(ids).size).toBe(10)
})

test('Rows are counted by the query or by $count, and not together with top', async () => {
  const { ask } = bench()
  const all = { Prefer: 'odata.include-annotations="*"' }
  const plain = await read(ask, 'contacts', contacts('count="2"'), all)
  expect(plain.json['@odata.count']).toBeUndefined()
  expect(plain.json['@Microsoft.Dynamics.CRM.totalrecordcount']).toBe(-1)
  const byQuery = await read(ask, 'contacts', contacts('count="2" returntotalrecordcount="true"'), all)
  const byOption = await read(ask, 'contacts', contacts('count="2"'), all, '&$count=true')
  const total = (await ask('GET', 'contacts/$count')).text
  for (const { json } of [byQuery, byOption]) {
    expect(json['@odata.count']).toBe(Number(total))
    expect(json['@Microsoft.Dynamics.CRM.totalrecordcount']).toBe(Number(total))
    expect(json['@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded']).toBe(false)
  }
  const top = await read(ask, 'contacts', contacts('top="3"'))
  expect(top.json.value).toHaveLength(3)
  expect(top.json[MORE]).toBeUndefined()
  const both = await read(ask, 'contacts', contacts('top="3"'), PAGING, '&$count=true')
  expect(both.json.error.message).toBe("The Top.Count = 3 can't be specified with pagingInfo")
})

test('odata.maxpagesize limits the page of a query', async () => {
  const { ask } = bench()
  const { json, headers } = await read(ask, 'contacts', contacts(''), {
    Prefer: 'odata.maxpagesize=7,odata.include-annotations="Microsoft.Dynamics.CRM.morerecords"',
  })
  expect(json.value).toHaveLength(7)
  expect(json[MORE]).toBe(true)
  expect(json['@odata.nextLink']).toBeUndefined()
  expect(headers.get('Preference-Applied')).toContain('odata.maxpagesize=7')
})
