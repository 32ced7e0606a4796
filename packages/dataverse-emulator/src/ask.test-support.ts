import { createEmulator } from './emulator.ts'
import type { Emulator, EmulatorOptions } from './emulator.ts'
import { fieldService } from './seed/field-service.ts'

/** An answer with its body read. `json` is undefined where the body is no JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads the members it expects; a wrong one shows as undefined
  readonly json: any
}

export interface Question {
  readonly as?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
}

export type Ask = (method: string, path: string, question?: Question) => Promise<Answer>

export const ADMIN = 'Sunniva Admin'
export const TECHNICIAN = 'Amara Okafor'

/** A clock that moves when it is told to. */
export class HandClock {
  ms = Date.parse('2025-06-02T06:00:00.250Z')
  readonly now = (): number => this.ms
  advance(ms: number): void {
    this.ms += ms
  }
}

export interface Bench {
  readonly emulator: Emulator
  readonly ask: Ask
  readonly clock: HandClock
}

/** A small field-service organisation, a clock, and somebody to ask it. */
export function bench(options: Partial<EmulatorOptions> & { readonly rows?: number } = {}): Bench {
  const { rows = 400, ...rest } = options
  const clock = new HandClock()
  const emulator = createEmulator({ seed: fieldService({ rows }), clock: clock.now, ...rest })
  return { emulator, clock, ask: asker(emulator) }
}

/** Asks an emulator in process. */
export function asker(emulator: Emulator): Ask {
  return async (method, path, { as = ADMIN, headers = {}, body } = {}) => {
    const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const response = await emulator.as(as)(path, { method, headers, ...text })
    return read(response)
  }
}

/** Reads a response to its end. */
export async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = text !== '' && (response.headers.get('Content-Type') ?? '').startsWith('application/json')
  const json: unknown = isJson ? JSON.parse(text) : undefined
  return { status: response.status, headers: response.headers, text, json }
}

/** Ids made for tests: `id(1)` is always the same and in no seed. */
export function id(number: number): string {
  return `${number.toString(16).padStart(8, '0')}-0000-4000-8000-00000000cafe`
}

/** Creates a row over the Web API and gives its id. */
export async function made(ask: Ask, set: string, body: Readonly<Record<string, unknown>>): Promise<string> {
  const answer = await ask('POST', set, { body })
  if (answer.status !== 204) throw new Error(`${set}: ${answer.text}`)
  return /\(([^)]+)\)$/.exec(answer.headers.get('OData-EntityId') ?? '')?.[1] ?? ''
}
