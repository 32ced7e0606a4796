import { expect, test } from 'vitest'
import { targetKey } from '../schema.ts'
import type { ColumnDefinition, Seed, StoredValue, StoredValues } from '../schema.ts'
import { fieldService } from './field-service.ts'
import { duplicateTables } from './tables/duplicates.ts'
import { queueTables } from './tables/queues.ts'
import { salesTables } from './tables/sales.ts'
import { securityTables } from './tables/security.ts'

function problemsOf(column: ColumnDefinition, value: StoredValue): string | null {
  if (value === null) return column.required === 'SystemRequired' ? 'is required' : null
  switch (column.type) {
    case 'String':
    case 'Memo':
      return typeof value === 'string' && value.length <= column.maxLength ? null : 'is not text of that length'
    case 'Integer':
    case 'Decimal':
    case 'Double':
    case 'Money':
      return typeof value === 'number' && value >= column.min && value <= column.max ? null : 'is out of range'
    case 'Boolean':
      return typeof value === 'boolean' ? null : 'is not yes or no'
    case 'Picklist':
    case 'State':
    case 'Status':
      return column.options.some((option) => option.value === value) ? null : 'is not an option'
    case 'MultiSelectPicklist':
      return String(value)
        .split(',')
        .every((one) => column.options.some((option) => String(option.value) === one))
        ? null
        : 'is not a list of options'
    case 'DateTime': {
      const form = column.behavior === 'DateOnly' ? /^\d{4}-\d\d-\d\d$/ : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
      return typeof value === 'string' && form.test(value) ? null : 'is not a date of that behaviour'
    }
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'Uniqueidentifier':
      return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
        ? null
        : 'is no guid'
    case 'EntityName':
      return typeof value === 'string' ? null : 'is no table name'
    default:
      return 'cannot be stored'
  }
}

function idsByTable(seed: Seed): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>()
  for (const { table, values } of seed.rows) {
    const primaryId = seed.schema.table(table)?.primaryId ?? ''
    const known = ids.get(table) ?? new Set()
    known.add(String(values[primaryId]))
    ids.set(table, known)
  }
  return ids
}

test('every value fits its column', () => {
  const { schema, rows } = fieldService()
  const problems = new Set<string>()
  for (const { table, values } of rows) {
    for (const [name, value] of Object.entries(values)) {
      if (name.endsWith('@table')) continue
      const column = schema.column(table, name)
      if (column === undefined) problems.add(`${table}.${name} does not exist`)
      else if (column.formula !== undefined || column.attributeOf !== null) problems.add(`${table}.${name} is computed`)
      else {
        const problem = problemsOf(column, value)
        if (problem !== null) problems.add(`${table}.${name} ${problem}: ${String(value)}`)
      }
    }
  }
  expect([...problems]).toEqual([])
})

test('what a table requires of the system is there', () => {
  const { schema, rows } = fieldService()
  const missing = new Set<string>()
  for (const { table, values } of rows) {
    for (const column of schema.table(table)?.columns ?? []) {
      const set = (values[column.logicalName] ?? null) !== null
      if (column.required === 'SystemRequired' && column.attributeOf === null && !set) {
        missing.add(`${table}.${column.logicalName}`)
      }
    }
  }
  expect([...missing]).toEqual([])
})

test('every lookup points to a row of a table it may point to', () => {
  const seed = fieldService()
  const ids = idsByTable(seed)
  const dangling = new Set<string>()
  for (const { table, values } of seed.rows) {
    for (const column of seed.schema.table(table)?.columns ?? []) {
      const value = values[column.logicalName] ?? null
      if (!('targets' in column) || value === null) continue
      const target = column.targets.length > 1 ? values[targetKey(column.logicalName)] : column.targets[0]
      const found = typeof target === 'string' && column.targets.includes(target) && ids.get(target)?.has(String(value))
      if (found !== true) dangling.add(`${table}.${column.logicalName} -> ${String(target)}`)
    }
  }
  expect([...dangling]).toEqual([])
})

test('parents come before children, but for the primary contact of an account and the queue of a user', () => {
  const seed = fieldService()
  const seen = new Set<string>()
  const early = new Set<string>()
  for (const { table, values } of seed.rows) {
    const definition = seed.schema.table(table)
    seen.add(String(values[definition?.primaryId ?? '']))
    for (const column of definition?.columns ?? []) {
      const value = values[column.logicalName] ?? null
      const system = /^(createdby|modifiedby|owninguser|ownerid|organizationid|basecurrencyid)$/.test(
        column.logicalName,
      )
      if ('targets' in column && value !== null && !system && !seen.has(String(value))) {
        early.add(`${table}.${column.logicalName}`)
      }
    }
  }
  expect([...early].toSorted()).toEqual(['account.primarycontactid', 'systemuser.queueid'])
})

