import { invalidArgument, privilegeDenied } from '../errors.ts'
import type { User } from '../rows/user.ts'

/** What a request says to and about plug-ins. */
export interface Asked {
  /** `?tag=`. */
  readonly tag: string | undefined
  readonly bypassSync: boolean
  readonly bypassAsync: boolean
  /** Steps that are not to run. */
  readonly bypassSteps: ReadonlySet<string>
}

/** What holds where nobody has said anything. */
export const nothingAsked: Asked = { tag: undefined, bypassSync: false, bypassAsync: false, bypassSteps: new Set() }

const MAX_STEP_IDS = 3

function flag(headers: Headers, name: string): boolean {
  const value = headers.get(name)
  if (value === null || /^false$/i.test(value)) return false
  if (/^true$/i.test(value)) return true
  throw invalidArgument(`The value '${value}' of the header ${name} is not a valid Boolean.`)
}

function list(headers: Headers, name: string): readonly string[] {
  const value = headers.get(name)?.replace(/^"(.*)"$/, '$1') ?? ''
  return value.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]))
}

/** Reads tag and bypass headers; a bypass needs a privilege that only administrators have (403 otherwise). */
export function readAsked(headers: Headers, tag: string | undefined, user: User): Asked {
  const kinds = list(headers, 'MSCRM.BypassBusinessLogicExecution')
  const strange = kinds.find((kind) => kind !== 'CustomSync' && kind !== 'CustomAsync')
  if (strange !== undefined) {
    throw invalidArgument(`The value '${strange}' is not valid for BypassBusinessLogicExecution.`)
  }
  const steps = list(headers, 'MSCRM.BypassBusinessLogicExecutionStepIds')
  if (steps.length > MAX_STEP_IDS) {
    throw invalidArgument(`BypassBusinessLogicExecutionStepIds takes at most ${MAX_STEP_IDS} step ids.`)
  }
  const plugins = flag(headers, 'MSCRM.BypassCustomPluginExecution')
  flag(headers, 'MSCRM.SuppressCallbackRegistrationExpanderJob')
  if (plugins && !user.has('prvBypassCustomPlugins')) throw privilegeDenied(user.id, 'prvBypassCustomPlugins')
  if (kinds.length + steps.length > 0 && !user.has('prvBypassCustomBusinessLogic')) {
    throw privilegeDenied(user.id, 'prvBypassCustomBusinessLogic')
  }
  return {
    tag,
    bypassSync: plugins || kinds.includes('CustomSync'),
    bypassAsync: kinds.includes('CustomAsync'),
    bypassSteps: new Set(steps.map((id) => id.toLowerCase())),
  }
}
