import type { SchemaDraft } from '../schema.ts'
import { activityTables } from './tables/activities.ts'
import { backgroundOperation } from './tables/background.ts'
import { queueTables } from './tables/queues.ts'
import { salesTables } from './tables/sales.ts'
import { customerTables } from './tables/customers.ts'
import { duplicateTables } from './tables/duplicates.ts'
import { fileTables } from './tables/files.ts'
import { resourceTables, skillsOfResources } from './tables/resources.ts'
import { securityLinks, securityTables } from './tables/security.ts'
import { systemTables, teamMembership } from './tables/system.ts'
import { viewTables } from './tables/views.ts'
import { workOrderTables } from './tables/work-orders.ts'

/** The tables of the field-service organisation. */
export const fieldServiceTables: SchemaDraft = {
  globalChoices: [
    {
      name: 'msdyn_wosystemstatus',
      displayName: 'System Status',
      options: [
        { value: 690970000, label: 'Unscheduled' },
        { value: 690970001, label: 'Scheduled' },
        { value: 690970002, label: 'In Progress' },
        { value: 690970003, label: 'Completed' },
        { value: 690970004, label: 'Posted' },
        { value: 690970005, label: 'Canceled' },
      ],
    },
  ],
  tables: [
    ...systemTables,
    ...customerTables,
    ...activityTables,
    ...salesTables,
    ...queueTables,
    backgroundOperation,
    ...duplicateTables,
    ...fileTables,
    ...workOrderTables,
    ...resourceTables,
    ...securityTables,
    ...viewTables,
  ],
  manyToMany: [teamMembership, skillsOfResources, ...securityLinks],
}
