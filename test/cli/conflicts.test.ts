import { expect, test } from 'vitest'
import { expectDone, rowsOf, syncedWorkplace } from './workplace.ts'
import type { Workplace } from './workplace.ts'

const TABLES = {
  account: {
    columns: ['name', 'telephone1', 'numberofemployees'],
    conflictPolicy: 'manual',
    conflictRules: { numberofemployees: 'max' },
  },
}

/** A workplace after two conflicts: transaction #1 was merged by a rule, #2 waits for a person. */
async function conflicted(): Promise<{ readonly place: Workplace; readonly id: string }> {
  const place = await syncedWorkplace(TABLES)
  const [row] = rowsOf((await place.outpost('query', 'account', '--limit', '1', '--json')).out)
  const id = String(row.accountid)
  const write = async (values: object): Promise<void> => {
    const line = JSON.stringify({ accountid: id, ...values })
    await expectDone(place.outpost('import', await place.file('row.jsonl', line), '--rows', 'account'))
  }
  await write({ numberofemployees: 900 })
  place.emulator.master.update('account', id, { numberofemployees: 800 })
  await expectDone(place.outpost('sync'))
  await write({ name: 'Ours' })
  place.emulator.master.update('account', id, { name: 'Theirs' })
  expect((await place.outpost('sync')).exitCode).toBe(1)
  return { place, id }
}

test('conflicts lists what was decided and what waits, by table, row, policy and end', async () => {
  const { place, id } = await conflicted()
  const list = async (...argv: readonly string[]): Promise<readonly string[]> => {
    const { json } = await place.outpost('conflicts', ...argv, '--json')
    return json.conflicts.map(({ seq, column }: { seq: number; column: string }) => `${seq} ${column}`)
  }
  const both = ['1 numberofemployees', '2 name']
  expect(await list()).toEqual(both)
  expect(await list('--table', 'account', '--row', `account/${id.toUpperCase()}`, '--since', '2020-01-01')).toEqual(
    both,
  )
  expect(await list('--policy', 'max')).toEqual(['1 numberofemployees'])
  expect(await list('--resolved', 'undecided')).toEqual(['2 name'])
  expect(await list('--after', '1')).toEqual(['2 name'])
  expect(await list('--limit', '1')).toEqual(['1 numberofemployees'])
  expect(await list('--table', 'contact')).toEqual([])
  expect(await list('--since', '2999-01-01T00:00:00Z')).toEqual([])

  const { out } = await place.outpost('conflicts')
  expect(out).toMatch(/^#1 processed .*\n +account.numberofemployees: .*here 900, master 800; max chose what is here$/m)
  expect(out).toMatch(/^#2 error .*\n +account.name: .*manual left it to you: see 'outpost tx show 2'$/m)
  await expectDone(place.outpost('tx', 'amend', '2', 'name=Both'))
  expect(await list('--open')).toEqual([])
  expect((await place.outpost('conflicts', '--resolved', 'undecided')).out).toContain('then amended')
})

test('conflicts refuses what it cannot read', async () => {
  const place = await syncedWorkplace(TABLES)
  expect((await place.outpost('conflicts')).out).toBe('No conflicts.\n')
  for (const argv of [
    ['--since', 'yesterday'],
    ['--since', '2026-05-01T08:00:00'],
    ['--row', 'account'],
    ['--resolved', 'mine'],
    ['--limit', '-1'],
  ]) {
    const refused = await place.outpost('conflicts', ...argv, '--json')
    expect({ argv, exitCode: refused.exitCode, rule: refused.error.place.rule }).toEqual({
      argv,
      exitCode: 2,
      rule: 'usage',
    })
  }
})

test('rules and policies for conflicts are set on the command line, and taken away again', async () => {
  const place = await syncedWorkplace({ account: { columns: ['name', 'numberofemployees', 'modifiedon'] } })
  const edit = ['configure', '--table', 'account']
  const shown = async (): Promise<unknown> => (await place.outpost('configure', '--show', '--json')).json.tables.account
  await expectDone(
    place.outpost(
      ...[...edit, '--conflict-rule', 'name=newest', '--conflict-rule', 'numberofemployees=sum'],
      ...['--on-deleted-row', 'recreate', '--on-updated-row', 'drop'],
    ),
  )
  expect(await shown()).toMatchObject({
    conflictRules: { name: 'newest', numberofemployees: 'sum' },
    onDeletedRow: 'recreate',
    onUpdatedRow: 'drop',
  })
  await expectDone(place.outpost(...edit, '--conflict-rule', ''))
  expect(await shown()).not.toHaveProperty('conflictRules')

  const unsuited = await place.outpost(...edit, '--conflict-rule', 'name=max', '--json')
  expect(unsuited.exitCode).toBe(2)
  expect(unsuited.error).toMatchObject({ place: { table: 'account', column: 'name', rule: 'conflict-rule' } })
  for (const argv of [
    ['--conflict-rule', 'name'],
    ['--on-deleted-row', 'delete'],
  ]) {
    const refused = await place.outpost(...edit, ...argv, '--json')
    expect({ argv, rule: refused.error.place.rule }).toEqual({ argv, rule: 'usage' })
  }
})
