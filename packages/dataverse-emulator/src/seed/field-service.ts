import { Schema } from '../schema.ts'
import type { SchemaSnapshot, Seed, SeedRow } from '../schema.ts'
import { ADMINISTRATOR, AS_OF, planFor, rowId } from './plan.ts'
import type { Plan } from './plan.ts'
import { annotationRows, phoneCallRows, taskRows } from './rows/activities.ts'
import { accountRows, contactRows, incidentRows, opportunityRows } from './rows/customers.ts'
import { duplicateRuleRows } from './rows/duplicates.ts'
import { organization, peopleRows, users } from './rows/people.ts'
import { leadRows, queueRows } from './rows/sales.ts'
import { bookingRows, equipmentRows, markerRows, readingRows, resourceRows, shiftRows } from './rows/resources.ts'
import { roles, securityRows } from './rows/security.ts'
import { viewRows } from './rows/views.ts'
import { serviceTaskRows, workOrderRows, workTypeRows } from './rows/work-orders.ts'
import { fieldServiceTables } from './tables.ts'

export interface FieldServiceOptions {
  /** About how many rows there are in all; at least 200, 2,000 unless given. */
  readonly rows?: number
  /** Another salt gives the same tables with other MetadataIds, as in an organisation made anew. */
  readonly salt?: string
}

let unsalted: SchemaSnapshot | undefined

// Definitions never change in place, so all organisations of the usual ids share them: only the first takes the time.
function schemaOf(salt: string): Schema {
  if (salt !== '') return new Schema(fieldServiceTables, { salt })
  unsalted ??= new Schema(fieldServiceTables).snapshot()
  return Schema.from(unsalted)
}

/**
 * A field-service company: its people, customers, cases, work orders, resources and bookings. The rows depend on
 * nothing but `rows`, and are made one by one while they are read.
 */
export function fieldService(options: FieldServiceOptions = {}): Seed {
  const plan = planFor(options.rows ?? 2000)
  return {
    name: 'field service',
    schema: schemaOf(options.salt ?? ''),
    asOf: AS_OF,
    organization,
    users: users(plan),
    roles,
    defaultUserId: rowId('systemuser', ADMINISTRATOR),
    rows: { [Symbol.iterator]: () => allRows(plan) },
    tracking: {
      trackingTable: 'resco_mobiletracking',
      tables: [
        'account',
        'contact',
        'incident',
        'task',
        'annotation',
        'msdyn_workorder',
        'msdyn_workorderservicetask',
        'bookableresourcebooking',
        'new_skill_bookableresource',
      ],
    },
  }
}

function* allRows(plan: Plan): Generator<SeedRow> {
  yield* peopleRows(plan)
  yield* queueRows(plan)
  yield* duplicateRuleRows()
  yield* accountRows(plan)
  yield* contactRows(plan)
  yield* incidentRows(plan)
  yield* leadRows()
  yield* opportunityRows(plan)
  yield* workTypeRows()
  yield* resourceRows(plan)
  yield* equipmentRows(plan)
  yield* readingRows(plan)
  yield* workOrderRows(plan)
  yield* bookingRows(plan)
  yield* serviceTaskRows(plan)
  yield* shiftRows(plan)
  yield* markerRows(plan)
  yield* taskRows(plan)
  yield* phoneCallRows(plan)
  yield* annotationRows(plan)
  yield* securityRows(plan)
  yield* viewRows()
}
