import { rowKey } from '@outpost/core'
import type { Change, ColumnValue, OfflineTransaction, StoreColumnType } from '@outpost/core'
import type { Device } from '../device.ts'
import { decidedColumns, hasHappened, targetsOf, valuesOf, withTarget } from './decisions.ts'
import { isShown } from './look.ts'
import type { Look, UnsentRow, Written } from './look.ts'
import type { Problem } from './problem.ts'
import { lastToken } from './tokens.ts'

/**
 * I5: a row with unsent changes shows them and keeps its base, and no missing sign-in or hitch is a verdict. Where a write
 * is not shown from the beginning, its effect was lost with it, which is I1.
 */
export function noSurprise(look: Look): readonly Problem[] {
  return [...rowsShowTheirs(look), ...basesAreKept(look), ...verdictsAreVerdicts(look)]
}

/** What a row must show: there or not, and the values that were written last. */
interface Expected {
  isThere: boolean | 'either'
  readonly values: Map<string, ColumnValue>
  isNew: boolean
  /** A change of it is pending again that was put away: the row may have gone meanwhile. */
  isAgain: boolean
  /** Its deletion is pending again, at its old place: changes that were made meanwhile stand on a row that is gone. */
  isDeletedAgain: boolean
  /** That deletion has been delivered since: the master has nothing that those changes could be shown on. */
  isGoneAgain: boolean
}

function rowsShowTheirs(look: Look): readonly Problem[] {
  const { device, transactions, written, unsent } = look
  const problems: Problem[] = []
  const expected = new Map<string, Expected>()
  const dropped = new Set<string>()
  for (const transaction of transactions.values()) {
    // Where the master won over a whole transaction, rows that it would have made go with it, and say so there.
    if (hasHappened(transaction, 'overruled') && transaction.status === 'archived')
      for (const { kind, table, id } of transaction.changes) if (kind === 'create') dropped.add(rowKey(table, id))
    const each = written.get(transaction.seq)
    if (each && isShown(transaction)) expect(expected, each, transaction)
    else if (transaction.status === 'pending' || transaction.status === 'error') blur(expected, transaction)
    else if (transaction.status === 'processed') noteGoneAgain(expected, transaction)
  }
  for (const [key, { isThere, values, isNew, isAgain, isGoneAgain }] of expected) {
    const held = unsent.get(key)
    if (!held || isThere === 'either') continue
    const isUnknown = !held.row && held.base?.values === null
    if (isUnknown && (isAgain || isGoneAgain || dropped.has(key))) continue
    const words = unlike(device, held, isThere, values)
    if (words !== null)
      problems.push({
        check: isNew ? 'I1' : 'I5',
        words: `device ${device.number}: ${key} ${words} ${lives(look, held)}`,
      })
  }
  return problems
}

/** What happened to the transactions of the row. */
function lives({ transactions }: Look, { table, id }: UnsentRow): string {
  const own = [...transactions.values()].filter(({ changes }) =>
    changes.some((change) => change.table === table && change.id === id),
  )
  const life = ({ seq, history }: OfflineTransaction): string =>
    `#${seq} ${history.map(({ event, note }) => (note === undefined ? event : `${event} (${note})`)).join(', ')}`
  return `[${own.map(life).join('; ')}]`
}

function unlike(
  device: Device,
  { table, row }: UnsentRow,
  isThere: boolean,
  values: ReadonlyMap<string, ColumnValue>,
): string | null {
  if (!isThere) return row ? 'is shown although it was deleted here' : null
  if (!row) return 'is not shown although it has unsent changes'
  for (const [name, value] of values) {
    const shown = row.values[name]
    // A column that is not kept any more is not shown, nor what one of another type cannot hold.
    if (shown === null && !canHold(device.columnType(table, name), value)) continue
    if (shown !== undefined && shown !== value)
      return `shows ${JSON.stringify(shown)} for ${name}, not ${JSON.stringify(value)}, which is unsent`
  }
  return null
}

function canHold(type: StoreColumnType | undefined, value: ColumnValue): boolean {
  if (type === undefined || value === null) return true
  if (type === 'decimal') return Number.isFinite(Number(value))
  return typeof value === (type === 'text' ? 'string' : type)
}

function nothing(): Expected {
  return {
    isThere: 'either',
    values: new Map(),
    isNew: false,
    isAgain: false,
    isDeletedAgain: false,
    isGoneAgain: false,
  }
}

