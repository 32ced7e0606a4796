import type { Org } from '../org.ts'
import { customOperation } from './custom-operation.ts'
import type { CustomOperation } from './custom-operation.ts'

/** Functions and actions of one's own. */
export interface Operations {
  /** Adds a function or action; it is callable, and in `$metadata`, at once. Throws RangeError for one that Dataverse would not take. */
  register(operation: CustomOperation): void
  /** Takes one out again. */
  unregister(name: string): void
  /** Names of all there are, built-in ones included. */
  names(): readonly string[]
}

const EDM = new Set(
  ['String', 'Boolean', 'Int16', 'Int32', 'Int64', 'Decimal', 'Double', 'Guid', 'DateTimeOffset', 'Date', 'Binary'].map(
    (name) => `Edm.${name}`,
  ),
)

function check(org: Org, { name, kind, binding, parameters = {}, returns = {} }: CustomOperation): void {
  const fail = (why: string): never => {
    throw new RangeError(`operation ${name}: ${why}`)
  }
  if (!/^[A-Za-z][A-Za-z\d]{1,7}_\w+$/.test(name)) fail("a name begins with a publisher's prefix and an underscore")
  if (org.operations.some((one) => one.name.toLowerCase() === name.toLowerCase())) fail('there is one of this name')
  if (kind === 'function' && Object.keys(returns).length === 0) fail('a function returns something')
  if (binding?.table !== undefined && org.schema.table(binding.table) === undefined) {
    fail(`there is no table ${binding.table}`)
  }
  const types = [
    ...Object.values(parameters).map((given) => (typeof given === 'string' ? given : given.type)),
    ...Object.values(returns),
  ]
  for (const type of types) {
    const one = /^Collection\((.+)\)$/.exec(type)?.[1] ?? type
    if (!EDM.has(one) && !/^mscrm\.\w+$/.test(one)) fail(`${type} is no type`)
  }
}

/** The functions and actions of an organisation, for whoever adds some. */
export function operationsOf(org: Org): Operations {
  return {
    register: (operation) => {
      check(org, operation)
      org.operations.push(customOperation(operation))
    },
    unregister: (name) => {
      const at = org.operations.findIndex((one) => one.name === name && one.isCustom === true)
      if (at >= 0) org.operations.splice(at, 1)
    },
    names: () => [...new Set(org.operations.map((one) => one.name))],
  }
}
