import type { ConfiguredTable } from '../copy/configuration.ts'
import { throwIfAborted } from '../errors.ts'
import type { RowVersion } from '../ports/master-org.ts'
import { heldVersions } from './held-versions.ts'
import { toReadWhole } from './lacking.ts'
import { inSum, leave, NOTHING, readAndApply, whyAbsent } from './membership.ts'
import type { Membership, MembershipContext } from './membership.ts'
import type { QuarantineReason } from './quarantine.ts'

/** Rows whose versions are read in one store transaction. */
const PART = 5000
/** Rows that are removed in one store transaction. */
const CHUNK = 1000
/** Rows that are read and applied in one store transaction. */
const READ = 1000

/**
 * Makes the rows that are held of a table those that the master shows under the table's scope, in the versions that it
 * shows: reads what is missing or of another version, older ones included, and removes what is not shown.
 *
 * Rows with unsent changes get a new base, or stay and are quarantined. A row whose version here has moved since the list
 * was begun (it was pushed or pulled meanwhile) is left as it is. Nothing is removed unless the list was read to its end.
 * It may end anywhere and be begun again: what was read by then is not read twice.
 *
 * Ids and versions of the held rows are in memory while it runs, of the master's list one page and the next, which is on its
 * way while that one is compared. Of the store only rows are asked for again that the list shows in another version, or that
 * were written meanwhile.
 */
