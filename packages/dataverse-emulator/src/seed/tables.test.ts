import { expect, test } from 'vitest'
import { Schema } from '../schema.ts'
import { fieldServiceTables } from './tables.ts'

const schema = new Schema(fieldServiceTables)

test('every lookup leads to tables that exist', () => {
  const missing = schema
    .tables()
    .flatMap((table) => table.columns.flatMap((column) => ('targets' in column ? column.targets : [])))
    .filter((target) => schema.table(target) === undefined)
  expect(missing).toEqual([])
})

test('entity set names are irregular where Dataverse has them so', () => {
  const sets = ['opportunity', 'new_x', 'transactioncurrency', 'bookingstatus', 'new_skill_bookableresource']
  expect(sets.map((name) => schema.table(name)?.entitySetName)).toEqual([
    'opportunities',
    'new_xes',
    'transactioncurrencies',
    'bookingstatuses',
    'new_skill_bookableresourceset',
  ])
})

test('no two tables share an entity set, an object type code or a MetadataId', () => {
  const tables = schema.tables()
  for (const fact of ['entitySetName', 'objectTypeCode', 'metadataId'] as const) {
    expect(new Set(tables.map((table) => table[fact])).size).toBe(tables.length)
  }
})

test('no two components share a MetadataId', () => {
  const ids = [
    ...schema.tables().flatMap((table) => [table.metadataId, ...table.columns.map((column) => column.metadataId)]),
    ...schema.relationships().map((relationship) => relationship.metadataId),
  ]
  expect(new Set(ids).size).toBe(ids.length)
})

test('the special tables are what they are for', () => {
  expect(schema.table('new_x')?.changeTracking).toBe(false)
  expect(schema.table('new_reading')?.optimisticConcurrency).toBe(false)
  expect([...schema.lookupBindings('new_equipment').keys()]).toContain('new_AccountId')
  expect([...schema.collections('bookableresource').keys()]).toContain('new_Skill_BookableResource')
  expect(schema.table('account')?.keys[0]?.columns).toEqual(['accountnumber'])
})

test('an activity takes the names of its own type and those of activitypointer', () => {
  const task = schema.lookupBindings('task')
  expect(task.get('regardingobjectid_account_task')?.targets).toEqual(['account'])
  expect(task.get('regardingobjectid_account')?.targets).toEqual(['account'])
  expect(task.get('ownerid')?.targets).toEqual(['systemuser', 'team'])
  expect(schema.bindingOf('task', 'regardingobjectid', 'account')?.navigation).toBe('regardingobjectid_account_task')
})

test('deletes cascade, clear links or are refused by relationship', () => {
  const onDelete = (name: string): string | undefined => {
    const relationship = schema.relationship(name)
    return relationship?.kind === 'OneToMany' ? relationship.cascade.delete : undefined
  }
  expect(onDelete('msdyn_msdyn_workorder_msdyn_workorderservicetask_WorkOrder')).toBe('Cascade')
  expect(onDelete('contact_customer_accounts')).toBe('Cascade')
  expect(onDelete('account_primary_contact')).toBe('RemoveLink')
  expect(onDelete('msdyn_account_msdyn_workorder_ServiceAccount')).toBe('Restrict')
})
