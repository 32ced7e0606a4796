import type { AccessTokenProvider } from '@outpost/dataverse-adapter'
import type { Emulator } from '@outpost/dataverse-emulator'

/** Who is signed in on a device, and how well the sign-in service works from there. */
export interface SignIn {
  readonly token: AccessTokenProvider
  /** The token that the device has kept is no longer good. */
  expires(): void
  /** From now on a new token takes a person (`password`), or the sign-in service cannot be reached (`network`). */
  needs(what: 'password' | 'network' | 'nothing'): void
  /** Somebody else signs in on the device. */
  changesTo(user: string): void
}

export function signInOf(emulator: Emulator, name: string): SignIn {
  let user = name
  let kept = emulator.tokenFor(user)
  let needed: 'password' | 'network' | 'nothing' = 'nothing'
  return {
    token: ({ forceRefresh }) => {
      if (!forceRefresh) return Promise.resolve(kept)
      if (needed === 'password') return Promise.reject(new Error('AADSTS700084: the refresh token has expired'))
      if (needed === 'network') return Promise.reject(new TypeError('fetch failed'))
      kept = emulator.tokenFor(user)
      return Promise.resolve(kept)
    },
    expires: () => emulator.revokeToken(kept),
    needs: (what) => {
      needed = what
    },
    changesTo: (other) => {
      user = other
      kept = emulator.tokenFor(user)
    },
  }
}
