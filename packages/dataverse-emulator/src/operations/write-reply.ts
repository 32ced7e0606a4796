import type { Reply } from '../http/reply.ts'

/** An answer to a write, and the row it made or changed, for `$1` references. */
export interface WriteReply {
  readonly reply: Reply
  readonly row?: { readonly table: string; readonly id: string }
}