test('a status reason belongs to its state', () => {
  const { schema, rows } = fieldService()
  const wrong = new Set<string>()
  for (const { table, values } of rows) {
    const status = schema.column(table, 'statuscode')
    if (status?.type !== 'Status' || values['statuscode'] === undefined) continue
    const option = status.options.find((one) => one.value === values['statuscode'])
    if (option?.state !== values['statecode']) wrong.add(`${table} ${values['statecode']}/${values['statuscode']}`)
  }
  expect([...wrong]).toEqual([])
})

test('no row is younger than the moment the seed describes, none older than its creation', () => {
  const seed = fieldService()
  const wrong: StoredValues[] = []
  for (const { values } of seed.rows) {
    const { createdon, modifiedon } = values
    if (typeof createdon !== 'string' || typeof modifiedon !== 'string') continue
    if (createdon > modifiedon || modifiedon > seed.asOf) wrong.push(values)
  }
  expect(wrong).toEqual([])
})

test('many rows share one modifiedon', () => {
  const times = new Map<string, number>()
  for (const { values } of fieldService().rows) {
    const at = String(values['modifiedon'])
    times.set(at, (times.get(at) ?? 0) + 1)
  }
  times.delete('undefined')
  expect(Math.max(...times.values())).toBeGreaterThan(50)
})

test('keys and links are unique', () => {
  const seen = new Set<string>()
  let total = 0
  const mark = (key: string): void => {
    seen.add(key)
    total += 1
  }
  const { schema, rows } = fieldService()
  for (const { table, values } of rows) {
    mark(`${table}|${String(values[schema.table(table)?.primaryId ?? ''])}`)
    if (table === 'account') mark(`number|${String(values['accountnumber'])}`)
    if (table === 'new_skill_bookableresource') mark(`link|${values['new_skillid']}|${values['bookableresourceid']}`)
  }
  expect(seen.size).toBe(total)
})

test('the same options give the same rows, twice from one seed and from two', () => {
  const seed = fieldService({ rows: 400 })
  const once = JSON.stringify([...seed.rows])
  expect(JSON.stringify([...seed.rows])).toBe(once)
  expect(JSON.stringify([...fieldService({ rows: 400 }).rows])).toBe(once)
})

// A fixed number of rows that set the organisation up comes on top.
const settings: ReadonlySet<string> = new Set(
  [...securityTables, ...duplicateTables, ...salesTables, ...queueTables].map((one) => one.schemaName.toLowerCase()),
)

test.each([200, 2000, 20_000])('about %i rows come when asked for', (wanted) => {
  let total = 0
  for (const { table } of fieldService({ rows: wanted }).rows) if (!settings.has(table)) total += 1
  expect(Math.abs(total - wanted) / wanted).toBeLessThan(0.05)
})

test('rows are made as they are read', () => {
  const rows = fieldService({ rows: 1_000_000 }).rows[Symbol.iterator]()
  expect(rows.next().value).toMatchObject({ table: 'organization' })
})

test('a technician reads the business unit, and reference tables everywhere', () => {
  const { users, schema } = fieldService()
  const technician = users.find((user) => user.name === 'Amara Okafor')
  expect(technician?.privileges).toMatchObject({ read: 'businessUnit', write: 'user' })
  expect(technician?.tablePrivileges['bookingstatus']?.read).toBe('organization')
  const unknown = Object.keys(technician?.tablePrivileges ?? {}).filter((table) => schema.table(table) === undefined)
  expect(unknown).toEqual([])
})

test('a salt renews the MetadataIds and leaves the rows', () => {
  const restored = fieldService({ rows: 300, salt: 'restored' })
  const original = fieldService({ rows: 300 })
  expect(restored.schema.table('account')?.metadataId).not.toBe(original.schema.table('account')?.metadataId)
  expect([...restored.rows].length).toBe([...original.rows].length)
})

test('a change of the schema of one organisation is not seen in another', () => {
  const [one, other] = [fieldService({ rows: 300 }).schema, fieldService({ rows: 300 }).schema]
  one.removeColumn('account', 'telephone1')
  one.renameOption('msdyn_workorder', 'msdyn_systemstatus', 690970000, 'Open')
  one.removeTable('task')
  expect(other.column('account', 'telephone1')).toBeDefined()
  expect(other.globalChoice('msdyn_wosystemstatus')?.options[0]?.label).toBe('Unscheduled')
  expect(other.table('task')).toBeDefined()
  expect(other.stamp).toBeLessThan(one.stamp)
  expect(fieldService({ rows: 300 }).schema.snapshot()).toEqual(other.snapshot())
})
