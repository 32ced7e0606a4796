import type { OutpostErrorCode } from '../errors.ts'
import { OutpostError } from '../errors.ts'

const TIMEOUT_MS = 60_000

/** What a contract needs of a test runner; vitest's `{ test, expect }` is one. */
export interface TestRunner {
  readonly test: (name: string, body: () => Promise<void>, timeoutMs: number) => void
  readonly expect: (actual: unknown, message?: string) => { toStrictEqual(expected: unknown): void }
}

/** The means of a port's contract: tests, each on a `Given` of its own. */
export interface PortContract<Given> {
  readonly expect: TestRunner['expect']
  readonly test: (sentence: string, body: (given: Given) => Promise<void>) => void
  /** Passes when the promise rejects with an OutpostError of that code. */
  readonly rejects: (code: OutpostErrorCode, promise: Promise<unknown>) => Promise<void>
}

/** `runOn` makes what a test is given, runs it and clears up. */
export function portContract<Given>(
  label: string,
  runner: TestRunner,
  runOn: (body: (given: Given) => Promise<void>) => Promise<void>,
): PortContract<Given> {
  return {
    expect: (actual, message) => runner.expect(actual, message),
    async rejects(code, promise) {
      runner.expect(await rejectionOf(promise)).toStrictEqual(code)
    },
    test(sentence, body) {
      runner.test(`${label}: ${sentence}`, () => runOn(body), TIMEOUT_MS)
    },
  }
}

/** The code of the OutpostError that the promise rejects with, or what happened instead. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return 'no rejection'
  } catch (error) {
    return error instanceof OutpostError ? error.code : error
  }
}
