import { batches } from './batch.ts'
import type { CapabilityArea } from './capability.ts'
import { changeTracking } from './change-tracking.ts'
import { fetchXml } from './fetchxml.ts'
import { files } from './files.ts'
import { metadata } from './metadata.ts'
import { operations } from './operations.ts'
import { protocol } from './protocol.ts'
import { queries } from './queries.ts'
import { security } from './security.ts'
import { writes } from './writes.ts'

/** Everything the emulator says of itself. The README's list is made from this, and a test asks every probe. */
export const capabilityAreas: readonly CapabilityArea[] = [
  protocol,
  batches,
  changeTracking,
  queries,
  fetchXml,
  writes,
  security,
  operations,
  metadata,
  files,
]
