import { jsonObject, parseJson } from './json.ts'

/** What the body of a refused request says. `isDataverse` is false for gateways, captive portals and empty bodies. */
export interface ErrorBody {
  readonly isDataverse: boolean
  /** Eight hexadecimal digits with `0x`, lower-case; absent where the body had no code. */
  readonly code?: string
  /** The master's own words, for people; empty where it had none. */
  readonly message: string
}

/** Reads the body of a refused request. Never throws: gateways and captive portals answer with anything. */
export function errorBody(text: string): ErrorBody {
  const error = jsonObject(jsonObject(parsed(text))?.['error'])
  if (error === undefined) return { isDataverse: false, message: '' }
  const code = canonicalCode(error['code'])
  const message = typeof error['message'] === 'string' ? error['message'] : ''
  return { isDataverse: true, message, ...(code === undefined ? {} : { code }) }
}

/**
 * The error code in its one form, from hexadecimal (`0x80040217`) or signed decimal (`-2147220969`) text or number. Zero,
 * which the router of the Web API answers with, is no code.
 */
export function canonicalCode(code: unknown): string | undefined {
  const text = typeof code === 'number' ? String(code) : typeof code === 'string' ? code.trim() : ''
  if (/^(?:0x)?0+$/i.test(text)) return undefined
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return hexadecimal(Number(text))
  if (/^-?\d{1,10}$/.test(text)) return hexadecimal(Number(text) >>> 0)
  return undefined
}

function hexadecimal(code: number): string {
  return `0x${code.toString(16).padStart(8, '0')}`
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    // Not JSON is an answer here: nothing is known but the status.
    return undefined
  }
}
