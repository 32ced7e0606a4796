import { duplicateOperations } from '../duplicates/duplicate-operations.ts'
import { fileOperations } from '../files/file-operations.ts'
import { noteOperations } from '../files/note-operations.ts'
import { privilegeOperations } from '../security/privilege-operations.ts'
import { sharingOperations } from '../security/sharing-operations.ts'
import { bulkOperations } from './bulk-operations.ts'
import type { Operation } from './operation.ts'
import { organizationOperations } from './organization-operations.ts'

/** The functions and actions every organisation has. Those of metadata are answered in `metadata/`. */
export const builtInOperations: readonly Operation[] = [
  ...organizationOperations,
  ...bulkOperations,
  ...duplicateOperations,
  ...fileOperations,
  ...noteOperations,
  ...sharingOperations,
  ...privilegeOperations,
]
