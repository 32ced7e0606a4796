import { ConfigurationError, MasterError, OutpostError, UnsentError } from '@outpost/core'
import type { ErrorPlace } from '@outpost/core'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import type { Io } from './io.ts'
import { remedyOf } from './remedy.ts'
import type { RemedyContext } from './remedy.ts'
import { oneLine, paintFor } from './text.ts'

/** What is known of a run that failed. */
export interface FailedRun extends RemedyContext {
  readonly json: boolean
  /** The master's address, where it is known. */
  readonly url: string | undefined
}

/** Writes a failure to stderr, with its place and its remedy, and gives back the exit code. */
export function reportError(io: Io, error: unknown, run: FailedRun): number {
  const { json } = run
  if (!(error instanceof OutpostError)) return reportDefect(io, error, json)
  const exitCode = exitCodeOf(error.code)
  if (json) {
    io.stderr.write(`${JSON.stringify({ error: { ...errorAsJson(error, run), exitCode } })}\n`)
    return exitCode
  }
  const paint = paintFor(io.stderr, io.variables)
  if (error.code === 'aborted') {
    io.stderr.write(`${paint.yellow('interrupted')}; what was committed stays, the next run goes on from there\n`)
    return exitCode
  }
  io.stderr.write(`${paint.red('error')} ${oneLine(error.message)}\n`)
  const place = placeText(error.place)
  if (place) io.stderr.write(`  where   ${oneLine(place)}\n`)
  if (error instanceof MasterError && error.status !== undefined) {
    const details = [`HTTP ${error.status}`, error.masterCode, error.requestId && `request ${error.requestId}`]
    io.stderr.write(`  answer  ${oneLine(details.filter(Boolean).join(', '))}\n`)
  }
  const master = addressOf(error, run)
  if (master) io.stderr.write(`  master  ${oneLine(master)}\n`)
  const cause = causeCode(error)
  if (cause) io.stderr.write(`  cause   ${oneLine(cause)}\n`)
  const remedy = remedyOf(error, run)
  if (remedy) io.stderr.write(`  remedy  ${oneLine(remedy)}\n`)
  return exitCode
}

/** A failure as plain JSON: code, message, and what else is known of it. */
export function errorAsJson(error: OutpostError, run: Omit<FailedRun, 'json'>): Record<string, unknown> {
  const { code, message, place } = error
  const { status, masterCode, requestId, retryAfterMs } = error instanceof MasterError ? error : {}
  const known = { code, message, place, remedy: remedyOf(error, run), master: addressOf(error, run) }
  const { unsent } = error instanceof UnsentError ? error : {}
  const problems = error instanceof ConfigurationError ? error.problems.map(problemAsJson) : undefined
  return { ...known, status, masterCode, requestId, retryAfterMs, cause: causeCode(error), unsent, problems }
}

function problemAsJson({ message, place, remedy }: OutpostError): Record<string, unknown> {
  return { message, place, remedy }
}

/** The master's address, for a failure to reach it. */
function addressOf(error: OutpostError, { url }: Pick<FailedRun, 'url'>): string | undefined {
  return exitCodeOf(error.code) === EXIT.unreachable ? url : undefined
}

/** The place of an error in words; empty when nothing is known. */
export function placeText(place: ErrorPlace): string {
  const { table, row, column, rule, position } = place
  return [
    table && `table ${table}`,
    row && `row ${row}`,
    column && `column ${column}`,
    rule && `rule ${rule}`,
    position !== undefined && `at character ${position + 1}`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** The platform's code (`ECONNREFUSED`) at the bottom of the causes; their messages may hold anything and are not shown. */
function causeCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return causeCode(error.cause) ?? (error instanceof OutpostError ? undefined : code)
}

/** Whatever is not an OutpostError was not foreseen: it is shown with its stack. */
function reportDefect(io: Io, error: unknown, json: boolean): number {
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const message = error instanceof Error ? error.message : String(error)
  io.stderr.write(
    json
      ? `${JSON.stringify({ error: { code: 'defect', message, exitCode: EXIT.defect } })}\n`
      : `unexpected ${shown}\nThis is a defect of outpost. Nothing that was committed is lost.\n`,
  )
  return EXIT.defect
}
