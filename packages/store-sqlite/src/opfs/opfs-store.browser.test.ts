import type { Store, StoredRow, StoreTable } from '@outpost/core'
import { expect, onTestFinished, test } from 'vitest'
import { cdp } from 'vitest/browser'
import { deleteOpfsDatabase, openOpfsStore } from '../open-opfs-store.ts'
import type { OpfsStoreOptions } from '../open-opfs-store.ts'
import { databaseKey, workerLock } from './messages.ts'
import { DATABASE_FILE, folderName } from './origin-files.ts'

const NOTE: StoreTable = {
  name: 'note',
  columns: [{ name: 'subject', type: 'text' }],
  indexes: [{ name: 'by subject', columns: ['subject'] }],
}

function note(n: number): StoredRow {
  return {
    id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    version: null,
    values: { subject: `note ${n}` },
  }
}

/** The name of a database that the end of the test deletes. */
function newName(): string {
  const name = `test ${crypto.randomUUID()}`
  onTestFinished(() => deleteOpfsDatabase(name))
  return name
}

interface Tab {
  readonly store: Store
  /** Ends the worker that the tab has now, as a browser does that runs out of memory. */
  readonly killWorker: () => void
}

async function openTab(name: string, options: Partial<OpfsStoreOptions> = {}): Promise<Tab> {
  let worker: Worker | undefined
  const store = await openOpfsStore({
    name,
    worker: () => {
      worker = new Worker(new URL('../opfs-worker.ts', import.meta.url), { type: 'module' })
      return worker
    },
    ...options,
  })
  onTestFinished(() => store.close())
  return { store, killWorker: () => worker?.terminate() }
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no rejection',
    (error: unknown) => (error as { code?: unknown }).code,
  )
}

