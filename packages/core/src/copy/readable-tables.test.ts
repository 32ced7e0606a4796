import { expect, test } from 'vitest'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import type { RowScope } from '../ports/master-org.ts'
import { checkConfiguration } from './check-configuration.ts'
import type { TableConfiguration } from './configuration.ts'
import { readableTables } from './readable-tables.ts'

const readBy = (name: string): { readonly privileges: { readonly read: string } } => ({
  privileges: { read: `prvRead${name}` },
})
const catalogue = new Map(
  [
    { ...tableMetadata('job', [column('name', 'text')]), ...readBy('job') },
    {
      ...tableMetadata('part', [
        column('name', 'text'),
        column('jobid', 'lookup', { targets: [{ table: 'job' }] }),
        column('noteid', 'lookup', { targets: [{ table: 'note' }] }),
      ]),
      ...readBy('part'),
    },
    tableMetadata('note', [column('partid', 'lookup', { targets: [{ table: 'part' }] })]),
  ].map((table) => [table.name, table]),
)

const OF_JOB = { direction: 'children', table: 'job', lookup: 'jobid' } as const
const OF_PART = { direction: 'children', table: 'part', lookup: 'partid' } as const
const TO_NOTE = { direction: 'parents', table: 'part', lookup: 'noteid' } as const

/** The scopes of parts and notes for a user with these privileges, and whether anything was left out. */
function scopes(part: TableConfiguration, note: TableConfiguration, privileges: readonly string[] | null) {
  const tables = checkConfiguration({ tables: { job: {}, part, note } }, catalogue)
  const found = readableTables(tables, privileges && new Set(privileges))
  const scope = (name: string): RowScope | undefined => found.get(name)?.scope
  return { part: scope('part'), note: scope('note'), areSame: found === tables, tables }
}

test('what leads over a table that may not be read is left out, as far as anything else is wanted', () => {
  const filtered = { syncFilter: "name eq 'x'", related: [OF_JOB] }
  const alone = scopes(filtered, { related: [OF_PART, TO_NOTE] }, ['prvReadpart'])
  expect(alone.part).toEqual({ filter: alone.part?.filter })
  expect(alone.part?.filter).not.toBeNull()
  expect(alone.note?.related?.map((one) => [one.lookup, one.filter?.kind, one.related])).toEqual([
    ['partid', 'compare', undefined],
    ['noteid', 'compare', undefined],
  ])
})

test('where nothing is wanted but what may not be read, the question is asked as it is', () => {
  const { part, note, tables } = scopes({ related: [OF_JOB] }, { related: [OF_PART] }, ['prvReadpart'])
  expect(part).toBe(tables.get('part')?.scope)
  expect(note).toBe(tables.get('note')?.scope)
})

test('nothing is left out of a user who may read everything, or of whom nothing is known', () => {
  const filtered = { syncFilter: "name eq 'x'", related: [OF_JOB] }
  for (const privileges of [['prvReadjob', 'prvReadpart'], null])
    expect(scopes(filtered, { related: [OF_PART] }, privileges).areSame).toBe(true)
})
