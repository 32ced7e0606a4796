import type { ColumnMetadata, ColumnType, Configuration, TableMetadata } from '@outpost/core'

/*
 * The tables of the model master: those of the emulator's organisation that the random scripts use, with fewer columns.
 * A script runs on both.
 */

function column(name: string, type: ColumnType, rest: Partial<ColumnMetadata> = {}): ColumnMetadata {
  return { name, label: name, type, required: false, creatable: true, updatable: true, readable: true, ...rest }
}

const text = (name: string, maxLength: number): ColumnMetadata => column(name, 'text', { maxLength })
const lookup = (name: string, ...tables: readonly string[]): ColumnMetadata =>
  column(name, 'lookup', { targets: tables.map((table) => ({ table })) })

function table(name: string, columns: readonly ColumnMetadata[], rest: Partial<TableMetadata> = {}): TableMetadata {
  const primaryId = `${name}id`
  return {
    name,
    label: name,
    primaryId,
    primaryName: null,
    ownership: 'user',
    intersect: false,
    versioned: true,
    changeTracking: true,
    columns: [column(primaryId, 'guid', { updatable: false }), ...columns],
    keys: [],
    oneToMany: [],
    manyToMany: [],
    wire: null,
    ...rest,
  }
}

const skilled = {
  name: 'new_Skill_BookableResource',
  intersectTable: 'new_skill_bookableresource',
  first: { table: 'new_skill', column: 'new_skillid' },
  second: { table: 'bookableresource', column: 'bookableresourceid' },
} as const

export const MODEL_TABLES: readonly TableMetadata[] = [
  table(
    'account',
    [
      text('name', 160),
      text('accountnumber', 20),
      text('telephone1', 50),
      column('description', 'memo', { maxLength: 2000 }),
      lookup('parentaccountid', 'account'),
      lookup('primarycontactid', 'contact'),
    ],
    { keys: [{ name: 'new_accountnumberkey', columns: ['accountnumber'] }] },
  ),
  table('contact', [text('lastname', 50), text('jobtitle', 100), lookup('parentcustomerid', 'account', 'contact')]),
  table('new_skill', [text('new_name', 100)], { manyToMany: [skilled] }),
  table('bookableresource', [text('name', 100)], { manyToMany: [skilled] }),
  table(
    'new_skill_bookableresource',
    [column('new_skillid', 'guid', { updatable: false }), column('bookableresourceid', 'guid', { updatable: false })],
    { intersect: true, ownership: 'none', versioned: false, manyToMany: [skilled] },
  ),
]

/** What the devices of the property tests keep, of the model as of the emulator. */
export const KEPT: Configuration = {
  tables: {
    account: {
      columns: ['name', 'accountnumber', 'telephone1', 'description', 'parentaccountid', 'primarycontactid'],
      syncDeletion: true,
    },
    contact: { columns: ['lastname', 'jobtitle', 'parentcustomerid'], syncDeletion: true },
    new_skill: { columns: ['new_name'] },
    bookableresource: { columns: ['name'] },
    new_skill_bookableresource: { syncDeletion: true },
  },
}

/** The lookup columns of each table, and how many characters the master takes of a telephone number, by now. */
export const LOOKUPS: Readonly<Record<string, readonly string[]>> = {
  account: ['parentaccountid', 'primarycontactid'],
  contact: ['parentcustomerid'],
}
