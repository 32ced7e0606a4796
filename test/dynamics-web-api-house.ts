import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'
import { serve } from '@outpost/dataverse-emulator/server'
import { DynamicsWebApi } from 'dynamics-web-api'
import { onTestFinished, vi } from 'vitest'

export interface House {
  readonly emulator: Emulator
  readonly api: DynamicsWebApi
}

/** An emulator served over HTTP and the client library as published; nothing it asks may be unknown. */
export async function house(rows = 1000): Promise<House> {
  // The library honours proxy variables and has no exceptions to them, not even for the own machine.
  for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, undefined)
  const emulator = createEmulator({ seed: fieldService({ rows }) })
  const served = await serve(emulator)
  onTestFinished(async () => {
    await served.close()
    vi.unstubAllEnvs()
    emulator.assertNoUnexpected()
  })
  const api = new DynamicsWebApi({
    serverUrl: served.url,
    dataApi: { version: '9.2' },
    timeout: 20_000,
    propagateErrors: true,
    onTokenRefresh: () => Promise.resolve(emulator.tokenFor('Sunniva Admin', { audience: served.url })),
  })
  return { emulator, api }
}
