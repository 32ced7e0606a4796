import type { SeedRow, StoredValues } from '@outpost/dataverse-emulator'
import { idOf } from './people.ts'

const OWNERS = [
  ['systemuser', 'Amara Okafor'],
  ['systemuser', 'Bram Bakker'],
  ['systemuser', 'Lowri Kettering'],
  ['team', 'North Crew'],
  ['systemuser', 'Dorian Vestergaard'],
] as const

function ownedBy(nth: number): StoredValues {
  const [table, name] = OWNERS[nth % OWNERS.length] ?? OWNERS[0]
  return { ownerid: idOf(table, name), 'ownerid@table': table }
}

function rowsOf(table: string, count: number, valuesOf: (nth: number) => StoredValues): readonly SeedRow[] {
  return Array.from({ length: count }, (_, nth) => ({
    table,
    values: { [`${table}id`]: idOf(table, String(nth)), ...valuesOf(nth) },
  }))
}

const to = (table: string, nth: number): string => idOf(table, String(nth))

const NAMES = ['Aalto', 'Mäkinen', 'Marsh', 'zeta', "O'Neill", '50% off', 'Žižka', 'mm']
const nameOf = (nth: number): string => NAMES[nth % NAMES.length] ?? ''

/** Some forty rows, which belong to everybody in turn. */
export const businessRows: readonly SeedRow[] = [
  ...rowsOf('account', 7, (nth) => ({
    name: nameOf(nth),
    telephone1: nth % 3 === 0 ? null : `+45 ${nth}`,
    fax: nth % 2 === 0 ? '7' : null,
    numberofemployees: [null, 0, 400, 500, 501, 900, 450][nth] ?? null,
    revenue: nth * 1000.5,
    creditonhold: nth % 2 === 0,
    industrycode: [1, 2, 5, null][nth % 4] ?? null,
    parentaccountid: nth > 4 ? to('account', nth - 5) : null,
    ...ownedBy(nth),
  })),
  ...rowsOf('contact', 8, (nth) => ({
    firstname: [null, 'Ada', 'Bo', 'ann'][nth % 4] ?? null,
    lastname: nameOf(nth + 2),
    birthdate: nth % 2 === 0 ? '1980-02-29' : null,
    ...(nth === 7
      ? { parentcustomerid: to('contact', 0), 'parentcustomerid@table': 'contact' }
      : { parentcustomerid: to('account', nth % 5), 'parentcustomerid@table': 'account' }),
    ...ownedBy(nth + 1),
  })),
  ...rowsOf('new_job', 8, (nth) => ({
    new_name: `${nameOf(nth)} ${nth}`,
    new_notes: nth % 2 === 0 ? 'line\nbreak' : null,
    new_due: `2025-0${5 + (nth % 3)}-0${1 + (nth % 4)}T0${nth}:00:00Z`,
    new_duration: nth * 30,
    new_hours: nth / 4,
    new_accountid: nth % 3 === 2 ? null : to('account', nth % 7),
    ...(nth === 5 ? { statecode: 1, statuscode: 3 } : {}),
    ...ownedBy(nth),
  })),
  ...rowsOf('new_task', 6, (nth) => ({
    new_name: nameOf(nth),
    new_done: nth % 2 === 0,
    new_jobid: nth === 5 ? null : to('new_job', nth),
    ...ownedBy(nth),
  })),
  ...rowsOf('annotation', 4, (nth) => ({
    subject: nameOf(nth + 1),
    notetext: nth % 2 === 0 ? 'seen' : null,
    isdocument: nth % 2 === 0,
    ...(nth % 2 === 0 ? { filename: 'a.txt', documentbody: 'YWI=' } : {}),
    objectid: nth < 2 ? to('account', nth) : to('new_job', nth),
    'objectid@table': nth < 2 ? 'account' : 'new_job',
    ...ownedBy(nth),
  })),
  ...rowsOf('new_reading', 4, (nth) => ({
    new_name: nameOf(nth),
    new_value: [-3, 1000.5, 1000.4999, 8000][nth] ?? null,
    new_readon: '2025-06-01T10:00:00Z',
    new_jobid: to('new_job', nth),
    ...ownedBy(nth),
  })),
  ...rowsOf('new_skill', 4, (nth) => ({ new_name: nameOf(nth), new_level: 1 + nth, new_code: nth * 10 })),
  ...rowsOf('new_part', 3, (nth) => ({
    new_name: nameOf(nth),
    new_stock: nth * 10,
    new_tags: nth === 0 ? '1,2' : null,
  })),
  ...rowsOf('new_skill_contact', 5, (nth) => ({
    new_skillid: to('new_skill', nth % 4),
    contactid: to('contact', nth),
  })),
]
