import { spawn } from 'node:child_process'
import { MasterError } from '@outpost/core'
import type { AccessTokenProvider } from '@outpost/dataverse-adapter'
import { oneLine } from './text.ts'

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Gives the token of `OUTPOST_TOKEN`, or what a command prints. The command runs once, and again when the master refuses
 * its token. A token is kept in memory only and never written anywhere.
 */
export function tokenProvider(command: string | undefined, variables: Variables): AccessTokenProvider {
  if (command !== undefined) return tokenOfCommand(command, variables)
  const token = variables['OUTPOST_TOKEN']
  if (token !== undefined && token !== '') return () => Promise.resolve(token)
  return () =>
    Promise.reject(
      signIn('there is no access token', 'Set OUTPOST_TOKEN, or name a program that prints one with --token-command.'),
    )
}

function tokenOfCommand(command: string, variables: Variables): AccessTokenProvider {
  let known: string | undefined
  return async ({ forceRefresh, signal, resource }) => {
    if (known === undefined || forceRefresh)
      known = await outputOf(command, { ...variables, OUTPOST_RESOURCE: resource }, signal)
    return known
  }
}

function outputOf(command: string, env: Variables, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, signal, stdio: ['ignore', 'pipe', 'pipe'], env })
    let printed = ''
    let complaint = ''
    child.stdout.on('data', (part: Buffer) => (printed += part.toString()))
    child.stderr.on('data', (part: Buffer) => (complaint += part.toString()))
    child.on('error', (cause) => reject(signIn('the token command cannot be run', 'Check --token-command.', cause)))
    child.on('close', (status, killedBy) => {
      if (status === 0) return resolve(printed.trim())
      const why = oneLine(complaint.trim().split('\n')[0] ?? '').slice(0, 200)
      const ending = killedBy === null ? `ended with code ${status}` : `was ended by ${killedBy}`
      return reject(signIn(`the token command ${ending}${why ? `: ${why}` : ''}`, 'Sign in again, then repeat.'))
    })
  })
}

function signIn(message: string, remedy: string, cause?: unknown): MasterError {
  return new MasterError('unauthenticated', message, { remedy, mayHaveArrived: false, ...(cause ? { cause } : {}) })
}
