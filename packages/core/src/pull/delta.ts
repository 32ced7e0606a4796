import type { ConfiguredTable } from '../copy/configuration.ts'
import { MasterError, throwIfAborted } from '../errors.ts'
import type { Json } from '../metadata.ts'
import { writtenRows } from '../outbox/echoes.ts'
import type { ChangesPage } from '../ports/master-org.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { makeDue } from './checkpoint.ts'
import { heldVersions } from './held-versions.ts'
import type { PullContext } from './pull-context.ts'
import { doubt } from './recheck-list.ts'

/*
 * The master's change tracking tells of a whole table which rows were created, changed and deleted, whatever filter is in
 * force and whoever may see what. It cannot tell whether a changed row is still wanted, so what it names is looked at again.
 */

/** Where the change tracking of a table stands. */
export type ChangeTracking =
  /**
   * `begun` while the list of the whole table is read that comes before the first token. `isAgain` where it broke off at a
   * token that was given just before.
   */
  | { readonly state: 'begun'; readonly token: Json; readonly isAgain?: boolean }
  | { readonly state: 'followed'; readonly token: Json }
  | Refused

type Refused = { readonly state: 'refused'; readonly code: string; readonly message: string }

const key = (table: string): string => `delta/${table}`

export async function changeTrackingOf(tx: StoreReader, table: string): Promise<ChangeTracking | undefined> {
  return (await tx.value(key(table))) as ChangeTracking | undefined
}

/** Asks the master again about tables whose change tracking it refused. */
export async function askAgain(tx: StoreWriter): Promise<void> {
  for (const { key: name, value } of await tx.values('delta/')) {
    if ((value as ChangeTracking).state === 'refused') await tx.setValue(name, undefined)
  }
}

/** Begins anew: tokens of a master that went back in time tell nothing. */
export async function forgetChanges(tx: StoreWriter, table: string): Promise<void> {
  await tx.setValue(key(table), undefined)
}

/** Whether `beginChanges` has anything to do where this is known of the table's change tracking. */
export function areChangesToBegin(
  context: Pick<PullContext, 'master'>,
  table: ConfiguredTable,
  known: ChangeTracking | undefined,
): boolean {
  return isAsked(context, table) ? known === undefined || known.state === 'begun' : known !== undefined
}

/**
 * Takes a token where the table has none. Belongs before the pass over new and changed rows, so that everything that
 * happens from the first pass on is told of. For a table whose rows are held already a comparison becomes due.
 */
export async function beginChanges(context: PullContext, table: ConfiguredTable, signal: AbortSignal): Promise<void> {
  const name = table.metadata.name
  const known = await context.store.read(`change tracking of ${name}`, (tx) => changeTrackingOf(tx, name))
  if (!isAsked(context, table)) {
    if (known) await write(context, name, (tx) => forgetChanges(tx, name))
    return
  }
  if (known && known.state !== 'begun') return
  let token: Json = known?.token ?? null
  const again = known?.isAgain ? { isAgain: true } : {}
  for (let more = true; more;) {
    throwIfAborted(signal)
    const page = await changes(context, table, token, signal)
    if ('expired' in page) {
      // One that was given just now: it can have been a slip, or a device that slept. The next pull begins once more.
      if (token === null || token !== (known?.token ?? null)) {
        const next: ChangeTracking = known?.isAgain ? page.expired : { state: 'begun', token: null, isAgain: true }
        await write(context, name, (tx) => tx.setValue(key(name), next))
        return
      }
      token = null
      continue
    }
    const next: ChangeTracking =
      'refused' in page
        ? page.refused
        : page.more
          ? { state: 'begun', token: page.token, ...again }
          : { state: 'followed', token: page.token }
    await write(context, name, async (tx) => {
      await tx.setValue(key(name), next)
      if (next.state === 'followed') await makeDue(tx, [name], 'tracking-enabled')
    })
    more = !('refused' in page) && page.more
    token = 'refused' in page ? null : page.token
  }
}

/** A page of changes that was read together with other things, or why there is none, and the token it was asked for with. */
export interface FirstChanges {
  readonly token: Json
  readonly page: ChangesPage | MasterError
}

