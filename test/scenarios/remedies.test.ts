import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { Day, Technician } from './script.ts'

/* An error says what is wrong, who can mend it and how; and what it says can be done with one click. */

test('C22: a number that is taken says so with its column, and a corrected one is accepted', async () => {
  const { office, ann } = await dayWithAnn()
  office.adds('account', { name: 'First', accountnumber: 'A-1' })
  const { id, seq } = await ann.adds('account', { name: 'Second', accountnumber: 'A-1' })
  await ann.syncs()
  const error = (await ann.transaction(seq)).lastError
  expect(error).toMatchObject({ rejection: 'key-clash', fix: 'user', status: 412, masterCode: '0x80060892' })
  expectWords(error)

  await ann.org.outbox.amend(seq, { accountnumber: 'A-2' })
  await ann.syncs()
  expect(office.row('account', id)).toMatchObject({ name: 'Second', accountnumber: 'A-2' })
})

test('C22: a missing privilege is for an administrator, and once it is given a retry is enough', async () => {
  const { office, ann } = await dayWithAnn()
  const { id, seq } = await ann.adds('contact', { lastname: 'Rey' })
  office.forbids('Ann', 'contact', ['create'])
  await ann.syncs()
  const error = (await ann.transaction(seq)).lastError
  expect(error).toMatchObject({ rejection: 'permission', fix: 'administrator', status: 403 })
  expectWords(error)

  office.allows('Ann', 'contact', ['create'])
  expect(await ann.org.outbox.retryAll()).toMatchObject({ processed: 1 })
  expect(office.row('contact', id)).toMatchObject({ lastname: 'Rey' })
})

test('C22: a rule of the office is told in its own words, and the write can be put away', async () => {
  const { office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Northwind', telephone1: '1' })
  await ann.syncs()
  office.refuses('Update', 'account', 'Locked for the audit until Friday.')
  const seq = await ann.changes('account', id, { telephone1: '2' })
  await ann.syncs()
  const error = (await ann.transaction(seq)).lastError
  expect(error).toMatchObject({ rejection: 'business', message: expect.stringContaining('Locked for the audit') })
  expectWords(error)

  await ann.org.outbox.archive([seq])
  expect(await ann.sees('account', id)).toMatchObject({ telephone1: '1' })
  await ann.syncs()
  expect(office.row('account', id)).toMatchObject({ telephone1: '1' })
})

test('C22: a file that is too big is told by its size, and the note is accepted with a smaller one', async () => {
  const { office, ann } = await dayWithAnn({ tables: { annotation: { columns: ['subject', 'documentbody'] } } })
  const [organisation] = office.emulator.master.rows('organization')
  office.changes('organization', String(organisation?.id), { maxuploadfilesize: 1024 })
  const { id, seq } = await ann.adds('annotation', { subject: 'Photo', documentbody: 'A'.repeat(4000) })
  await ann.syncs()
  const error = (await ann.transaction(seq)).lastError
  expect(error).toMatchObject({ rejection: 'size', masterCode: '0x80044a02' })
  expectWords(error)

  await ann.org.outbox.amend(seq, { documentbody: 'A'.repeat(400) })
  await ann.syncs()
  expect(office.row('annotation', id)).toMatchObject({ subject: 'Photo' })
})

test('C22: what can be known on the device is refused there and then, with table, column, rule and a way out', async () => {
  const { office, ann } = await dayWithAnn()
  const refusal: unknown = await ann.adds('account', { name: 'N'.repeat(200) }).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'invalid', place: { table: 'account', column: 'name', rule: 'max-length' } })
  await ann.syncs()
  expect(office.heard()).toEqual([])
  expect(await ann.outbox()).toEqual([])
})

test('RC-03: clear and retry sends the write again', async () => {
  const { office, ann, pump, seq } = await refusedEdit()
  await ann.org.outbox.setPending([seq])
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row('account', pump)).toMatchObject({ telephone1: 'ours' })
})

test('RC-03: clear and ignore never sends it, and leaves the device as it is', async () => {
  const { office, ann, pump, seq } = await refusedEdit()
  await ann.org.outbox.archive([seq], { local: 'keep' })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['archived'])
  expect(await ann.sees('account', pump)).toMatchObject({ telephone1: 'ours' })
  expect(office.row('account', pump)).toMatchObject({ telephone1: 'theirs' })
})

test('RC-03: taking the server’s version gives up what was done to the row here', async () => {
  const { office, ann, pump, seq } = await refusedEdit()
  const later = await ann.changes('account', pump, { name: 'Ours' }, { coalesce: false })
  expect(await ann.org.outbox.revert({ table: 'account', id: pump })).toEqual([seq, later])
  expect(await ann.sees('account', pump)).toMatchObject({ name: 'Pump', telephone1: 'theirs', numberofemployees: 7 })
  await ann.syncs()
  expect(office.row('account', pump)).toMatchObject({ name: 'Pump', telephone1: 'theirs' })
  expect(office.heard()).toEqual([])
})

test('RC-03: merging field by field shows the three sides, and sends what a person made of them', async () => {
  const { office, ann, pump, seq } = await refusedEdit()
  const [row] = await ann.org.outbox.compare(seq)
  expect(row?.columns).toMatchObject([
    { column: 'telephone1', base: null, mine: 'ours', theirs: 'theirs' },
    { column: 'numberofemployees', base: null, mine: 5, theirs: 7 },
  ])
  await ann.org.outbox.amend(seq, { telephone1: 'theirs, and ours', numberofemployees: undefined })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row('account', pump)).toMatchObject({ telephone1: 'theirs, and ours', numberofemployees: 7 })
})

test('RC-03: cancelling is doing nothing: the error stays as it is, and is still there after any number of syncs', async () => {
  const { office, ann, seq } = await refusedEdit()
  const before = await ann.transaction(seq)
  await ann.syncs()
  await ann.restarts()
  await ann.syncs()
  expect(await ann.transaction(seq)).toEqual(before)
  expect(office.heard()).toEqual([])
})

/** Ann’s edit of a row that a person has to decide about, because the office changed the same columns. */
async function refusedEdit(): Promise<Day & { readonly ann: Technician; readonly pump: string; readonly seq: number }> {
  const today = await dayWithAnn({
    tables: {
      account: { columns: ['name', 'telephone1', 'numberofemployees'], conflictPolicy: 'manual' },
      contact: { columns: ['lastname'] },
    },
  })
  const { office, ann } = today
  const pump = office.adds('account', { name: 'Pump' })
  await ann.syncs()
  const seq = await ann.changes('account', pump, { telephone1: 'ours', numberofemployees: 5 })
  office.changes('account', pump, { telephone1: 'theirs', numberofemployees: 7 })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['error: conflict'])
  return { ...today, pump, seq }
}

/** What a person needs to read: the office’s words, what they mean, and what to do. */
function expectWords(
  error: { readonly message: string; readonly cause?: string; readonly remedy: string } | null,
): void {
  for (const words of [error?.message, error?.cause, error?.remedy]) expect(words).toMatch(/\w+ \w+/)
}