function expect(
  expected: Map<string, Expected>,
  { deeds, entry, isNew }: Written,
  transaction: OfflineTransaction,
): void {
  const isOfBook = entry !== null && !entry.isDoubtful && !entry.isImported
  // What was corrected in a transaction that the book does not have is not in the book, either.
  const isVague = !isOfBook && (entry !== null || hasHappened(transaction, 'amended'))
  if (isVague || transaction.kept || hasHappened(transaction, 'migrated')) return blur(expected, transaction)
  for (const { kind, table, id, values } of deeds) {
    const key = rowKey(table, id)
    const row = expected.get(key) ?? nothing()
    expected.set(key, row)
    row.isNew ||= isNew
    row.isAgain ||= (kind === 'update' || kind === 'action') && hasHappened(transaction, 'set-pending')
    const decided = new Set(decidedColumns(transaction, table, id))
    // What does not suit its column any more is not shown; the error names it.
    if (transaction.lastError?.column !== undefined) decided.add(transaction.lastError.column)
    switch (kind) {
      case 'create':
      case 'associate':
        row.isThere = true
        row.isDeletedAgain = false
        row.isGoneAgain = false
        break
      case 'delete':
      case 'disassociate':
        row.isThere = decided.size > 0 ? 'either' : false
        row.isDeletedAgain = hasHappened(transaction, 'set-pending')
        break
      case 'update':
      case 'action':
        // Where the master is known to have deleted it, that is decided.
        row.isThere = decided.size > 0 || row.isDeletedAgain ? 'either' : true
        break
    }
    for (const name of targetsOf(values)) row.values.delete(name)
    for (const [name, value] of Object.entries(values)) {
      if (decided.has(name)) row.values.delete(name)
      else if (isWritten(transaction, table, id, name, value)) row.values.set(name, value)
    }
  }
  const amendments = entry?.amendments ?? []
  for (const [at, { behind, table, id, values }] of amendments.entries()) {
    const since = entry?.deeds.slice(behind).filter((deed) => deed.table === table && deed.id === id) ?? []
    const row = expected.get(rowKey(table, id))
    const decided = decidedColumns(transaction, table, id)
    const settled = decidedSince(transaction, amendments.length - at, table, id)
    for (const [name, value] of Object.entries(values)) {
      if (settled.has(name)) continue
      // A later write replaced the correction, and of what was decided about that nothing is expected.
      if (decided.has(name) && since.some((deed) => Object.hasOwn(deed.values, name))) continue
      // An action stands on top of whatever else its transaction does to the row.
      if (deeds.some((deed) => deed.kind === 'action' && deed.id === id && Object.hasOwn(deed.values, name))) continue
      // A write that was folded into the transaction since has a later text: one that failed and was kept, too.
      const own = deeds.filter((deed) => deed.table === table && deed.id === id).map((deed) => deed.values[name])
      if (own.some((other) => (lastToken(other) ?? 0) > (lastToken(value) ?? Infinity))) continue
      const isLater = value !== undefined && (lastToken(value) ?? 0) > (lastToken(row?.values.get(name)) ?? 0)
      if (isLater) row?.values.set(name, value)
      else if (
        value === undefined ||
        lastToken(row?.values.get(name)) === null ||
        !since.some((deed) => Object.hasOwn(deed.values, name))
      )
        for (const each of withTarget(name)) row?.values.delete(each)
    }
  }
}

/** Of what a row was told to be, what it was already is not written; a text of its own never was. */
function isWritten(
  { changes }: OfflineTransaction,
  table: string,
  id: string,
  name: string,
  value: ColumnValue,
): boolean {
  if (lastToken(value) !== null) return true
  return changes.some((change) => change.table === table && change.id === id && valuesOf(change)[name] === value)
}

/** Nothing is expected of the rows of a transaction of which the book does not know what is in it. */
function blur(expected: Map<string, Expected>, transaction: OfflineTransaction): void {
  for (const { kind, table, id } of transaction.changes) {
    const isDeletedAgain = isDeletion(kind) && hasHappened(transaction, 'set-pending')
    expected.set(rowKey(table, id), { ...nothing(), isDeletedAgain })
  }
}

/** Rows that went with a deletion that was put away, and sent after all. */
function noteGoneAgain(expected: Map<string, Expected>, transaction: OfflineTransaction): void {
  if (!hasHappened(transaction, 'set-pending')) return
  for (const { kind, table, id } of transaction.changes) {
    if (!isDeletion(kind)) continue
    const key = rowKey(table, id)
    expected.set(key, { ...(expected.get(key) ?? nothing()), isGoneAgain: true })
  }
}

function isDeletion(kind: Change['kind']): boolean {
  return kind === 'delete' || kind === 'disassociate'
}

/**
 * What has been decided about a row since it was corrected: about the corrected value. Of a transaction that is judged, the
 * book has all corrections.
 */
function decidedSince(
  transaction: OfflineTransaction,
  corrections: number,
  table: string,
  id: string,
): ReadonlySet<string> {
  const { history } = transaction
  const corrected = history.flatMap(({ event }, at) => (event === 'amended' ? [at] : []))
  return decidedColumns({ history: history.slice(corrected.at(-corrections) ?? 0) }, table, id)
}

function basesAreKept({ device, unsent, bases }: Look): readonly Problem[] {
  const problems: Problem[] = []
  for (const key of unsent.keys())
    if (!bases.has(key))
      problems.push({ check: 'I5', words: `device ${device.number}: ${key} has unsent changes and no base` })
  for (const key of bases.keys())
    if (!unsent.has(key))
      problems.push({ check: 'I5', words: `device ${device.number}: ${key} has a base and no unsent changes` })
  return problems
}

/** Statuses with which nobody has judged a write. */
const NO_VERDICTS: readonly number[] = [401, 408, 429, 502, 503, 504]

function verdictsAreVerdicts({ device, changed, before }: Look): readonly Problem[] {
  const problems: Problem[] = []
  for (const transaction of changed) {
    const { seq, status, lastError } = transaction
    if (status !== 'error' || before.get(seq)?.status === 'error') continue
    if (lastError?.rejection === undefined || NO_VERDICTS.includes(lastError.status ?? 0))
      problems.push({
        check: 'I5',
        words: `device ${device.number}: #${seq} is in error for ${lastError?.code} (${lastError?.status}), which is no verdict`,
      })
  }
  return problems
}
