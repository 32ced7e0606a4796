import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import { serve } from '@outpost/dataverse-emulator/server'
import type { ServedEmulator } from '@outpost/dataverse-emulator/server'
import { claim } from './claim.ts'

/**
 * The master: a Dataverse organisation served over HTTP on this machine, whose network can be cut and restored.
 *
 * Everything in here that reads or writes rows does so over HTTP, as any other program would.
 */
export interface Office {
  readonly url: string
  readonly rows: number
  readonly tables: number
  /** Closes the server and every connection. */
  cutNetwork(): Promise<void>
  /** Serves again, at the same address. */
  restoreNetwork(): Promise<void>
  tokenFor(user: string): string
  userId(name: string): string
  /** One request as this user, its answer's JSON. Ends the story when it is refused. */
  request(user: string, method: string, path: string, body?: unknown): Promise<Json>
}

export type Json = Readonly<Record<string, unknown>>

/** Opens the office with about this many rows. */
export async function openOffice(rows: number): Promise<Office> {
  const emulator = createEmulator({ seed: fieldService({ rows }) })
  let server: ServedEmulator | null = await serve(emulator, { port: 0 })
  const { url, port, api } = server
  const counts = emulator.schema.tables().map((table) => emulator.master.count(table.logicalName))
  const tokens = new Map<string, string>()
  const tokenFor = (user: string): string => {
    const token = tokens.get(user) ?? emulator.tokenFor(user)
    tokens.set(user, token)
    return token
  }
  return {
    url,
    rows: counts.reduce((sum, one) => sum + one, 0),
    tables: counts.length,
    tokenFor,
    userId: (name) => {
      const user = emulator.users.find((one) => one.name === name)
      claim(user !== undefined, `there is a user ${name}`)
      return user.id
    },
    cutNetwork: async () => {
      await server?.close()
      server = null
    },
    restoreNetwork: async () => {
      server = await serve(emulator, { port })
    },
    request: async (user, method, path, body) => {
      const response = await fetch(path.startsWith('http') ? path : api + path, {
        method,
        headers: {
          Authorization: `Bearer ${tokenFor(user)}`,
          Accept: 'application/json',
          Prefer: 'odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname"',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      claim(response.ok, `${method} ${path} is answered with success, not ${response.status}: ${text.slice(0, 300)}`)
      return text === '' ? {} : (JSON.parse(text) as Json)
    },
  }
}