/** A promise, and the means to settle it: what a body of a test waits for, although it should not. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

function idsOf(store: Store): Promise<readonly string[]> {
  return store.read('ids', (tx) => tx.ids('note', { limit: 1000 }))
}

test('when the tab that owns the database closes, another goes on, and what waited is done there', async () => {
  const name = newName()
  const first = await openTab(name)
  const second = await openTab(name)
  await first.store.write('tables', (tx) => tx.defineTables([NOTE]))
  const { opened, open } = gate()
  const running = first.store.write('running', async (tx) => {
    await tx.putRows('note', [note(1)])
    await opened
    await tx.putRows('note', [note(2)])
  })
  const waiting = second.store.write('waiting', (tx) => tx.putRows('note', [note(3)]))
  const closing = first.store.close()
  open()
  await Promise.all([running, waiting, closing])
  expect(await idsOf(second.store)).toEqual([1, 2, 3].map((n) => note(n).id))
  const third = await openTab(name)
  expect(await idsOf(third.store)).toEqual([1, 2, 3].map((n) => note(n).id))
})

test('a tab that goes on writing while owners close notices nothing', async () => {
  const name = newName()
  const others = [await openTab(name), await openTab(name), await openTab(name)]
  const { store } = await openTab(name)
  let written = 0
  let isOver = false
  const writing = (async () => {
    while (!isOver) {
      await store.write('count', async (tx) => tx.setValue('count', (((await tx.value('count')) as number) ?? 0) + 1))
      written++
    }
  })()
  for (const other of others) {
    const before = written
    while (written < before + 5) await new Promise((resolve) => setTimeout(resolve, 1))
    await other.store.close()
  }
  isOver = true
  await writing
  expect(await store.read('count', (tx) => tx.value('count'))).toBe(written)
})

test('when the owner dies in the middle of writes, what was not committed is gone, rejects with a code, and can be done again', async () => {
  const name = newName()
  const owner = await openTab(name)
  const other = await openTab(name)
  await owner.store.write('tables', (tx) => tx.defineTables([NOTE]))
  const { opened, open } = gate()
  const begun = gate()
  const running = other.store.write('running', async (tx) => {
    await tx.putRows('note', [note(1)])
    begun.open()
    await opened
    await tx.putRows('note', [note(2)])
  })
  await begun.opened
  const waiting = owner.store.write('waiting', (tx) => tx.putRows('note', [note(3)]))
  owner.killWorker()
  await waiting
  open()
  expect(await codeOf(running)).toBe('store')
  expect(await idsOf(other.store)).toEqual([note(3).id])
  await other.store.write('again', (tx) => tx.putRows('note', [note(1), note(2)]))
  expect(await idsOf(owner.store)).toEqual([1, 2, 3].map((n) => note(n).id))
})

test('of a commit that was not answered the next owner knows whether it happened, and listeners hear of it first', async () => {
  const name = newName()
  for (const [lost, outcome] of [
    ['ended', 'no rejection'],
    ['end', 'store'],
  ] as const) {
    const losing = gate()
    const line = lossyWorker((kind) => {
      if (kind === lost) losing.open()
      return kind === lost
    })
    const owner = await openTab(name)
    await owner.store.write('tables', (tx) => tx.defineTables([NOTE]))
    await owner.store.close()
    const first = await openTab(name, { worker: line.start })
    const other = await openTab(name)
    const timeline: string[] = []
    first.store.subscribe(({ name: told }) => timeline.push(`told ${told}`))
    const writing = first.store.write(lost, (tx) => tx.setValue(lost, true))
    await losing.opened
    // What was handed over before it was lost must have been worked through.
    if (lost === 'ended') expect(await other.store.read('look', (tx) => tx.value(lost))).toBe(true)
    line.kill()
    expect(await codeOf(writing.then(() => timeline.push('resolved')))).toBe(outcome)
    expect(await other.store.read('look', (tx) => tx.value(lost))).toBe(outcome === 'store' ? undefined : true)
    if (lost === 'ended') expect(timeline).toEqual(['told elsewhere', 'resolved'])
    await first.store.close()
    await other.store.close()
  }
})

/** A worker on whose line messages get lost, in both directions. Those that replace it when it has died lose nothing. */
function lossyWorker(isLost: (kind: string) => boolean): { readonly start: () => Worker; readonly kill: () => void } {
  let first: Worker | undefined
  function start(): Worker {
    const worker = new Worker(new URL('../opfs-worker.ts', import.meta.url), { type: 'module' })
    if (first) return worker
    first = worker
    const send = worker.postMessage.bind(worker)
    worker.postMessage = (message: unknown, transferred: unknown) => {
      const [port] = transferred as [MessagePort]
      const { port1, port2 } = new MessageChannel()
      const relay = (from: MessagePort, to: MessagePort): void => {
        from.onmessage = ({ data }: MessageEvent<{ kind: string }>) => {
          if (!isLost(data.kind)) to.postMessage(data)
        }
      }
      relay(port, port1)
      relay(port1, port)
      send(message, [port2])
    }
    return worker
  }
  return { start, kill: () => first?.terminate() }
}

test('wherever owners die among writes of two tabs, a write that resolved is there, and one that rejected is not', async () => {
  const name = newName()
  const tabs = [await openTab(name), await openTab(name)]
  const resolved: number[] = []
  const rejected: number[] = []
  let last = 0
  const writing = tabs.map(async ({ store }) => {
    while (last < 120) {
      const n = ++last
      await store
        .write('count', async (tx) => {
          await tx.setValue(`done/${String(n).padStart(3, '0')}`, n)
          await tx.setValue('sum', (((await tx.value('sum')) as number | undefined) ?? 0) + 1)
        })
        .then(
          () => resolved.push(n),
          () => rejected.push(n),
        )
    }
  })
  for (let kill = 1; kill <= 8; kill++) {
    while (last < kill * 13) await new Promise((resolve) => setTimeout(resolve, 1))
    await untilWorkersRun(name, tabs.length)
    for (const [at, { killWorker }] of tabs.entries()) if (kill % 3 !== at) killWorker()
  }
  await Promise.all(writing)
  const kept = await tabs[0]?.store.read('check', async (tx) => ({
    done: (await tx.values('done/')).map(({ value }) => value),
    sum: await tx.value('sum'),
  }))
  expect(kept?.done).toEqual(resolved.toSorted((a, b) => a - b))
  expect(kept?.sum).toBe(resolved.length)
  expect(resolved.length + rejected.length).toBe(last)
})

