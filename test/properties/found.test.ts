import { expect, test } from 'vitest'
import { differencesOf, modelArena, pushUntilQuiet } from './arena.ts'

/* Cases in which random runs have found something wrong, one by one. */

test('a refused write can be corrected although a later one deletes the row that it points to', async () => {
  const arena = await modelArena(1)
  const { org, stock } = arena
  const [account = ''] = stock.account
  const [contact = ''] = stock.contact
  const refused = await org.write((draft) =>
    draft.update('account', account, { name: 'REFUSED', primarycontactid: contact }),
  )
  await org.write((draft) => draft.update('account', account, { primarycontactid: null }), { coalesce: false })
  await org.write((draft) => draft.delete('contact', contact))
  await org.push()
  expect(await org.outbox.counts()).toMatchObject({ error: 1, pending: 2 })

  await org.outbox.amend(Number(refused.seq), { name: 'Corrected' })
  await pushUntilQuiet(arena)
  expect(await org.outbox.counts()).toMatchObject({ error: 0, pending: 0, processed: 3 })
  expect(arena.masterRow('account', account)).toMatchObject({ name: 'Corrected', primarycontactid: null })
  expect(await differencesOf(arena)).toEqual([])
})
