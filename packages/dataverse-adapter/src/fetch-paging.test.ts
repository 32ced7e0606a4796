import { expect, test } from 'vitest'
import { isFetchPath, nextFetchPath } from './fetch-paging.ts'

const path = (fetch: string): string => `accounts?fetchXml=${encodeURIComponent(fetch)}`
const COOKIE = '@Microsoft.Dynamics.CRM.fetchxmlpagingcookie'
const MORE = '@Microsoft.Dynamics.CRM.morerecords'

test('the next page begins behind the cookie, which the annotation holds encoded twice', () => {
  const cookie = '<cookie page="1"><accountid last="{A}" first="{B}" /></cookie>'
  const annotation = `<cookie pagenumber="2" pagingcookie="${encodeURIComponent(encodeURIComponent(cookie))}" istracking="False" />`
  const next = nextFetchPath(path('<fetch count="5"><entity name="account"/></fetch>'), {
    [MORE]: true,
    [COOKIE]: annotation,
  })
  const text = decodeURIComponent(next?.split('=')[1] ?? '')
  expect(text).toBe(
    '<fetch count="5" page="2" paging-cookie="&lt;cookie page=&quot;1&quot;&gt;&lt;accountid last=&quot;{A}&quot; first=&quot;{B}&quot; /&gt;&lt;/cookie&gt;"><entity name="account"/></fetch>',
  )
  const third = nextFetchPath(next ?? '', { [MORE]: true, [COOKIE]: '<cookie pagenumber="3" istracking="False" />' })
  expect(decodeURIComponent(third?.split('=')[1] ?? '')).toBe(
    '<fetch count="5" page="3"><entity name="account"/></fetch>',
  )
})

test('there is no next page where the master does not say so', () => {
  expect(nextFetchPath(path('<fetch count="5"><entity/></fetch>'), {})).toBeNull()
  expect(nextFetchPath(path('<fetch count="5"><entity/></fetch>'), { [MORE]: false })).toBeNull()
})

test('a path is known as one of FetchXML', () => {
  expect(isFetchPath(path('<fetch/>'))).toBe(true)
  expect(isFetchPath("accounts?$filter=name eq '?fetchXml='")).toBe(false)
})