/**
 * A worker that has not begun is not one that dies in the middle of something. Its tab waits for the lock that it holds from
 * the moment on at which it has said that it runs.
 */
async function untilWorkersRun(name: string, count: number): Promise<void> {
  for (;;) {
    const { pending = [] } = await navigator.locks.query()
    if (pending.filter((lock) => lock.name?.startsWith(workerLock(name, ''))).length >= count) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('after another tab took over, listeners are told that anything may have changed', async () => {
  const name = newName()
  const owner = await openTab(name)
  const other = await openTab(name)
  await owner.store.write('fill', async (tx) => {
    await tx.defineTables([NOTE])
    await tx.putRows('note', [note(1)])
  })
  const told = new Promise<readonly [string, readonly string[]][]>((resolve) => {
    other.store.subscribe(({ rows }) => resolve([...rows]))
  })
  await owner.store.close()
  expect(await told).toEqual([['note', []]])
})

test('a tab that dies with a transaction open takes nothing with it, and the others go on', async () => {
  const name = newName()
  const { store } = await openTab(name)
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  const frame = await frameThatWrites(name)
  const waiting = store.write('waiting', (tx) => tx.putRows('note', [note(1)]))
  frame.remove()
  await waiting
  expect(await idsOf(store)).toEqual([note(1).id])
})

test('when the whole tab of the owner dies with a write open, another tab goes on without that write', async () => {
  const name = newName()
  const frame = await frameThatWrites(name)
  const { store } = await openTab(name)
  const waiting = store.write('waiting', async (tx) => {
    expect(await tx.value('from the frame')).toBe('committed')
    await tx.defineTables([NOTE])
  })
  frame.remove()
  await waiting
  expect(await idsOf(store)).toEqual([])
})

/** A page within the page that has committed a value, and has a write open which will never end. */
async function frameThatWrites(name: string): Promise<HTMLIFrameElement> {
  const program = new URL('../open-opfs-store.ts', import.meta.url).href
  const worker = new URL('../opfs-worker.ts', import.meta.url).href
  const frame = document.createElement('iframe')
  const begun = new Promise((resolve) => window.addEventListener('message', resolve, { once: true }))
  frame.srcdoc = `<script type="module">
    import { openOpfsStore } from ${JSON.stringify(program)}
    const worker = () => new Worker(${JSON.stringify(worker)}, { type: 'module' })
    const store = await openOpfsStore({ name: ${JSON.stringify(name)}, worker })
    await store.write('commits', (tx) => tx.setValue('from the frame', 'committed'))
    await store.write('never ends', async (tx) => {
      await tx.setValue('from the frame', 'not committed')
      await tx.defineTables([])
      parent.postMessage('begun', '*')
      await new Promise(() => {})
    })
  </script>`
  document.body.append(frame)
  await begun
  return frame
}

test('a body that asks for nothing for too long is rolled back, so that others can go on', async () => {
  const name = newName()
  const { store } = await openTab(name, { idleMs: 200 })
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  const { opened, open } = gate()
  const stuck = store.write('stuck', async (tx) => {
    await tx.putRows('note', [note(1)])
    await opened
    await tx.putRows('note', [note(2)])
  })
  await store.write('next', (tx) => tx.putRows('note', [note(3)]))
  open()
  expect(await codeOf(stuck)).toBe('store')
  expect(await idsOf(store)).toEqual([note(3).id])
})

test('a database that would grow beyond its size refuses the write whole, and goes on', async () => {
  const { store } = await openTab(newName(), { maxBytes: 40 * 16_384 })
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  const long = Array.from({ length: 500 }, (_, n) => ({ ...note(n), values: { subject: 'x'.repeat(2000) } }))
  expect(await codeOf(store.write('too much', (tx) => tx.putRows('note', long)))).toBe('store-full')
  await store.write('enough', (tx) => tx.putRows('note', long.slice(0, 10)))
  expect(await idsOf(store)).toHaveLength(10)
})

test('when the browser has no more space for the site, the write is refused whole as store-full', async () => {
  const { store } = await openTab(newName())
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  const { usage = 0 } = await navigator.storage.estimate()
  const browser = cdp() as { send(method: string, parameters: unknown): Promise<unknown> }
  const { origin } = location
  await browser.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 1_000_000 })
  onTestFinished(() => browser.send('Storage.overrideQuotaForOrigin', { origin }).then(() => undefined))
  const long = Array.from({ length: 1000 }, (_, n) => ({ ...note(n), values: { subject: 'x'.repeat(2000) } }))
  expect(await codeOf(store.write('too much', (tx) => tx.putRows('note', long)))).toBe('store-full')
  await browser.send('Storage.overrideQuotaForOrigin', { origin })
  await store.write('again', (tx) => tx.putRows('note', long))
  expect(await store.read('count', (tx) => tx.count('note'))).toBe(1000)
})

