import { integer, text } from '@outpost/dataverse-emulator'
import type { ColumnDefinition, RequiredLevel } from '@outpost/dataverse-emulator'
import { removeOption } from '../checks/restores.ts'
import type { Scenario } from '../scenario.ts'
import { byMaster } from './by-master.ts'
import { writtenColumns, writtenTables } from './master-values.ts'
import type { StepContext, StepKind } from './step.ts'

/** The definitions of tables change. Columns that a filter names stay as they are: nobody could say what it means then. */
export const masterSchema: StepKind = byMaster('master schema', 1, (context) => {
  const { world, draw } = context
  const { schema } = world.emulator
  const kind = draw.weighted({ add: 3, remove: 2, retype: 2, option: 3, required: 2, concurrency: 1, tracking: 1 })
  world.coverage.count('schema', kind)
  const table = draw.pick(writtenTables(world))
  switch (kind) {
    case 'add': {
      const name = `new_Added${draw.below(3)}`
      schema.addColumn(table, draw.chance(0.5) ? text(name) : integer(name))
      return `${table} gets column ${name}`
    }
    case 'remove':
    case 'retype':
      return changeColumn(context, table, kind)
    case 'option':
      return changeOptions(context, table)
    case 'required': {
      const columns = writtenColumns(world, table)
      const level = draw.pick<RequiredLevel>(['None', 'Recommended', 'ApplicationRequired', 'SystemRequired'])
      if (columns.length === 0) return `${table} has no columns`
      const { logicalName: name, type } = draw.pick(columns)
      if (type === 'Owner' || type === 'State' || type === 'Status') return `${table}.${name} is always there`
      schema.changeColumn(table, name, (before) => ({ ...before, required: level }))
      return `${table}.${name} is ${level} from now on`
    }
    case 'concurrency': {
      const optimisticConcurrency = schema.table(table)?.optimisticConcurrency !== true
      schema.changeTable(table, { optimisticConcurrency })
      world.switched.add(table)
      return `optimistic concurrency of ${table} is ${optimisticConcurrency ? 'on' : 'off'}`
    }
    case 'tracking':
      world.emulator.disableChangeTracking(table)
      return `change tracking of ${table} is off`
  }
})

/** A column that may go or become another one: no name, no lookup, and in no filter. */
function isLoose(scenario: Scenario, table: string, { logicalName: name, ...column }: ColumnDefinition): boolean {
  if (column.isPrimaryName || 'targets' in column || column.type === 'State' || column.type === 'Status') return false
  return !scenario.configurations.some(({ tables }) => filtersIn(Object.values(tables)).test(name)) && table !== ''
}

/** Matches each name that one of the filters has in it. */
function filtersIn(tables: readonly object[]): { readonly test: (name: string) => boolean } {
  const all = JSON.stringify(
    tables.map((table) => Object.entries(table).filter(([key]) => /Filter$|FetchXml$/.test(key))),
  )
  return { test: (name) => new RegExp(`\\b${name}\\b`).test(all) }
}

function changeColumn({ world, draw }: StepContext, table: string, kind: 'remove' | 'retype'): string {
  const { schema } = world.emulator
  // What is in a note's columns the master writes by itself.
  if (table === 'annotation') return 'the columns of notes stay'
  const loose = writtenColumns(world, table).filter((column) => isLoose(world.scenario, table, column))
  if (loose.length === 0) return `${table} has no column that could go`
  const { logicalName: name, schemaName, type } = draw.pick(loose)
  // A column does not change under a transaction that has written it and not committed.
  world.emulator.settle()
  if (kind === 'remove') schema.removeColumn(table, name)
  else schema.retypeColumn(table, type === 'Integer' ? text(schemaName) : integer(schemaName))
  return `${table}.${name} ${kind === 'remove' ? 'is removed' : 'gets another type'}`
}

function changeOptions({ world, draw }: StepContext, table: string): string {
  const { schema } = world.emulator
  const columns = writtenColumns(world, table).filter(({ type }) => type === 'Picklist')
  if (columns.length === 0) return `${table} has no choices`
  const column = draw.pick(columns)
  const { logicalName: name } = column
  const kind = draw.weighted({ rename: 2, add: 2, remove: 1 })
  const options = column.type === 'Picklist' ? column.options : []
  const { value } = options.length === 0 ? { value: 0 } : draw.pick(options)
  if (kind === 'rename') schema.renameOption(table, name, value, `Renamed ${draw.below(100)}`)
  else if (kind === 'add') schema.addOption(table, name, { value: 100 + draw.below(20), label: 'Added' })
  else if (options.length > 1) removeOption(world, table, name, value)
  return `${kind} option ${value} of ${table}.${name}`
}
