import type { Emulator } from '../emulator-interface.ts'
import { WebApiError } from '../errors.ts'
import type { Incoming, Outgoing } from '../http/exchange.ts'
import { FieldError } from './fields.ts'
import { ROUTES } from './routes.ts'

const ROOT = '/emulator'

function json(status: number, value: unknown): Outgoing {
  const body = JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))
  return { status, headers: { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' }, body }
}

function refused(status: number, message: string): Outgoing {
  return json(status, { error: { message } })
}

function bodyOf({ bytes }: Incoming): unknown {
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    if (error instanceof SyntaxError) throw new FieldError('', `is no JSON: ${error.message}`)
    throw error
  }
}

const HELP = ROUTES.map(({ method, path, what }) => ({ method, path: `${ROOT}${path}`, what }))

/**
 * Answers what is below `/emulator`; undefined for everything else. It needs no token, strikes no fault and is in no
 * log: whoever reaches it steers the emulator, which is why it is off unless it is asked for.
 */
export function answerControl(emulator: Emulator, incoming: Incoming): Outgoing | undefined {
  const { method, url } = incoming
  const path = url.pathname.replace(/\/$/, '')
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return undefined
  if (path === ROOT) return method === 'GET' ? json(200, { routes: HELP }) : refused(405, `${method} of ${ROOT}`)
  const there = ROUTES.filter((route) => `${ROOT}${route.path}` === path)
  const route = there.find((one) => one.method === method)
  if (there.length === 0) return refused(404, `there is no ${path}; GET ${ROOT} lists what there is`)
  if (route === undefined) return refused(405, `${path} takes ${there.map((one) => one.method).join(' and ')}`)
  try {
    const result = route.run({ emulator, body: bodyOf(incoming), query: url.searchParams })
    return result === undefined
      ? { status: 204, headers: { 'Access-Control-Allow-Origin': '*' }, body: undefined }
      : json(200, result)
  } catch (error) {
    // The caller's mistakes: a field that is wrong, a name that is none, a change that the server's rules refuse.
    if (error instanceof FieldError || error instanceof RangeError || error instanceof WebApiError) {
      return refused(400, error.message)
    }
    throw error
  }
}