export async function reconcile(
  context: MembershipContext,
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<Membership> {
  const { name } = table.metadata
  const written = new Set<string>()
  const unsubscribe = context.store.subscribe(({ rows }) => {
    for (const id of rows.get(name) ?? []) written.add(id)
  })
  try {
    return await compare(context, table, written, signal)
  } finally {
    unsubscribe()
  }
}

async function compare(
  context: MembershipContext,
  table: ConfiguredTable,
  written: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Membership> {
  const held = await allHeld(context, table, signal)
  let sum = NOTHING
  let wanting: string[] = []
  const read = async (least: number): Promise<void> => {
    while (wanting.length >= least && wanting.length > 0) {
      const chunk = wanting.slice(0, READ)
      wanting = wanting.slice(READ)
      sum = inSum(sum, await readAndApply(context, table, chunk, { signal, leave: false }))
    }
  }
  const request = { table: table.metadata, scope: table.scope }
  for await (const page of inAdvance((asked) => context.master.versions(request, asked), signal)) {
    throwIfAborted(signal)
    const doubtful: RowVersion[] = []
    for (const row of page) {
      const known = held.get(row.id)
      if (known) known.isListed = true
      if (!isInVersion(known?.version, row) || written.has(row.id)) doubtful.push(row)
    }
    wanting.push(...(await differing(context, table, page, doubtful)))
    await read(READ)
  }
  await read(1)
  const gone = [...held].filter(([, { isListed }]) => !isListed)
  return inSum(sum, await removeGone(context, table, gone, signal))
}

/** The pages, the next of which is asked for whenever one is given out. Takes back what is on its way when it is left. */
async function* inAdvance<Page>(
  ask: (signal: AbortSignal) => AsyncIterable<Page>,
  signal: AbortSignal,
): AsyncGenerator<Page, void> {
  const left = new AbortController()
  const pages = ask(AbortSignal.any([signal, left.signal]))[Symbol.asyncIterator]()
  let next = pages.next()
  try {
    for (;;) {
      const page = await next
      if (page.done === true) return
      next = pages.next()
      // Its failure is met where the page is wanted.
      next.catch(() => {})
      yield page.value
    }
  } finally {
    left.abort()
    await Promise.allSettled([next])
  }
}

/**
 * Removes every row of a table of which the master shows none, or of these alone; those with unsent changes are
 * quarantined.
 */
export async function removeAll(
  context: MembershipContext,
  table: ConfiguredTable,
  signal: AbortSignal,
  of?: ReadonlySet<string>,
): Promise<Membership> {
  const held = await allHeld(context, table, signal)
  let sum = NOTHING
  const gone = [...held].filter(([id]) => of?.has(id) !== false)
  for (let from = 0; from < gone.length; from += CHUNK) {
    sum = inSum(sum, await remove(context, table, versionsOf(gone.slice(from, from + CHUNK)), new Map()))
  }
  return sum
}

async function removeGone(
  context: MembershipContext,
  table: ConfiguredTable,
  gone: readonly (readonly [id: string, held: Held])[],
  signal: AbortSignal,
): Promise<Membership> {
  let sum = NOTHING
  for (let from = 0; from < gone.length; from += CHUNK) {
    throwIfAborted(signal)
    const chunk = versionsOf(gone.slice(from, from + CHUNK))
    const reasons = await whyAbsent(context, table, [...chunk.keys()], { signal })
    sum = inSum(sum, await remove(context, table, chunk, reasons))
  }
  return sum
}

/** What is held of a row, and whether the list has shown it. Noted beside it: to take it from the list costs more. */
interface Held {
  version: string | null
  isListed: boolean
}

function versionsOf(rows: readonly (readonly [id: string, held: Held])[]): ReadonlyMap<string, string | null> {
  return new Map(rows.map(([id, { version }]) => [id, version]))
}

/** Every row that the master is known to have had, with its version before the list is begun. */
async function allHeld(
  context: MembershipContext,
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Held>> {
  const { name } = table.metadata
  const held = new Map<string, Held>()
  for (let next: string | undefined; ;) {
    throwIfAborted(signal)
    const request = { limit: PART, ...(next === undefined ? {} : { after: next }) }
    const part = await context.store.read(`versions of ${name}`, (tx) => tx.allVersions(name, request))
    for (const [at, id] of part.ids.entries()) held.set(id, { version: part.versions[at] ?? null, isListed: false })
    next = part.next
    if (next === undefined) break
  }
  for (const { id, version } of await context.store.read(`bases of ${name}`, (tx) => tx.bases(name))) {
    const known = held.get(id)
    if (known) known.version = version
  }
  return held
}

/** Those of the doubtful rows that are not held in this version, and those of the page that are to be read whole now that they are shown. */
async function differing(
  context: MembershipContext,
  table: ConfiguredTable,
  page: readonly RowVersion[],
  doubtful: readonly RowVersion[],
): Promise<readonly string[]> {
  const { name } = table.metadata
  const ids = page.map(({ id }) => id)
  const { held, whole } = await context.store.read(`versions of ${name}`, async (tx) => ({
    held: await heldVersions(
      tx,
      name,
      doubtful.map(({ id }) => id),
    ),
    whole: await toReadWhole(tx, name, ids),
  }))
  const others = doubtful.filter((row) => !isInVersion(held.get(row.id), row)).map(({ id }) => id)
  return [...new Set([...others, ...whole])]
}

/** Whether a row is held, undefined where it is not, in the version that the master shows, where it tells that. */
function isInVersion(held: string | null | undefined, { version }: RowVersion): boolean {
  return held !== undefined && (version === null || version === held)
}

async function remove(
  context: MembershipContext,
  table: ConfiguredTable,
  gone: ReadonlyMap<string, string | null>,
  reasons: ReadonlyMap<string, QuarantineReason>,
): Promise<Membership> {
  const name = table.metadata.name
  const ids = [...gone.keys()]
  const { marked, ...left } = await context.store.write(
    `prune ${name}`,
    async (tx) => {
      const now = await heldVersions(tx, name, ids)
      const still = ids.filter((id) => now.has(id) && now.get(id) === gone.get(id))
      return leave(tx, name, new Map(still.map((id) => [id, reasons.get(id) ?? 'unreadable'])), now, context)
    },
    { durability: 'relaxed' },
  )
  for (const row of marked) context.emit({ type: 'row.quarantined', ...row })
  return { ...NOTHING, ...left }
}