async function fileOf(name: string): Promise<FileSystemFileHandle> {
  const root = await navigator.storage.getDirectory()
  const folder = await root.getDirectoryHandle(folderName(name), { create: true })
  return folder.getFileHandle(DATABASE_FILE, { create: true })
}

async function contentOf(name: string): Promise<number[]> {
  return [...new Uint8Array(await (await (await fileOf(name)).getFile()).arrayBuffer())]
}

async function overwrite(name: string, position: number, data: Uint8Array<ArrayBuffer>): Promise<void> {
  const file = await (await fileOf(name)).createWritable({ keepExistingData: true })
  await file.write({ type: 'write', position, data })
  await file.close()
}

test('a file of somebody else, and a database of a newer release, are refused and left as they are', async () => {
  const theirs = newName()
  await overwrite(theirs, 0, new TextEncoder().encode('these are the notes of somebody else\n'.repeat(10)))
  const newer = newName()
  await (await openTab(newer)).store.close()
  await overwrite(newer, 60, Uint8Array.of(0, 0, 0, 99))
  for (const [name, code] of [
    [theirs, 'store-foreign'],
    [newer, 'store-newer'],
  ] as const) {
    const before = await contentOf(name)
    expect(await codeOf(openOpfsStore({ name }))).toBe(code)
    expect(await contentOf(name)).toEqual(before)
  }
})

test('the database is a plain SQLite file of 16 kB pages with a write-ahead log', async () => {
  const name = newName()
  const { store } = await openTab(name)
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  await store.close()
  const header = new Uint8Array(await contentOf(name))
  expect(new TextDecoder().decode(header.subarray(0, 15))).toBe('SQLite format 3')
  expect(new DataView(header.buffer).getUint16(16)).toBe(16_384)
  expect([header[18], header[19]]).toEqual([2, 2])
})

test('a worker that cannot be loaded, and an owner of another release, are told as such', async () => {
  const worker = (): Worker => new Worker('/there is no such worker.js', { type: 'module' })
  expect(await codeOf(openOpfsStore({ name: newName(), worker }))).toBe('store')

  const name = newName()
  const everybody = new BroadcastChannel(databaseKey(name))
  onTestFinished(() => everybody.close())
  everybody.onmessage = ({ data }: MessageEvent<{ kind: string }>) => {
    if (data.kind === 'who') everybody.postMessage({ kind: 'owner', owner: 'somebody', protocol: 99 })
  }
  expect(await codeOf(openOpfsStore({ name, worker: () => new Worker('data:text/javascript,') }))).toBe('store-busy')
})

test('an open database is not deleted', async () => {
  const name = newName()
  const { store } = await openTab(name)
  expect(await codeOf(deleteOpfsDatabase(name))).toBe('store-busy')
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  await store.close()
  await deleteOpfsDatabase(name)
  const again = await openTab(name)
  expect(await codeOf(idsOf(again.store))).toBe('invalid')
})
