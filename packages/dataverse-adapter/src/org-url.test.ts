import { OutpostError } from '@outpost/core'
import { expect, test } from 'vitest'
import { orgUrl } from './org-url.ts'

test.each([
  ['contoso', 'https://contoso.crm.dynamics.com'],
  ['  Contoso ', 'https://contoso.crm.dynamics.com'],
  ['contoso.crm4', 'https://contoso.crm4.dynamics.com'],
  ['contoso.api.crm4', 'https://contoso.crm4.dynamics.com'],
  ['CONTOSO.CRM11', 'https://contoso.crm11.dynamics.com'],
  ['contoso.crm4.dynamics.com', 'https://contoso.crm4.dynamics.com'],
  ['https://contoso.crm4.dynamics.com', 'https://contoso.crm4.dynamics.com'],
  ['https://contoso.crm4.dynamics.com/', 'https://contoso.crm4.dynamics.com'],
  ['HTTPS://Contoso.CRM4.Dynamics.com:443/api/data/v9.2', 'https://contoso.crm4.dynamics.com'],
  ['https://contoso.crm4.dynamics.com/api/data/v9.2/', 'https://contoso.crm4.dynamics.com'],
  ['https://contoso.crm4.dynamics.com/api/data/v9.0', 'https://contoso.crm4.dynamics.com'],
  ['https://contoso.crm4.dynamics.com./', 'https://contoso.crm4.dynamics.com'],
  ['https://contoso.api.crm4.dynamics.com/api/data/v9.2', 'https://contoso.crm4.dynamics.com'],
  ['https://crm.example.org:8443', 'https://crm.example.org:8443'],
  ['http://localhost:5180/', 'http://localhost:5180'],
  ['http://127.0.0.1:5180/api/data/v9.2', 'http://127.0.0.1:5180'],
  ['http://[::1]:5180', 'http://[::1]:5180'],
  ['localhost:5180', 'http://localhost:5180'],
  ['localhost', 'http://localhost'],
  ['https://contoso.crm9.dynamics.com', 'https://contoso.crm9.dynamics.com'],
  ['contoso.crm.microsoftdynamics.us', 'https://contoso.crm.microsoftdynamics.us'],
])('reads %s as %s', (text, root) => {
  expect(orgUrl(text)).toBe(root)
})

test('uses the region for a bare name, and only there', () => {
  expect(orgUrl('contoso', { region: 'CRM4' })).toBe('https://contoso.crm4.dynamics.com')
  expect(orgUrl('contoso.crm11', { region: 'crm4' })).toBe('https://contoso.crm11.dynamics.com')
  expect(orgUrl('https://contoso.crm.dynamics.com', { region: 'crm4' })).toBe('https://contoso.crm.dynamics.com')
})

test.each([
  ['', 'url-empty'],
  ['   ', 'url-empty'],
  ['http://contoso.crm.dynamics.com', 'url-http'],
  ['http://10.0.0.5', 'url-http'],
  ['http://localhost.example.org', 'url-http'],
  ['ftp://contoso.crm.dynamics.com', 'url-scheme'],
  ['https://user:secret@contoso.crm.dynamics.com', 'url-credentials'],
  ['https://contoso.crm.dynamics.com/main.aspx?appid=1', 'url-path'],
  ['https://contoso.crm.dynamics.com/?x=1', 'url-path'],
  ['https://contoso.crm.dynamics.com/api/data/v9.2/accounts', 'url-path'],
  ['https://contoso', 'url-host'],
  ['contoso org', 'url-syntax'],
  ['https://', 'url-syntax'],
])('refuses %j by the rule %s and says what to do', (text, rule) => {
  const error = thrownBy(() => orgUrl(text))
  expect(error.code).toBe('invalid')
  expect(error.place.rule).toBe(rule)
  expect(error.remedy).toBeTruthy()
})

test('refuses a region that is none', () => {
  expect(thrownBy(() => orgUrl('contoso', { region: 'europe' })).place.rule).toBe('url-region')
})

function thrownBy(act: () => unknown): OutpostError {
  try {
    act()
  } catch (error) {
    if (error instanceof OutpostError) return error
  }
  throw new Error('nothing was refused')
}
