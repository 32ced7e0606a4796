import { OutpostError } from './errors.ts'

/**
 * Throws `invalid` for an option that has none of its values. Types say the same; programs without them would otherwise get
 * the last of the choices, which is the one that takes most away. An option that is left out has its default.
 */
export function refuseUnknownChoice<T extends string>(
  option: string,
  given: T | undefined,
  choices: readonly T[],
): void {
  if (given === undefined || choices.includes(given)) return
  throw new OutpostError('invalid', `option '${option}' cannot be ${JSON.stringify(given)}`, {
    place: { rule: 'option' },
    remedy: `Choose one of ${choices.join(', ')}.`,
  })
}
