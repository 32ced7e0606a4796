import { masterHistory } from './master-history.ts'
import { masterKnobs, masterOutage } from './master-outage.ts'
import { masterPlugIns } from './master-plug-ins.ts'
import { masterRights } from './master-rights.ts'
import { masterImport, masterLate, masterPaging, masterRows } from './master-rows.ts'
import { masterSchema } from './master-schema.ts'
import type { StepKind } from './step.ts'

/** Everything that can happen on the master's side. */
export const MASTER_KINDS: readonly StepKind[] = [
  masterRows,
  masterImport,
  masterLate,
  masterPaging,
  masterRights,
  masterPlugIns,
  masterOutage,
  masterKnobs,
  masterHistory,
  masterSchema,
]
