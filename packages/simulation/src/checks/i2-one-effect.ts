import { rowKey } from '@outpost/core'
import type { ColumnValue, OfflineTransaction, Row } from '@outpost/core'
import type { Deed } from '../book.ts'
import type { Committed } from '../ledger.ts'
import type { World } from '../world.ts'
import { ColumnsOut } from './columns-out.ts'
import { decidedColumns, hasHappened, valuesOf } from './decisions.ts'
import type { Look } from './look.ts'
import type { Problem } from './problem.ts'
import { lastToken, tokensIn, tokensOf } from './tokens.ts'
import { doubtsOf } from './unfound.ts'

/*
 * I2: what the ledger has of each transaction, known by the texts that nobody else writes.
 *
 * What is allowed, and nothing else:
 * - An update that arrived, whose answer was lost, and of which somebody else changed the column before it was looked for,
 *   counts as not arrived (`verified`): it may have been done and be done again, or be in error or dropped all the same.
 *   The second time its text must have been gone from the row. A plug-in that changes what it is given has changed it, too.
 * - What comes twice by itself (a browser does that) is done twice where the master does not check versions.
 * - A call that was still worked on when its answer was lost and it was looked for (`verified`) is done again. So is an
 *   update of a table whose versions the master does not check.
 * - What was committed between a backup and its restore has never happened: it may be done again, or be missing.
 * - A column that a decision or a correction took out, or that a plug-in fills itself, need not arrive.
 * - What somebody else wrote to a table whose versions the master does not check, after the row was read and before it was
 *   written, is written over unnoticed.
 * - Where `client-row-wins` decided that the whole row is sent, values of earlier transactions are in it once more.
 * - What somebody else wrote into a column that a create left empty, before the row was found as its answer was lost, counts
 *   as filled in by the master (decisions/010): an edit that was made on the empty column is made on that.
 * - What came in a queue file may have been sent by the device that it came from.
 *
 * The master does not check versions where it has begun to in this run, or ceased to: a device need not have heard of it.
 */

/** Whose a text is. */
interface Owner {
  readonly device: number
  readonly seq: number
  readonly userId: string
  readonly table: string
  readonly id: string
  /** It is what an operation was called with, which may write it into the row. */
  readonly isCalled: boolean
}

/** A commit that brought a text. */
interface Effect {
  /** Its place in the ledger. */
  readonly at: number
  /** Whether the row had the text before, as it was sent. */
  readonly wasThere: boolean
  /** Whether it was brought by a call of an operation. */
  readonly isCall: boolean
}

/** What the ledger has of the devices' transactions. One for each run. */
export class Effects {
  readonly #world: World
  readonly #owners = new Map<number, Owner>()
  readonly #effects = new Map<number, Effect[]>()
  /** By device and row, the seq of the last transaction that changed it there. */
  readonly #last = new Map<string, { readonly seq: number; readonly at: number }>()
  /** By device, seq, row and column, the value that a change was made on when it was first seen. */
  readonly #madeOn = new Map<string, ColumnValue>()
  /** By device, seq and row, the row as it was deleted: as it was when the deletion was first seen. */
  readonly #deletes = new Map<string, { readonly row: Row; readonly restores: number }>()
  readonly #filled = new Set<string>()
  /** The names of the plug-ins that have been looked at. */
  readonly #plugIns = new Set<string>()
  /** Of tables whose versions the master does not check, the rows with something pending, as they were at the last look. */
  #wasThere: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map()
  readonly #columnsOut = new ColumnsOut()
  #read = 0

  constructor(world: World) {
    this.#world = world
  }

