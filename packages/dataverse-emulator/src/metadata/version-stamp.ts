import { invalidArgument, WebApiError } from '../errors.ts'
import type { Schema } from '../schema.ts'

const DAY_MS = 86_400_000

/** A stamp as clients see it: `1003!06/02/2025 06:00:00`. Opaque to them. */
export function writeStamp(stamp: number, nowMs: number): string {
  const iso = new Date(nowMs).toISOString()
  const [year, month, day] = [iso.slice(0, 4), iso.slice(5, 7), iso.slice(8, 10)]
  return `${stamp}!${month}/${day}/${year} ${iso.slice(11, 19)}`
}

/**
 * The number in a client's stamp. One that is too old by its date, that the schema has declared expired, or that the
 * schema never gave (an organisation restored from a backup) is refused with 0x80044352.
 */
export function readStamp(text: string, schema: Schema, nowMs: number, lifetimeDays: number): number {
  const parts = /^(\d{1,15})!(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text)
  if (parts === null) throw invalidArgument(`The version stamp '${text}' is not valid.`)
  const [, number, month, day, year, time] = parts
  const issuedMs = Date.parse(`${year}-${month}-${day}T${time}Z`)
  const stamp = Number(number)
  const known = stamp >= schema.horizon && stamp <= schema.stamp
  if (!known || Number.isNaN(issuedMs) || nowMs - issuedMs > lifetimeDays * DAY_MS) {
    throw new WebApiError(
      400,
      '0x80044352',
      'Version stamp associated with the client has expired. Please perform a full sync.',
    )
  }
  return stamp
}
