import { OutpostError } from '@outpost/core/store'
import type { OfflineTransaction, TransactionQuery, TransactionStatus, UnsequencedTransaction } from '@outpost/core'
import type { Connection, SqlValue } from './connection.ts'

/** The transactions with these seqs. */
export function readTransactions(connection: Connection, seqs: readonly number[]): Map<number, OfflineTransaction> {
  const sql = 'SELECT o.seq, o.body FROM json_each(?) AS wanted CROSS JOIN outbox AS o ON o.seq = wanted.value'
  const rows = connection.rows(sql, JSON.stringify(seqs))
  return new Map(rows.map((row) => [Number(row[0]), transactionOf(row)]))
}

export function findTransactions(connection: Connection, query: TransactionQuery): OfflineTransaction[] {
  const descending = query.direction === 'descending'
  const { statuses, touching } = query
  const range = {
    behind: (seq: string) => `${seq} ${descending ? '<' : '>'} ?`,
    order: (seq: string) => `ORDER BY ${seq} ${descending ? 'DESC' : 'ASC'} LIMIT ?`,
    bounds: [query.after ?? (descending ? Number.MAX_SAFE_INTEGER : 0), query.limit ?? -1] as const,
  }
  if (query.limit !== undefined && query.limit <= 0) return []
  if (!statuses && !touching) {
    const sql = `SELECT o.seq, o.body FROM outbox AS o WHERE ${range.behind('o.seq')} ${range.order('o.seq')}`
    return connection.rows(sql, ...range.bounds).map(transactionOf)
  }
  const seqs = touching
    ? seqsTouching(connection, touching, statuses, range)
    : (statuses ?? []).flatMap((status) => seqsInStatus(connection, status, range))
  const first = [...new Set(seqs)].sort((a, b) => (descending ? b - a : a - b)).slice(0, query.limit)
  const found = readTransactions(connection, first)
  return first.map((seq) => found.get(seq)).filter((transaction) => transaction !== undefined)
}

interface SeqRange {
  readonly behind: (seq: string) => string
  readonly order: (seq: string) => string
  readonly bounds: readonly [after: number, limit: number]
}

function seqsTouching(
  connection: Connection,
  keys: readonly string[],
  statuses: readonly TransactionStatus[] | undefined,
  range: SeqRange,
): number[] {
  const inStatus = statuses ? 'AND o.status IN (SELECT value FROM json_each(?)) ' : ''
  const asked = statuses ? [JSON.stringify(statuses)] : []
  const [key, ...others] = keys
  // The seqs of one key are one piece of the index, in order: a part of them is read without the rest.
  const from =
    others.length === 0
      ? 'outbox_touches AS t CROSS JOIN outbox AS o ON o.seq = t.seq WHERE t.key = ?'
      : 'outbox AS o WHERE o.seq IN (SELECT seq FROM outbox_touches WHERE key IN (SELECT value FROM json_each(?)))'
  const name = others.length === 0 ? 't.seq' : 'o.seq'
  const sql = `SELECT ${name} FROM ${from} ${inStatus}AND ${range.behind(name)} ${range.order(name)}`
  const wanted = others.length === 0 ? (key ?? null) : JSON.stringify(keys)
  return connection.rows(sql, wanted, ...asked, ...range.bounds).map(([seq]) => Number(seq))
}

function seqsInStatus(connection: Connection, status: TransactionStatus, range: SeqRange): number[] {
  // One status at a time: its seqs are one piece of the index, in order.
  const sql = `SELECT o.seq FROM outbox AS o INDEXED BY outbox_by_status WHERE o.status = ? AND ${range.behind('o.seq')} ${range.order('o.seq')}`
  return connection.rows(sql, status, ...range.bounds).map(([seq]) => Number(seq))
}

export function countByStatus(connection: Connection): Record<TransactionStatus, number> {
  const counts = { pending: 0, processed: 0, error: 0, archived: 0 }
  for (const [status, count] of connection.rows('SELECT status, count(*) FROM outbox GROUP BY status')) {
    counts[status as TransactionStatus] = Number(count)
  }
  return counts
}

/** The last seq that was ever committed. */
export function lastSeq(connection: Connection): number {
  const [row] = connection.rows(`SELECT seq FROM sqlite_sequence WHERE name = 'outbox'`)
  return Number(row?.[0] ?? 0)
}

export function insertTransaction(connection: Connection, seq: number, transaction: UnsequencedTransaction): void {
  const { status, touches } = transaction
  connection.run('INSERT INTO outbox (seq, status, body) VALUES (?, ?, ?)', seq, status, JSON.stringify(transaction))
  insertTouches(connection, seq, touches)
}

export function replaceTransactions(connection: Connection, transactions: readonly OfflineTransaction[]): void {
  const kept = readTouches(
    connection,
    transactions.map(({ seq }) => seq),
  )
  for (const { seq, ...body } of transactions) {
    const old = kept.get(seq)
    if (old === undefined) {
      throw new OutpostError('invalid', `there is no transaction #${seq} to replace`, {
        place: { rule: 'unknown-transaction' },
      })
    }
    connection.run('UPDATE outbox SET status = ?, body = ? WHERE seq = ?', body.status, JSON.stringify(body), seq)
    const touches = JSON.stringify(body.touches)
    if (touches === old) continue
    deleteTouches(connection, { seq, touches: JSON.parse(old) as readonly string[] })
    insertTouches(connection, seq, body.touches)
    kept.set(seq, touches)
  }
}

/** What the transactions with these seqs touch, as JSON: SQLite finds it in a body in less time than all of that is parsed in. */
function readTouches(connection: Connection, seqs: readonly number[]): Map<number, string> {
  const sql = `SELECT o.seq, json_extract(o.body, '$.touches') FROM json_each(?) AS wanted CROSS JOIN outbox AS o ON o.seq = wanted.value`
  return new Map(connection.rows(sql, JSON.stringify(seqs)).map(([seq, touches]) => [Number(seq), touches as string]))
}

/** Seqs that are not there are ignored. */
export function deleteTransactions(connection: Connection, seqs: readonly number[]): void {
  for (const transaction of readTransactions(connection, seqs).values()) {
    connection.run('DELETE FROM outbox WHERE seq = ?', transaction.seq)
    deleteTouches(connection, transaction)
  }
}

function deleteTouches(connection: Connection, { seq, touches }: Pick<OfflineTransaction, 'seq' | 'touches'>): void {
  for (const key of touches) connection.run('DELETE FROM outbox_touches WHERE key = ? AND seq = ?', key, seq)
}

function insertTouches(connection: Connection, seq: number, keys: readonly string[]): void {
  const touches = keys.map((key): SqlValue[] => [key, seq])
  connection.runMany('INSERT OR IGNORE INTO outbox_touches (key, seq) VALUES (?, ?)', touches)
}

function transactionOf([seq, body]: readonly SqlValue[]): OfflineTransaction {
  return { ...(JSON.parse(body as string) as UnsequencedTransaction), seq: Number(seq) }
}
