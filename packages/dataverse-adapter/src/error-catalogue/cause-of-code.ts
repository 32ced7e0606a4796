import type { CauseName } from './cause.ts'
import { CODES } from './codes.ts'

let causes: ReadonlyMap<number, CauseName> | undefined

/** The cause that a code stands for, given in its one form (`0x`, eight lower-case digits); undefined where it is not listed. */
export function causeOfCode(code: string): CauseName | undefined {
  // Made when the first refusal comes: most sessions never see one.
  causes ??= new Map(listedCodes())
  return causes.get(Number(code))
}

/** Every listed code as a number, with its cause, in the order of the lists. */
export function* listedCodes(): Generator<readonly [code: number, cause: CauseName]> {
  for (const cause of Object.keys(CODES) as (keyof typeof CODES)[]) {
    for (const group of CODES[cause].trim().split(/\s+/)) {
      const [head = '', tails = ''] = group.split(':')
      for (const tail of tails.split(',')) {
        const [first = '', last = first] = tail.split('-')
        for (let code = parseInt(head + first, 16); code <= parseInt(head + last, 16); code++) yield [code, cause]
      }
    }
  }
}
