import { WebApiError } from '@outpost/dataverse-emulator'

/** What was done to the master by its own hand, in words; that it was refused, where its rules refuse it. */
export function allowed(does: () => string): string {
  try {
    return does()
  } catch (error) {
    if (error instanceof WebApiError || error instanceof RangeError)
      return `the master refuses its own: ${error.message}`
    throw error
  }
}
