import type { Row } from '@outpost/core'

/** Operations in one line of the stream. */
const LINE = 1000

/**
 * All rows as the service of PowerSync sends them: what there will be, the operations in lines of a thousand, and that
 * this was all. Any number will do for a checksum, as long as the sums are right.
 */
export function syncStreamOf(rows: Iterable<Row>): Buffer {
  const bucket = 'accounts[]'
  const lines: Buffer[] = []
  let operations: object[] = []
  let count = 0
  let sum = 0
  const flush = (hasMore: boolean): void => {
    const place = { after: String(count - operations.length), next_after: String(count), has_more: hasMore }
    lines.push(lineOf({ data: { bucket, ...place, data: operations } }))
    operations = []
  }
  for (const row of rows) {
    if (operations.length === LINE) flush(true)
    const { accountid, ...values } = row
    const data = JSON.stringify(values, (_, value: unknown) => (typeof value === 'boolean' ? Number(value) : value))
    sum = (sum + count) >>> 0
    operations.push({
      op_id: String(count + 1),
      op: 'PUT',
      object_type: 'account',
      object_id: accountid,
      checksum: count >>> 0,
      subkey: null,
      data,
    })
    count += 1
  }
  flush(false)
  const buckets = [{ bucket, checksum: sum, priority: 3, count, subscriptions: [] }]
  const checkpoint = { last_op_id: String(count), write_checkpoint: null, buckets, streams: [] }
  const end = { checkpoint_complete: { last_op_id: String(count) } }
  return Buffer.concat([lineOf({ checkpoint }), ...lines, lineOf(end)])
}

function lineOf(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}
