import { test } from 'vitest'
import { converges } from './pull/converges.ts'
import { PATIENCE_MS, runs } from './property.ts'

/*
 * When faults stop and everything is committed, a few syncs later the device has what the technician may read of the
 * master under the filters, in every column that is kept. Whatever happened to the master before, whatever was written on the
 * device meanwhile, and however the syncs in between ended.
 */

test(
  'a device that has synced has what the master has under filter and privileges, and nothing else',
  runs(160, (draw) => converges(draw, false)),
  PATIENCE_MS,
)

test(
  'a device that has synced has what the master has, whatever became of the columns',
  runs(12, (draw) => converges(draw, true)),
  PATIENCE_MS,
)
