import type { Scenario } from './scenario.ts'

/** The scenario that a module exports. Throws RangeError, saying what is wrong, where it exports none. */
export async function scenarioOf(module: string): Promise<Scenario> {
  const exported = await loaded(module)
  const { scenario } = exported as { readonly scenario?: unknown }
  if (scenario === undefined) throw new RangeError(`${module} has no export named 'scenario'`)
  const wrong = wrongIn(scenario)
  if (wrong !== null) throw new RangeError(`the scenario of ${module}: ${wrong}`)
  return scenario as Scenario
}

async function loaded(module: string): Promise<object> {
  try {
    return (await import(module)) as object
  } catch (error) {
    throw new RangeError(`${module} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function wrongIn(scenario: unknown): string | null {
  if (typeof scenario !== 'object' || scenario === null) return 'it is an object'
  const { seed, users, configurations, words } = scenario as Partial<Record<keyof Scenario, unknown>>
  if (typeof seed !== 'function') return "'seed' is a function that makes the organisation"
  for (const [name, list] of Object.entries({ users, configurations, words }))
    if (!Array.isArray(list) || list.length === 0) return `'${name}' is a list with something in it`
  return null
}
