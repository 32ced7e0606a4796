import { contractOf } from './master-contract/contract.ts'
import type { MasterUnderTest } from './master-contract/contract.ts'
import { identityContract } from './master-contract/identity.ts'
import { linksContract } from './master-contract/links.ts'
import { pullContract } from './master-contract/pull.ts'
import { pushContract } from './master-contract/push.ts'
import { readContract } from './master-contract/read.ts'
import type { TestRunner } from './port-contract.ts'

/**
 * The contract of the MasterOrg port as tests: registers them with the runner, each on an organisation of its own that
 * `create` makes. What passes can be the master of a client org. The optional methods of the port are not asked for.
 */
export function masterContract(
  label: string,
  runner: TestRunner,
  create: () => MasterUnderTest | Promise<MasterUnderTest>,
): void {
  const contract = contractOf(label, runner, create)
  identityContract(contract)
  pullContract(contract)
  readContract(contract)
  pushContract(contract)
  linksContract(contract)
}
