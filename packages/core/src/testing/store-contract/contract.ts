import type { OutpostErrorCode } from '../../errors.ts'
import { OutpostError } from '../../errors.ts'
import type { Store, StoreTable } from '../../ports/store.ts'

const TIMEOUT_MS = 60_000

/** What the contract needs of a test runner; vitest's `{ test, expect }` is one. */
export interface TestRunner {
  readonly test: (name: string, body: () => Promise<void>, timeoutMs: number) => void
  readonly expect: (actual: unknown, message?: string) => { toStrictEqual(expected: unknown): void }
}

/** A database that a store keeps, and that outlives the store. */
export interface DatabaseUnderTest {
  /** Opens a store on it, the first time or again. */
  open(): Promise<Store>
  /** Called when every store on it is closed. */
  remove?(): Promise<void>
}

/** One database of one test. */
export interface ContractDatabase {
  /** Opens a store; with tables, defines them. The test's end closes it. */
  readonly open: (tables?: readonly StoreTable[]) => Promise<Store>
  /** Closes every open store of the test and opens the same database again. */
  readonly reopen: () => Promise<Store>
}

export interface Contract {
  readonly expect: TestRunner['expect']
  readonly test: (sentence: string, body: (database: ContractDatabase) => Promise<void>) => void
  /** Passes when the promise rejects with an OutpostError of that code. */
  readonly rejects: (code: OutpostErrorCode, promise: Promise<unknown>) => Promise<void>
}

export function contractOf(
  label: string,
  runner: TestRunner,
  create: () => DatabaseUnderTest | Promise<DatabaseUnderTest>,
): Contract {
  return {
    expect: (actual, message) => runner.expect(actual, message),
    async rejects(code, promise) {
      runner.expect(await rejectionOf(promise)).toStrictEqual(code)
    },
    test(sentence, body) {
      runner.test(`${label}: ${sentence}`, () => runOn(create, body), TIMEOUT_MS)
    },
  }
}

async function runOn(
  create: () => DatabaseUnderTest | Promise<DatabaseUnderTest>,
  body: (database: ContractDatabase) => Promise<void>,
): Promise<void> {
  const database = await create()
  let opened: Store[] = []

  async function closeAll(): Promise<void> {
    const stores = opened
    opened = []
    for (const store of stores) await store.close()
  }

  async function open(tables?: readonly StoreTable[]): Promise<Store> {
    const store = await database.open()
    opened.push(store)
    if (tables) await store.write('define tables', (tx) => tx.defineTables(tables))
    return store
  }

  try {
    await body({
      open,
      async reopen() {
        await closeAll()
        return open()
      },
    })
  } finally {
    await closeAll()
    await database.remove?.()
  }
}

/** The code of the OutpostError that the promise rejects with, or what happened instead. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return 'no rejection'
  } catch (error) {
    return error instanceof OutpostError ? error.code : error
  }
}
