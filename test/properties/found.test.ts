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

test('rows that are deleted together go in an order that the master takes, whichever was touched first', async () => {
  const arena = await modelArena(1)
  const { org } = arena
  let parent = ''
  let child = ''
  await org.write((draft) => {
    parent = draft.create('account', { name: 'Parent' })
    child = draft.create('contact', { lastname: 'Child', parentcustomerid: parent, parentcustomerid$table: 'account' })
  })
  await org.push()
  await org.write((draft) => {
    draft.update('account', parent, { name: 'Touched first' })
    draft.delete('contact', child)
    draft.delete('account', parent)
  })
  await org.push()
  expect(await org.outbox.counts()).toMatchObject({ error: 0, pending: 0, processed: 2 })
  expect(arena.masterRow('account', parent)).toBeUndefined()
})
