import { WebApiError } from '../errors.ts'
import type { Knobs } from '../knobs.ts'

/** 400 with the message of a plug-in's author. */
export function isvAborted(message: string, code = '0x80040265'): WebApiError {
  return new WebApiError(400, code, message)
}

/** What Dataverse answers where a plug-in fails in any other way than by refusing. */
export function isvUnexpected(plugin: string, error: unknown, knobs: Pick<Knobs, 'pluginCrash'>): WebApiError {
  const { status, code } = knobs.pluginCrash
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const text =
    code === '0x8004418d'
      ? `The plug-in execution failed because the operation has timed-out at the Sandbox Client or the Sandbox Worker process crashed. ${plugin}: ${detail}`
      : `An unexpected error occurred from ISV code. (ErrorType = ClientError) Unexpected exception from plug-in (Execute): ${plugin}: ${detail}`
  return new WebApiError(status, code, text)
}

/** 400 for a plug-in that swallowed the failure of one of its writes: the transaction is already lost. */
export function isvSwallowed(): WebApiError {
  return new WebApiError(
    400,
    '0x8009000c',
    'ISV code reduced the open transaction count. Custom plug-ins should not catch exceptions from OrganizationService calls and continue processing.',
  )
}

/** 400 for plug-ins that keep causing each other. */
export function infiniteLoop(): WebApiError {
  return new WebApiError(
    400,
    '0x80044182',
    'This workflow job was canceled because the workflow that started it included an infinite loop. Correct the workflow logic and try again. For information about workflow logic, see Help.',
  )
}
