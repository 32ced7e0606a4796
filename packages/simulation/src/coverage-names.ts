import type {
  Change,
  ConflictDecision,
  ConflictPolicy,
  ConflictRule,
  ConnectionState,
  DeletedRowPolicy,
  DueReason,
  OutpostErrorCode,
  OutpostEvent,
  PendingReason,
  PullStrategy,
  QuarantineReason,
  RejectionClass,
  SyncPhase,
  TrackingConfiguration,
  UpdatedRowPolicy,
} from '@outpost/core'
import type { LineFault } from './line.ts'
import { LINE_FAULTS } from './line.ts'
import { MOVES } from './moves.ts'
import { STEP_KINDS } from './steps/step-kinds.ts'

/** Lists every name of a union: one that is missing, or too many, does not compile. */
function every<Name extends string>(names: Readonly<Record<Name, true>>): readonly Name[] {
  return Object.keys(names) as Name[]
}

const CODES = every<OutpostErrorCode>({
  offline: true,
  timeout: true,
  unavailable: true,
  throttled: true,
  unauthenticated: true,
  forbidden: true,
  'not-found': true,
  conflict: true,
  rejected: true,
  protocol: true,
  expired: true,
  'wrong-master': true,
  invalid: true,
  refused: true,
  store: true,
  'store-full': true,
  'store-readonly': true,
  'store-busy': true,
  'store-foreign': true,
  'store-newer': true,
  aborted: true,
  closed: true,
})

const POLICIES = every<ConflictPolicy>({
  merge: true,
  'server-wins': true,
  'client-wins': true,
  'client-row-wins': true,
  manual: true,
})

const RULES = every<ConflictRule>({
  'client-wins': true,
  'server-wins': true,
  manual: true,
  newest: true,
  max: true,
  min: true,
  sum: true,
  union: true,
  'never-overwrite': true,
})

const ON_DELETED = every<DeletedRowPolicy>({ error: true, recreate: true, drop: true })
const ON_UPDATED = every<UpdatedRowPolicy>({ error: true, delete: true, drop: true })

const DECISIONS = every<`${ConflictDecision['kind']}: ${ConflictDecision['resolved']}`>({
  'updated-both: local': true,
  'updated-both: remote': true,
  'updated-both: merged': true,
  'updated-both: undecided': true,
  'deleted-on-master: local': true,
  'deleted-on-master: remote': true,
  'deleted-on-master: merged': true,
  'deleted-on-master: undecided': true,
  'deleted-here: local': true,
  'deleted-here: remote': true,
  'deleted-here: merged': true,
  'deleted-here: undecided': true,
})

/** No policy makes a value of its own where one side has no row. */
const isPossible = (decision: string): boolean => decision === 'updated-both: merged' || !decision.endsWith(': merged')

/**
 * What there is to be met, by group: a name that no run has met is worth knowing. Groups that are not here (the commits of
 * a store) have no end.
 */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  step: STEP_KINDS.map(({ name }) => name),
  fault: LINE_FAULTS satisfies readonly LineFault['kind'][],
  'store fault': ['fails', 'dies'].flatMap((how) => [
    `${how} before commit`,
    `${how} after commit`,
    `${how} at a read`,
  ]),
  change: every<Change['kind']>({
    create: true,
    update: true,
    delete: true,
    associate: true,
    disassociate: true,
    action: true,
  }),
  move: Object.entries(MOVES).flatMap(([status, events]) =>
    Object.entries(events).map(([event, after]) => `${status}: ${event} → ${after}`),
  ),
  reason: every<PendingReason['kind']>({
    ready: true,
    verifying: true,
    'waiting-for-sign-in': true,
    'in-flight': true,
    blocked: true,
    held: true,
    'backing-off': true,
    'other-user': true,
  }),
  connection: every<ConnectionState['kind']>({ unknown: true, connected: true, paused: true, 'signed-out': true }),
  // A store in memory has no file that could be full, foreign, newer or read-only.
  error: CODES.filter((code) => !code.startsWith('store-')),
  rejection: every<RejectionClass>({
    permission: true,
    invalid: true,
    business: true,
    conflict: true,
    policy: true,
    gone: true,
    'key-clash': true,
    duplicate: true,
    state: true,
    size: true,
    unknown: true,
  }),
  conflict: DECISIONS.filter(isPossible),
  'decided by': [
    ...new Set<string>([
      ...POLICIES,
      'function',
      ...RULES,
      ...ON_DELETED.map((policy) => `on deleted row: ${policy}`),
      ...ON_UPDATED.map((policy) => `on updated row: ${policy}`),
    ]),
  ],
  phase: every<SyncPhase>({
    glance: true,
    identity: true,
    metadata: true,
    standing: true,
    push: true,
    rows: true,
    deletions: true,
    layers: true,
  }),
  pull: ['written', 'pruned', 'kept', 'added', 'refreshed', 'layers'],
  strategy: every<PullStrategy>({ floor: true, reconciliation: true, tracking: true, delta: true, layers: true }),
  due: every<DueReason>({
    'filter-changed': true,
    'token-expired': true,
    restored: true,
    'standing-changed': true,
    'time-passed': true,
    'related-changed': true,
    asked: true,
    'tracking-enabled': true,
  }),
  quarantine: every<QuarantineReason>({ deleted: true, 'left-scope': true, unreadable: true }),
  configuration: [
    ...[...POLICIES, 'function'].map((policy) => `policy ${policy}`),
    ...RULES.map((rule) => `rule ${rule}`),
    ...ON_DELETED.map((policy) => `onDeletedRow ${policy}`),
    ...[...ON_UPDATED, 'by policy'].map((policy) => `onUpdatedRow ${policy}`),
    ...['syncFilter', 'syncFetchXml', 'uploadFilter', 'localColumns', 'syncDeletion', 'changeTracking'],
    ...['related parents', 'related children', 'mobileTracking'],
    ...every<keyof TrackingConfiguration>({ deletes: true, owners: true, links: true }).map(
      (kind) => `tracking ${kind}`,
    ),
  ],
  event: every<Exclude<OutpostEvent['type'], 'connection' | 'sync.phase' | 'row.quarantined' | 'pull.table'>>({
    'metadata.pulled': true,
    'pull.page': true,
    'pull.progress': true,
    'push.sent': true,
    'push.settled': true,
    stalled: true,
    'outbox.waiting': true,
  }),
}