  /** What is wrong after these looks, which are those of all devices on which anything was committed. */
  judge(looks: readonly Look[], latest: ReadonlyMap<number, Look>): readonly Problem[] {
    this.#learnPlugIns()
    for (const look of looks) {
      this.#learn(look)
      this.#columnsOut.learn(look)
    }
    const strangers = looks.flatMap((look) => this.#strangers(look))
    const touched = new Map<string, Owner>()
    const problems = [...strangers, ...this.#readLedger(touched, latest)]
    for (const look of looks)
      for (const { seq } of look.changed) touched.set(`${look.device.number}/${seq}`, ownerOf(look, seq))
    for (const { device, seq } of touched.values()) {
      const look = latest.get(device)
      const transaction = look?.transactions.get(seq)
      if (look && transaction) problems.push(...this.#judgeOne(look, transaction))
    }
    this.#wasThere = this.#unversioned(latest)
    return problems
  }

  #learnPlugIns(): void {
    for (const { name } of this.#world.emulator.plugins.list()) {
      if (this.#plugIns.has(name)) continue
      this.#plugIns.add(name)
      for (const [, table] of name.matchAll(/: (?:fills|follows|works later) (\S+)/g)) this.#filled.add(table ?? '')
    }
  }

  #unversioned(latest: ReadonlyMap<number, Look>): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    const { master } = this.#world.emulator
    const rows = new Map<string, Readonly<Record<string, unknown>>>()
    for (const { transactions } of latest.values())
      for (const { status, changes } of transactions.values())
        for (const { table, id } of status === 'pending' ? changes : []) {
          const row = this.#hasVersions(table) ? undefined : master.row(table, id)
          if (row) rows.set(rowKey(table, id), row.values)
        }
    return rows
  }

  #learn({ device, written, changed, transactions }: Look): void {
    for (const { seq, deeds, entry } of written.values()) {
      const userId = transactions.get(seq)?.userId ?? ''
      const amendments = entry?.amendments ?? device.book.early.get(seq) ?? []
      const amended = amendments.map(({ table, id, values }) => ({
        kind: 'update' as const,
        table,
        id,
        values: defined(values),
      }))
      for (const { kind, table, id, values } of [...deeds, ...amended])
        for (const token of tokensOf(values).values())
          this.#owners.set(token, { device: device.number, seq, userId, table, id, isCalled: kind === 'action' })
    }
    for (const { seq, changes } of changed)
      for (const change of changes)
        if (change.kind === 'delete') {
          const key = `${device.number}/${seq}/${change.id}`
          if (!this.#deletes.has(key))
            this.#deletes.set(key, { row: change.before, restores: this.#world.restores.length })
        } else if (change.kind === 'update' || change.kind === 'action')
          // Later changes stand on what an action is shown with, too, and on what it was made on when it is put away.
          for (const [name, value] of Object.entries(change.before)) {
            const key = `${device.number}/${seq}/${change.id}/${name}`
            if (name in valuesOf(change) && !this.#madeOn.has(key)) this.#madeOn.set(key, value)
          }
  }

  /** I5: what the device itself has delivered is nobody else's change to decide about. */
  #strangers({ device, changed, before, transactions, written }: Look): readonly Problem[] {
    if (this.#world.restores.length > 0) return []
    return changed.flatMap((transaction): readonly Problem[] => {
      const { seq, history } = transaction
      const isVague = written.get(seq)?.entry?.isImported !== false
      if (isVague || hasHappened(transaction, 'set-pending') || hasHappened(transaction, 'amended')) return []
      const decisions = history.slice(before.get(seq)?.history.length ?? 0).flatMap(({ conflicts = [] }) => conflicts)
      return decisions.flatMap(({ table, id, column, base, remote }): readonly Problem[] => {
        const owner = this.#owners.get(lastToken(remote) ?? -1)
        if (owner?.device !== device.number || owner.seq >= seq || owner.id !== id || this.#filled.has(table)) return []
        const earlier = transactions.get(owner.seq)
        if (earlier?.status !== 'processed' || hasHappened(earlier, 'verified')) return []
        // A row that was found is not an answer: what is not as it was sent can be somebody's (decisions/010).
        if (wasFound(earlier) && !hasSent(earlier, table, id, column, remote)) return []
        // What was let go of with its column is not known any more when that is kept again (decisions/010).
        if (base === null && this.#columnsOut.isOutSince(device, table, column, owner.seq)) return []
        const words = `#${seq} takes ${JSON.stringify(remote)} in ${column} of ${table} ${id} for somebody else's, which is of #${owner.seq}`
        return [{ check: 'I5', words: `device ${device.number}: ${words}` }]
      })
    })
  }

  #readLedger(touched: Map<string, Owner>, latest: ReadonlyMap<number, Look>): Problem[] {
    const { commits } = this.#world.ledger
    const problems: Problem[] = []
    for (; this.#read < commits.length; this.#read += 1) {
      const commit = commits[this.#read]
      if (!commit || commit.depth > 1) continue
      if (commit.message === 'Delete' && commit.extent === 'asked') problems.push(...this.#unseen(commit, latest))
      const own = this.#ownTokens(commit).filter(
        (each) => this.#isFirst(latest, each) || !isTakenUp(latest, each, commit),
      )
      const newest = own.reduce((most, { token }) => Math.max(most, token), -1)
      const owner = this.#owners.get(newest)
      if (!owner) continue
      touched.set(`${owner.device}/${owner.seq}`, owner)
      for (const { token, column } of own) {
        const other = this.#owners.get(token)
        if (other?.device !== owner.device || other.seq !== owner.seq) continue
        const effects = this.#effects.get(token) ?? []
        const isCall = column === null
        const before = isCall ? JSON.stringify(commit.before ?? {}) : commit.before?.[column]
        const sent = isCall ? undefined : sentBy(latest, owner, commit, column)
        const wasThere = sent === undefined ? tokensIn(before).includes(token) : before === sent
        this.#effects.set(token, [...effects, { at: this.#read, wasThere, isCall }])
      }
      const look = latest.get(owner.device)
      if (look) problems.push(...this.#order(look, owner, this.#read), ...this.#overwrites(look, owner, commit))
    }
    return problems
  }

  /** The texts of a commit that were written by its user to its row, each alone in its column. */
  #ownTokens({ message, table, id, values, userId, parameters }: Committed): readonly {
    readonly token: number
    readonly column: string | null
    readonly owner: Owner
  }[] {
    const isRow = message === 'Create' || message === 'Update'
    const found = isRow
      ? Object.entries(values).flatMap(([column, value]) => {
          const tokens = tokensIn(value)
          return tokens.length === 1 && tokens[0] !== undefined ? [{ token: tokens[0], column }] : []
        })
      : tokensIn(parameters).map((token) => ({ token, column: null }))
    return found.flatMap(({ token, column }) => {
      const owner = this.#owners.get(token)
      const isOwn = owner?.userId === userId && owner.table === table && owner.id === id && owner.isCalled !== isRow
      return isOwn ? [{ token, column, owner }] : []
    })
  }

  /** Whether it is the first time of a text that its own transaction has brought: others take it up later. */
  #isFirst(
    latest: ReadonlyMap<number, Look>,
    { token, owner: { device, seq } }: { readonly token: number; readonly owner: Owner },
  ): boolean {
    const transaction = latest.get(device)?.transactions.get(seq)
    return transaction !== undefined && hasHappened(transaction, 'delivered') && !this.#effects.has(token)
  }

  #order({ device, transactions }: Look, { seq, table, id }: Owner, at: number): readonly Problem[] {
    const key = `${device.number}/${rowKey(table, id)}`
    const last = this.#last.get(key)
    this.#last.set(key, { seq, at })
    const transaction = transactions.get(seq)
    if (!last || last.seq <= seq || !this.#isLive(last.at) || !transaction) return []
    if (hasHappened(transaction, 'set-pending') || hasHappened(transaction, 'verified')) return []
    return [{ check: 'I2', words: `device ${device.number}: #${seq} changed ${table} ${id} after #${last.seq} had` }]
  }

  /** I5: the master's newer value of a column is written over only where that was decided. */
  #overwrites({ device, transactions, written }: Look, owner: Owner, commit: Committed): readonly Problem[] {
    const { seq, table, id } = owner
    const transaction = transactions.get(seq)
    if (commit.message !== 'Update' || !transaction || this.#filled.has(table) || this.#world.restores.length > 0)
      return []
    const earlier = [...transactions.values()].filter((each) => each.seq <= seq)
    const decided = new Set(earlier.flatMap((each) => [...decidedColumns(each, table, id)]))
    const isVague = written.get(seq)?.entry?.isImported === true || hasHappened(transaction, 'amended')
    if (isVague) return []
    // A correction under which the store failed may have been made; the book does not have its text.
    const isCorrected = earlier.some(
      ({ seq: each, changes }) => written.get(each)?.entry?.isDoubtful === true && changes.some((one) => one.id === id),
    )
    return Object.entries(commit.values).flatMap(([name, value]): readonly Problem[] => {
      const was = commit.before?.[name]
      const madeOn = this.#madeOn.get(`${device.number}/${seq}/${id}/${name}`)
      if (typeof value !== 'string' || typeof was !== 'string' || madeOn === undefined || decided.has(name)) return []
      const isSeen = [madeOn, value].some((each) => String(each).toLowerCase() === was.toLowerCase())
      const before = this.#owners.get(lastToken(was) ?? -1)
      const isOwn = before ? before.device === device.number && before.seq <= seq : isCorrected
      const isBelow = this.#isBelow(transactions, owner, name, was)
      const isFilledIn = madeOn === null && earlier.some((each) => wasFound(each) && leftEmpty(each, table, id, name))
      const isLost = tokensIn(was).length === 0 && !/[mp]#/.test(was)
      if (isSeen || isOwn || isBelow || isFilledIn || isLost || this.#isUnnoticed(table, id, name, was)) return []
      const words = `#${seq} wrote ${JSON.stringify(value)} over ${JSON.stringify(was)} in ${name} of ${table} ${id}`
      return [{ check: 'I5', words: `device ${device.number}: ${words}, and no decision says so (made on ${madeOn})` }]
    })
  }

  /** I5: a row that somebody else has changed is deleted only where that was decided. */
  #unseen({ table, id, userId, before: row }: Committed, latest: ReadonlyMap<number, Look>): readonly Problem[] {
    if (!row || this.#filled.has(table)) return []
    if (!this.#hasVersions(table)) return []
    const senders = [...latest.values()].flatMap(({ device, transactions, written }) =>
      [...transactions.values()].flatMap((transaction) => {
        const madeOn = this.#deletes.get(`${device.number}/${transaction.seq}/${id}`)
        const isBook = written.get(transaction.seq)?.entry?.isImported === false
        return madeOn && transaction.userId === userId
          ? [{ device, transactions, written, transaction, madeOn, isBook }]
          : []
      }),
    )
    const [sender, ...others] = senders
    if (!sender?.isBook || others.length > 0 || hasHappened(sender.transaction, 'set-pending')) return []
    if (sender.madeOn.restores !== this.#world.restores.length) return []
    const { device, transactions, written, transaction, madeOn } = sender
    const ofRow = [...transactions.values()].filter(({ changes }) => changes.some((change) => change.id === id))
    if (ofRow.some((each) => decidedColumns(each, table, id).size > 0)) return []
    // A correction under which the store failed may have been made; the book does not have its text, which is also in what
    // the master makes of the column (a full name).
    const corrected = ofRow
      .filter(({ seq }) => written.get(seq)?.entry?.isDoubtful === true)
      .flatMap(({ changes }) => changes.filter((change) => change.id === id).map(valuesOf))
    const inCorrections = new Set(corrected.flatMap((values) => [...tokensOf(values).values()]))
    const isCorrected = (name: string, was: ColumnValue | undefined): boolean =>
      corrected.some((values) => values[name] === was) || inCorrections.has(lastToken(was) ?? -1)
    return Object.entries(madeOn.row).flatMap(([name, value]): readonly Problem[] => {
      const was = row[name] as ColumnValue | undefined
      if (typeof was !== typeof value || was === value || isCorrected(name, was)) return []
      // A text tells who wrote it; a number may be of the device where it has changed the row before.
      const isText = typeof was === 'string' && was.includes('#')
      const isOthers = isText
        ? this.#owners.get(lastToken(was) ?? -1)?.device !== device.number
        : typeof was === 'number' && ofRow.length === 1
      const place = { device: device.number, seq: transaction.seq, id }
      if (!isOthers || this.#isBelow(transactions, place, name, was) || isOfAnAction(transaction, ofRow, place, name))
        return []
      const words = `#${transaction.seq} deleted ${table} ${id} with ${JSON.stringify(was)} in ${name}`
      return [{ check: 'I5', words: `device ${device.number}: ${words}, and no decision says so (made on ${value})` }]
    })
  }

  /** Whether an earlier change of the column that was put away had been made on the value: later ones stand on it then. */
  #isBelow(
    transactions: Look['transactions'],
    { device, seq, id }: Pick<Owner, 'device' | 'seq' | 'id'>,
    name: string,
    was: unknown,
  ): boolean {
    for (let each = 1; each < seq; each += 1) {
      const isPutAway = (transactions.get(each)?.status ?? 'archived') === 'archived'
      if (isPutAway && this.#madeOn.get(`${device}/${each}/${id}/${name}`) === was) return true
    }
    return false
  }

  /**
   * Where the master does not check versions, a row is read before it is written: what comes in between is written over.
   * What was there before that is seen.
   */
  #isUnnoticed(table: string, id: string, name: string, was: string): boolean {
    if (this.#world.emulator.schema.manyToManyByIntersect(table)) return true
    if (this.#hasVersions(table)) return false
    return this.#wasThere.get(rowKey(table, id))?.[name] !== was
  }

  #judgeOne({ device, written }: Look, transaction: OfflineTransaction): readonly Problem[] {
    const { seq, status, outcome, changes } = transaction
    const entry = written.get(seq)?.entry
    if (!written.has(seq) || entry?.isImported || entry?.isDoubtful) return []
    const found: string[] = []
    const own = (token: number): boolean => {
      const owner = this.#owners.get(token)
      return owner?.device === device.number && owner.seq === seq
    }
    const final = new Map<string, readonly number[]>()
    for (const change of changes) {
      const values = change.kind === 'action' ? [JSON.stringify(change.parameters)] : Object.values(valuesOf(change))
      const tokens = values.flatMap((value) => lastToken(value) ?? []).filter(own)
      if (tokens.length > 0) final.set(rowKey(change.table, change.id), tokens)
    }
    const every = [...final.values()].flat()
    for (const token of every) found.push(...this.#twice(transaction, token))
    const live = (tokens: readonly number[]): boolean => tokens.some((token) => this.#live(token).length > 0)
    const isDelivered = hasHappened(transaction, 'delivered')
    const isLookedFor = hasHappened(transaction, 'verified')
    if (isDelivered) {
      for (const [key, tokens] of final)
        if (!tokens.some((token) => this.#effects.has(token)) && !this.#filled.has(key.split('/')[0] ?? ''))
          found.push(`is delivered, and the master never had what it writes to ${key}`)
    } else if (outcome !== 'unknown' && !isLookedFor && live(every))
      found.push(`is ${status} and ${outcome}, and the master has it`)
    const counts = [...final.values()].map(live)
    const isWhole = counts.every((each) => each === counts[0])
    const isChanged = hasHappened(transaction, 'merged') || hasHappened(transaction, 'amended') || isLookedFor
    const isFilled = changes.some(({ table }) => this.#filled.has(table))
    if (!isWhole && !isChanged && !isFilled && this.#world.restores.length === 0) found.push('has arrived in part')
    // Of a write that failed with the store, and was kept, the book has no corrections.
    const amendments = entry ? entry.amendments.length : Number(hasHappened(transaction, 'amended'))
    if (isDelivered) found.push(...this.#dropped(transaction, written.get(seq)?.deeds ?? [], amendments))
    found.push(...this.#superseded(written.get(seq)?.deeds ?? [], amendments))
    return found.map((words) => ({ check: 'I2', words: `device ${device.number}: #${seq} ${words}` }))
  }

  #twice(transaction: OfflineTransaction, token: number): readonly string[] {
    const others = this.#live(token).slice(1 + this.#repeated(token))
    if (others.length === 0) return []
    const isLookedFor = hasHappened(transaction, 'verified')
    const { isSlow } = doubtsOf(this.#world)
    const isUnchecked = !this.#hasVersions(this.#owners.get(token)?.table ?? '')
    return others.some(({ wasThere, isCall }) => !isLookedFor || (wasThere && !((isCall || isUnchecked) && isSlow)))
      ? [`was done ${this.#live(token).length} times: #${token}`]
      : []
  }

  /** How often the text came once more by itself, with nothing that keeps it from being written again. */
  #repeated(token: number): number {
    if (this.#hasVersions(this.#owners.get(token)?.table ?? '')) return 0
    return this.#world.repeated.filter((request) => tokensIn(request).includes(token)).length
  }

  /** Whether the master checks versions of the table, and has done so all along. */
  #hasVersions(table: string): boolean {
    const { emulator, switched } = this.#world
    return emulator.schema.table(table)?.optimisticConcurrency === true && !switched.has(table)
  }

  /** Columns that nobody took out, and that the master never had. */
  #dropped(transaction: OfflineTransaction, deeds: readonly Deed[], amendments: number): readonly string[] {
    if (amendments > 0 || !hasHappened(transaction, 'merged') || hasHappened(transaction, 'migrated')) return []
    const last = new Map<string, { readonly deed: Deed; readonly name: string; readonly token: number }>()
    for (const deed of deeds)
      if (deed.kind === 'create' || deed.kind === 'update')
        for (const [name, token] of tokensOf(deed.values))
          last.set(`${deed.table}/${deed.id}/${name}`, { deed, name, token })
      else for (const key of last.keys()) if (key.startsWith(`${deed.table}/${deed.id}/`)) last.delete(key)
    return [...last.values()].flatMap(({ deed: { table, id }, name, token }) => {
      if (this.#effects.has(token) || this.#filled.has(table) || decidedColumns(transaction, table, id).has(name))
        return []
      return [`is delivered without ${name} of ${table} ${id}, and no decision took #${token} out`]
    })
  }

  /** Values of a folded write that a later one of the same transaction replaced. */
  #superseded(deeds: readonly Deed[], amendments: number): readonly string[] {
    if (amendments > 0) return []
    const last = new Map<string, number>()
    for (const { table, id, kind, values } of deeds)
      if (kind === 'create' || kind === 'update')
        for (const [name, token] of tokensOf(values)) last.set(`${table}/${id}/${name}`, token)
    const standing = new Set(last.values())
    return deeds.flatMap(({ kind, values }) =>
      kind !== 'create' && kind !== 'update'
        ? []
        : [...tokensOf(values).values()].flatMap((token) =>
            !standing.has(token) && this.#effects.has(token)
              ? [`has sent a value that was replaced before: #${token}`]
              : [],
          ),
    )
  }

  #live(token: number): readonly Effect[] {
    return (this.#effects.get(token) ?? []).filter(({ at }) => this.#isLive(at))
  }

  /** Whether no restore has taken the commit back. */
  #isLive(at: number): boolean {
    return !this.#world.restores.some((restore) => at >= restore.kept && at < restore.at)
  }
}

/** Whether its answer was lost, and the row was found as the transaction has it: a note says how that is known. */
function wasFound({ history }: OfflineTransaction): boolean {
  return history.some(({ event, note }) => event === 'delivered' && note !== undefined)
}

function hasSent({ changes }: OfflineTransaction, table: string, id: string, column: string, value: unknown): boolean {
  return changes.some((change) => change.table === table && change.id === id && valuesOf(change)[column] === value)
}

/** Whether the transaction creates the row and says nothing of the column. */
function leftEmpty({ changes }: OfflineTransaction, table: string, id: string, column: string): boolean {
  return changes.some(
    (change) => change.kind === 'create' && change.table === table && change.id === id && !(column in change.values),
  )
}

/** What the transaction writes to the column; undefined where it no longer says. */
function sentBy(
  latest: ReadonlyMap<number, Look>,
  { device, seq }: Owner,
  { table, id }: Committed,
  column: string,
): ColumnValue | undefined {
  const { changes = [] } = latest.get(device)?.transactions.get(seq) ?? {}
  const own = changes.findLast((each) => each.table === table && each.id === id && column in valuesOf(each))
  return own && valuesOf(own)[column]
}

/** Whether another transaction was decided to write the value again: where the whole row wins, it is sent as it was. */
function isTakenUp(
  latest: ReadonlyMap<number, Look>,
  { owner, column }: { readonly owner: Owner; readonly column: string | null },
  { table, id, values }: Committed,
): boolean {
  if (column === null) return false
  const others = [...(latest.get(owner.device)?.transactions.values() ?? [])].filter(({ seq }) => seq > owner.seq)
  const decisions = others.flatMap(({ history }) => history.flatMap(({ conflicts = [] }) => conflicts))
  return decisions.some(
    (each) =>
      each.policy === 'client-row-wins' &&
      each.table === table &&
      each.id === id &&
      each.column === column &&
      each.resolved === 'local' &&
      each.value === values[column],
  )
}

function ownerOf({ device, transactions }: Look, seq: number): Owner {
  return { device: device.number, seq, userId: transactions.get(seq)?.userId ?? '', table: '', id: '', isCalled: false }
}

function defined(values: Readonly<Record<string, ColumnValue | undefined>>): Readonly<Record<string, ColumnValue>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/**
 * Whether the deletion went on the very row that was read behind an action's answer, in a column that the action writes: what
 * somebody else has written there between the two cannot be told from what the action has made of it (decisions/010).
 */
function isOfAnAction(
  { changes }: OfflineTransaction,
  ofRow: readonly OfflineTransaction[],
  { id }: { readonly id: string },
  name: string,
): boolean {
  const gone = changes.find((change) => change.kind === 'delete' && change.id === id)
  return ofRow.some((each) => {
    const isWriting = each.changes.some(
      (change) => change.kind === 'action' && change.id === id && Object.hasOwn(change.effect, name),
    )
    const answer = each.history.findLast(({ event, note }) => event === 'delivered' && note === undefined)
    return isWriting && gone?.kind === 'delete' && answer?.versions?.[rowKey(gone.table, id)] === gone.version
  })
}
