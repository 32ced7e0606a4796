import type {
  ActionChange,
  ActionEvidence,
  Change,
  CreateChange,
  DeleteChange,
  LinkChange,
  UpdateChange,
} from '../change.ts'
import { OutpostError } from '../errors.ts'
import type { MasterIdentity } from '../ports/master-org.ts'
import type { HistoryEntry, TransactionError } from './offline-transaction.ts'
import { QUEUE_FORMAT, QUEUE_VERSION } from './queue-file.ts'
import type { QueueDecision, QueuedRow, QueuedTransaction, QueueFile } from './queue-file.ts'
import {
  anyText,
  count,
  flag,
  isObject,
  json,
  kinds,
  list,
  nullable,
  number,
  object,
  oneOf,
  record,
  some,
  text,
} from './shape.ts'
import type { Shape } from './shape.ts'

/**
 * Takes what is said to be a queue file for one. Throws `invalid` naming the place of what does not belong there: such a
 * file may have been edited, and nothing in it is silently passed over.
 */
export function readQueueFile(file: unknown): QueueFile {
  if (!isObject(file) || file['format'] !== QUEUE_FORMAT) {
    throw malformed(`format must be ${JSON.stringify(QUEUE_FORMAT)}`)
  }
  const version = file['version']
  if (typeof version === 'number' && version > QUEUE_VERSION) {
    throw new OutpostError('invalid', `queue file: version ${version} is newer than this program, which knows 1`, {
      place: { rule: 'queue-version' },
      remedy: 'Import it with the version of Outpost that wrote it.',
    })
  }
  mustBeQueueFile(file)
  refuseTwice(file.transactions, 'id')
  refuseTwice(file.transactions, 'seq')
  return file
}

function mustBeQueueFile(file: unknown): asserts file is QueueFile {
  const problem = FILE(file, '')
  if (problem !== null) throw malformed(problem)
}

function refuseTwice(transactions: readonly QueuedTransaction[], name: 'id' | 'seq'): void {
  const values = transactions.map((transaction) => transaction[name])
  const seen = new Set<string | number>()
  const at = values.findIndex((each) => seen.size === seen.add(each).size)
  if (at !== -1) throw malformed(`transactions[${at}].${name} is there twice`)
}

function malformed(problem: string): OutpostError {
  return new OutpostError('invalid', `queue file: ${problem}`, {
    place: { rule: 'queue-file' },
    remedy: 'Export it anew, or correct what was edited.',
  })
}

const value: Shape = (given, at) =>
  given === null || ['string', 'number', 'boolean'].includes(typeof given) ? null : `${at} must be a value of a column`
const values = record(value)
const row = { table: text, id: text } as const

const update = shapeOf<UpdateChange>(
  {
    kind: oneOf('update'),
    ...row,
    values,
    before: values,
    patch: list(record(json)),
    version: nullable(text),
  },
  { merged: list(text), whole: values },
)

const link = shapeOf<LinkChange>(
  { kind: oneOf('associate', 'disassociate'), ...row, relationship: text, first: object(row), second: object(row) },
  {},
)

const change = kinds({
  create: shapeOf<CreateChange>(
    { kind: oneOf('create'), ...row, values },
    { chosenId: oneOf(true), recreates: update, deferred: list(text) },
  ),
  update,
  delete: shapeOf<DeleteChange>({ kind: oneOf('delete'), ...row, before: values, version: nullable(text) }, {}),
  associate: link,
  disassociate: link,
  action: shapeOf<ActionChange>(
    {
      kind: oneOf('action'),
      ...row,
      action: text,
      bound: flag,
      parameters: record(json),
      evidence: kinds({
        repeatable: object({ kind: oneOf('repeatable') }),
        'row-matches': object({ kind: oneOf('row-matches'), ...row, filter: text }),
        'row-exists': object({ kind: oneOf('row-exists'), ...row }),
        'row-gone': object({ kind: oneOf('row-gone'), ...row }),
      } satisfies Readonly<Record<ActionEvidence['kind'], Shape>>),
      effect: values,
      before: values,
    },
    {},
  ),
} satisfies Readonly<Record<Change['kind'], Shape>>)

const whatFailed = { code: text, message: anyText, remedy: anyText } as const
const moreOfIt = {
  rejection: text,
  cause: anyText,
  fix: oneOf('user', 'administrator', 'developer', 'nobody'),
  status: number,
  masterCode: text,
  requestId: text,
  change: count,
  column: text,
} as const

const entry = shapeOf<HistoryEntry>(
  { at: number, event: text },
  {
    note: anyText,
    wrote: list(json),
    error: object(whatFailed, moreOfIt),
    requestId: text,
    masterRequestId: text,
    versions: record(text),
    conflicts: list(json),
    patches: list(json),
  },
)

const transaction = shapeOf<QueuedTransaction>(
  {
    seq: count,
    id: text,
    organizationId: text,
    userId: text,
    catalogueStamp: anyText,
    changes: some(change),
    touches: list(text),
    dependsOn: list(count),
    status: oneOf('pending', 'processed', 'error', 'archived'),
    outcome: oneOf('not-sent', 'unknown', 'known'),
    attempts: count,
    nextAttemptAt: nullable(number),
    lease: oneOf(null),
    lastError: nullable(shapeOf<TransactionError>({ ...whatFailed, at: number, attempt: count }, moreOfIt)),
    history: some(entry),
    createdAt: number,
  },
  {
    tenantId: text,
    amendedUnder: record(anyText),
    after: list(count),
    coalesce: oneOf(false),
    kept: oneOf(true),
    decision: kinds({
      'set-pending': object({ kind: oneOf('set-pending') }),
      amend: object({ kind: oneOf('amend'), values }, { drop: list(text), row: object(row) }),
      archive: object({ kind: oneOf('archive') }, { local: oneOf('revert', 'keep') }),
      discard: object({ kind: oneOf('discard') }),
    } satisfies Readonly<Record<QueueDecision['kind'], Shape>>),
  },
)

const FILE = shapeOf<QueueFile>(
  {
    format: oneOf(QUEUE_FORMAT),
    version: (given, at) => (given === QUEUE_VERSION ? null : `${at} must be ${QUEUE_VERSION}`),
    exportedAt: text,
    identity: shapeOf<MasterIdentity>({ organizationId: text, userId: text, url: text }, { tenantId: text }),
    catalogueStamp: nullable(anyText),
    transactions: list(transaction),
    rows: list(shapeOf<QueuedRow>({ ...row, version: nullable(text), values }, {})),
  },
  {},
)

/** An object with the properties of a type. One that is forgotten here does not compile. */
function shapeOf<T>(
  required: Readonly<Record<RequiredKeys<T>, Shape>>,
  optional: Readonly<Record<Exclude<keyof T, RequiredKeys<T>>, Shape>>,
): Shape {
  return object(required, optional)
}

type RequiredKeys<T> = { [Name in keyof T]-?: Record<never, never> extends Pick<T, Name> ? never : Name }[keyof T]
