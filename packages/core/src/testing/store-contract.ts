import { atomicityContract } from './store-contract/atomicity.ts'
import { changesContract } from './store-contract/changes.ts'
import { contractOf } from './store-contract/contract.ts'
import type { DatabaseUnderTest } from './store-contract/contract.ts'
import type { TestRunner } from './port-contract.ts'
import { indexContract } from './store-contract/index-order.ts'
import { isolationContract } from './store-contract/isolation.ts'
import { lifetimeContract } from './store-contract/lifetime.ts'
import { outboxContract } from './store-contract/outbox.ts'
import { rowsContract } from './store-contract/rows.ts'
import { tablesContract } from './store-contract/tables.ts'
import { valuesContract } from './store-contract/values.ts'

/**
 * The contract of the Store port as tests: registers them with the runner, each on a database of its own that `create`
 * makes. A store that passes can be put under a client org.
 */
export function storeContract(
  label: string,
  runner: TestRunner,
  create: () => DatabaseUnderTest | Promise<DatabaseUnderTest>,
): void {
  const contract = contractOf(label, runner, create)
  atomicityContract(contract)
  isolationContract(contract)
  indexContract(contract)
  rowsContract(contract)
  tablesContract(contract)
  outboxContract(contract)
  valuesContract(contract)
  changesContract(contract)
  lifetimeContract(contract)
}
