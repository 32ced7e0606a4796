import { expect, test } from 'vitest'
import { ReadResponse } from './read-response.ts'

const TEXT = '{"name":"Žofie"}'
const made = (): Response => new ReadResponse(new TextEncoder().encode(TEXT), { status: 201, headers: { a: 'b' } })

test('a body is read in every way a Response has, once', async () => {
  const ways: readonly ((response: Response) => Promise<unknown>)[] = [
    async (response) => new TextDecoder().decode(await response.arrayBuffer()),
    (response) => response.text(),
    async (response) => JSON.stringify(await response.json()),
    async (response) => (await response.blob()).text(),
    async (response) => new Response(response.body).text(),
  ]
  for (const way of ways) {
    const response = made()
    expect(response).toBeInstanceOf(Response)
    expect([response.status, response.headers.get('a'), response.bodyUsed]).toEqual([201, 'b', false])
    expect(await way(response)).toBe(TEXT)
    expect(response.bodyUsed).toBe(true)
    for (const again of ways) await expect(again(response)).rejects.toThrow(TypeError)
    expect(() => response.clone()).toThrow(TypeError)
  }
})

test('a clone is read besides the original', async () => {
  const response = made()
  const clone = response.clone()
  expect(await Promise.all([response.text(), clone.json()])).toEqual([TEXT, JSON.parse(TEXT)])
})

test('what is read may be changed: nobody else reads it', async () => {
  const bytes = new TextEncoder().encode(TEXT)
  new Uint8Array(await new ReadResponse(bytes, {}).arrayBuffer()).fill(0)
  expect(new TextDecoder().decode(bytes)).toBe(TEXT)
})
