import type { Store, StoreTable } from '../../ports/store.ts'
import { portContract } from '../port-contract.ts'
import type { PortContract, TestRunner } from '../port-contract.ts'

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

export type Contract = PortContract<ContractDatabase>

export function contractOf(
  label: string,
  runner: TestRunner,
  create: () => DatabaseUnderTest | Promise<DatabaseUnderTest>,
): Contract {
  return portContract(label, runner, (body) => runOn(create, body))
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
