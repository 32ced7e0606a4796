import { duplicateOperations } from '../duplicates/duplicate-operations.ts'
import { fileOperations } from '../files/file-operations.ts'
import { noteOperations } from '../files/note-operations.ts'
import { privilegeOperations } from '../security/privilege-operations.ts'
import { sharingOperations } from '../security/sharing-operations.ts'
import { addressOperations } from './address-operations.ts'
import { bulkOperations } from './bulk-operations.ts'
import { closeOperations } from './close-operations.ts'
import { initializeFrom } from './initialize-from.ts'
import { mergeRows } from './merge.ts'
import type { Operation } from './operation.ts'
import { organizationOperations } from './organization-operations.ts'
import { qualifyLead } from './qualify-lead.ts'
import { queueOperations } from './queue-operations.ts'
import { calculateRollupField, retrieveTotalRecordCount } from './record-counts-operations.ts'
import { teamOperations } from './team-operations.ts'

/** The functions and actions every organisation has. Those of metadata are answered in `metadata/`. */
export const builtInOperations: readonly Operation[] = [
  ...organizationOperations,
  ...bulkOperations,
  ...closeOperations,
  qualifyLead,
  mergeRows,
  ...queueOperations,
  ...teamOperations,
  ...addressOperations,
  initializeFrom,
  retrieveTotalRecordCount,
  calculateRollupField,
  ...duplicateOperations,
  ...fileOperations,
  ...noteOperations,
  ...sharingOperations,
  ...privilegeOperations,
]
