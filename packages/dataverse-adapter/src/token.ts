import { type MasterErrorOptions, MasterError, OutpostError } from '@outpost/core'
import { isConnectionFailure } from './connection-failure.ts'

export interface TokenRequest {
  /** The root URL of the organisation: the resource the token must be for. */
  readonly resource: string
  /** True after the master refused the token given before: a cached one will not do. */
  readonly forceRefresh: boolean
  readonly signal: AbortSignal
}

/**
 * Gives an access token for the organisation. Called before every request, so it should cache. An `OutpostError` that it
 * rejects with is passed on as it is (`offline` when the sign-in service cannot be reached); anything else means
 * `unauthenticated`.
 */
export type AccessTokenProvider = (request: TokenRequest) => Promise<string>

/** A provider of one fixed token: for scripts and tests. It cannot refresh. */
export function staticToken(token: string): AccessTokenProvider {
  return () => Promise.resolve(token)
}

export async function accessToken(provider: AccessTokenProvider, request: TokenRequest): Promise<string> {
  let token: string
  try {
    token = await provider(request)
  } catch (error) {
    if (error instanceof OutpostError) throw error
    const options: MasterErrorOptions = { cause: error, mayHaveArrived: false }
    if (isConnectionFailure(error)) throw new MasterError('offline', 'the sign-in service cannot be reached', options)
    throw new MasterError('unauthenticated', 'no access token could be had', { ...options, remedy: 'Sign in again.' })
  }
  // An empty or broken token would fail as a header, with a message that prints it.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new MasterError('unauthenticated', 'the token provider gave no usable token', { mayHaveArrived: false })
  }
  return token
}
