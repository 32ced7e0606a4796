import { seedFrom } from '@outpost/dataverse-emulator'
import type { Seed } from '@outpost/dataverse-emulator'
import { peopleRows, roles, users } from './people.ts'
import { businessRows } from './rows.ts'
import { makeSchema } from './tables.ts'

/** The moment at which runs begin: it is a day for some and the day before for others. */
const AS_OF = '2025-06-02T06:00:00Z'

/** A small field-service company with few columns: what a run costs is mostly columns. */
export function makeOrganisation(): Seed {
  const seed = seedFrom({ schema: makeSchema(), rows: [...peopleRows, ...businessRows], users, name: 'simulation' })
  return {
    ...seed,
    asOf: AS_OF,
    roles,
    tracking: {
      trackingTable: 'resco_mobiletracking',
      tables: ['account', 'contact', 'new_job', 'new_task', 'annotation', 'new_skill_contact'],
    },
  }
}
