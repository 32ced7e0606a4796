import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { OutpostEvent } from '@outpost/core'
import type { DeviceActions, DeviceCall, DeviceMessage } from './device.ts'

export interface DeviceOptions {
  readonly path: string
  readonly url: string
  readonly token: string
  readonly onEvent: (event: OutpostEvent) => void
  readonly onLive: (rows: number) => void
}

/** An action of the laptop that did not succeed, with the code it failed with. */
export class DeviceFailure extends Error {
  override readonly name: string = 'DeviceFailure'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The laptop, as the story sees it: a process that can be asked to act, and can be killed. */
export interface Device {
  readonly actions: DeviceActions
  readonly pid: number
  /** Ends the process without warning (SIGKILL). Resolves with the signal that ended it. */
  kill(): Promise<string>
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Starts the laptop's process and resolves once its client org is open. */
export async function startDevice({ path, url, token, onEvent, onLive }: DeviceOptions): Promise<Device> {
  const program = fileURLToPath(new URL('./device.js', import.meta.url))
  const child = fork(program, [path, url], { env: { ...process.env, OUTPOST_TOKEN: token } })
  const end = (): boolean => child.kill('SIGKILL')
  // Before everything else that is done at the end: the laptop's files cannot be removed while it writes them.
  process.prependListener('exit', end)
  const waiting = new Map<number, Waiting>()
  let calls = 0
  const ended = new Promise<string>((resolve) => {
    child.on('exit', (code, signal) => {
      process.removeListener('exit', end)
      const how = signal ?? `code ${code}`
      for (const { reject } of waiting.values())
        reject(new DeviceFailure('ended', `the laptop's process ended: ${how}`))
      resolve(how)
    })
  })
  const ready = new Promise<void>((resolve, reject) => {
    void ended.then((how) => reject(new DeviceFailure('ended', `the laptop's process ended at its start: ${how}`)))
    child.on('message', (message) => {
      const told = message as DeviceMessage
      if (told.type === 'ready') resolve()
      else if (told.type === 'event') onEvent(told.event)
      else if (told.type === 'live') onLive(told.rows)
      else {
        const one = waiting.get(told.call)
        waiting.delete(told.call)
        if (told.type === 'answer') one?.resolve(told.value)
        else one?.reject(new DeviceFailure(told.code, told.message))
      }
    })
  })
  await ready

  const call = (name: keyof DeviceActions, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      calls += 1
      waiting.set(calls, { resolve, reject })
      const message: DeviceCall = { call: calls, name, args: args as readonly never[] }
      child.send(message)
    })
  const actions = new Proxy({} as DeviceActions, {
    get:
      (_, name) =>
      (...args: readonly unknown[]) =>
        call(name as keyof DeviceActions, args),
  })
  return {
    actions,
    pid: child.pid ?? 0,
    kill: () => {
      end()
      return ended
    },
  }
}
