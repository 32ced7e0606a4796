import { burst } from './burst.ts'
import { compare } from './compare.ts'
import { jobs, service } from './jobs.ts'
import { MASTER_KINDS } from './master-kinds.ts'
import { crash, setClock, wait } from './power.ts'
import { queueFile } from './queue-file.ts'
import { queue } from './queue.ts'
import { refusedWrite } from './refused-write.ts'
import { configure, renew } from './set-up.ts'
import type { StepKind } from './step.ts'
import { sync } from './sync.ts'
import { devicesAtOnce, tabs, tabsAtOnce, writeInSync } from './together.ts'
import { users } from './users.ts'
import { write } from './write.ts'

/** What devices and their users do. */
const DEVICE_KINDS: readonly StepKind[] = [
  write,
  burst,
  refusedWrite,
  sync,
  writeInSync,
  tabs,
  tabsAtOnce,
  devicesAtOnce,
  queue,
  queueFile,
  configure,
  renew,
  compare,
  jobs,
  service,
  users,
  crash,
  wait,
  setClock,
]

/** Everything that can happen in a run. */
export const STEP_KINDS: readonly StepKind[] = [...DEVICE_KINDS, ...MASTER_KINDS]
