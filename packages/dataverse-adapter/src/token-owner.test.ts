import { expect, test } from 'vitest'
import { TokenOwner } from './token-owner.ts'
import type { WireResponse } from './transport.ts'

const ANN = '11111111-0000-4000-8000-000000000001'
const BO = '22222222-0000-4000-8000-000000000002'

function answer(userId: string, status = 200): WireResponse {
  const text = status === 200 ? JSON.stringify({ UserId: userId }) : ''
  return { status, headers: new Headers(), text }
}

function claims(said: object): string {
  return `head.${btoa(JSON.stringify(said)).replaceAll('=', '')}.${Math.abs(JSON.stringify(said).length)}`
}

function ownerOf(token: string): TokenOwner {
  const owner = new TokenOwner()
  owner.identified(token, answer(ANN))
  owner.expect({ organizationId: 'o', userId: ANN, url: 'https://x' })
  return owner
}

const never = (): Promise<WireResponse> => Promise.reject(new Error('asked'))

test('before anybody was identified every token may be used', async () => {
  await expect(new TokenOwner().admit('any', never)).resolves.toBeUndefined()
})

test('the token that was identified is used without asking', async () => {
  await expect(ownerOf('opaque').admit('opaque', never)).resolves.toBeUndefined()
})

test('a renewed token that names the same person is used without asking', async () => {
  const owner = ownerOf(claims({ oid: 'ann', tid: 't', exp: 1 }))
  await expect(owner.admit(claims({ oid: 'ann', tid: 't', exp: 2 }), never)).resolves.toBeUndefined()
})

test.each([
  ['opaque', 'renewed'],
  ['not.even.parts', 'not.base.64'],
  [claims({ oid: 'ann' }), claims({ oid: 'bo' })],
  [claims({ exp: 1 }), claims({ exp: 2 })],
])('of another token it is asked whose it is, once (%#)', async (before, after) => {
  const owner = ownerOf(before)
  let asked = 0
  const whoAmI = (): Promise<WireResponse> => {
    asked += 1
    return Promise.resolve(answer(ANN))
  }
  await owner.admit(after, whoAmI)
  await owner.admit(after, whoAmI)
  expect(asked).toBe(1)
})

test("somebody else's token is refused before anything is sent, again and again", async () => {
  const owner = ownerOf('ann')
  for (const whoAmI of [() => Promise.resolve(answer(BO)), never]) {
    await expect(owner.admit('bo', whoAmI)).rejects.toMatchObject({ code: 'wrong-master', mayHaveArrived: false })
  }
  await expect(owner.admit('ann', () => Promise.resolve(answer(ANN)))).resolves.toBeUndefined()
})

test('a token that has expired is left to the request itself, and a master that fails is no answer', async () => {
  const owner = ownerOf('ann')
  await expect(owner.admit('old', () => Promise.resolve(answer(ANN, 401)))).resolves.toBeUndefined()
  await expect(owner.admit('new', () => Promise.resolve(answer(ANN, 503)))).rejects.toMatchObject({
    code: 'unavailable',
  })
})