/** What the next page of changes is asked for with; undefined where change tracking of the table is not followed. */
export async function followedToken(
  tx: StoreReader,
  context: Pick<PullContext, 'master'>,
  table: ConfiguredTable,
): Promise<Json | undefined> {
  const known = isAsked(context, table) ? await changeTrackingOf(tx, table.metadata.name) : undefined
  return known?.state === 'followed' ? known.token : undefined
}

/**
 * Takes what change tracking tells since the token: rows of other versions than are held, and held rows that were deleted,
 * are put on the list of rows to look at again, in the store transaction that keeps the new token. Belongs behind the pass
 * over new and changed rows, which brings most of them. A row that is deleted and was never held is nothing.
 *
 * When the token is too old a new one is taken and a comparison of all rows becomes due.
 */
export async function followChanges(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
  first?: FirstChanges,
): Promise<void> {
  if (!isAsked(context, table)) return
  const name = table.metadata.name
  const kept = await context.store.read(`change tracking of ${name}`, (tx) => followedToken(tx, context, table))
  if (kept === undefined) return
  let token = kept
  for (let more = true; more;) {
    throwIfAborted(signal)
    const page = await changes(context, table, token, signal, first)
    if ('expired' in page) {
      await write(context, name, async (tx) => {
        await forgetChanges(tx, name)
        await makeDue(tx, [name], 'token-expired')
      })
      return beginChanges(context, table, signal)
    }
    if ('refused' in page) {
      await write(context, name, async (tx) => {
        await tx.setValue(key(name), page.refused)
        // What happened since the last token nobody tells any more.
        await makeDue(tx, [name], 'token-expired')
      })
      return
    }
    await write(context, name, (tx) => learn(tx, name, page))
    token = page.token
    more = page.more
  }
}

async function learn(tx: StoreWriter, table: string, page: ChangesPage): Promise<void> {
  const held = await heldVersions(tx, table, [...page.changed.map(({ id }) => id), ...page.deleted])
  // What was written from here and has not come back with the pass before this is not among the wanted rows.
  const written = await writtenRows(tx, table)
  const changed = page.changed.filter(
    ({ id, version }) => version === null || held.get(id) !== version || written.has(id),
  )
  await doubt(
    tx,
    table,
    changed.map(({ id }) => id),
    'changed',
  )
  await doubt(
    tx,
    table,
    page.deleted.filter((id) => held.has(id)),
    'deleted',
  )
  const next: ChangeTracking = { state: 'followed', token: page.token }
  await tx.setValue(key(table), next)
}

/** Why change tracking of the table is not asked for; null where it is. */
export function whyNotAsked(context: Pick<PullContext, 'master'>, table: ConfiguredTable): string | null {
  if (!table.changeTracking) return 'it is not switched on in the configuration (changeTracking)'
  if (!context.master.changes) return 'this kind of master has no change tracking'
  if (!table.metadata.changeTracking) return 'change tracking is not enabled for the table on the master'
  return null
}

function isAsked(context: Pick<PullContext, 'master'>, table: ConfiguredTable): boolean {
  return whyNotAsked(context, table) === null
}

async function changes(
  context: PullContext,
  table: ConfiguredTable,
  token: Json,
  signal: AbortSignal,
  first?: FirstChanges,
): Promise<ChangesPage | { readonly expired: Refused } | { readonly refused: Refused }> {
  try {
    const request = { table: table.metadata, token, pageSize: context.pageSize }
    const page = isFor(first, token) ? first.page : await context.master.changes?.(request, signal)
    if (page instanceof MasterError) throw page
    return page ?? { changed: [], deleted: [], token, more: false }
  } catch (error) {
    if (!(error instanceof MasterError)) throw error
    if (error.code !== 'expired' && error.code !== 'forbidden' && error.code !== 'rejected') throw error
    const refused: Refused = { state: 'refused', code: error.code, message: error.message }
    // A token that is refused for whatever reason is given up, too: not every refusal of an old one has a code. Who may not
    // follow the changes is refused without one as well.
    return error.code === 'expired' || token !== null ? { expired: refused } : { refused }
  }
}

function isFor(first: FirstChanges | undefined, token: Json): first is FirstChanges {
  return first !== undefined && JSON.stringify(first.token) === JSON.stringify(token)
}

function write(context: PullContext, table: string, body: (tx: StoreWriter) => Promise<void>): Promise<void> {
  return context.store.write(`change tracking of ${table}`, body, { durability: 'relaxed' })
}
