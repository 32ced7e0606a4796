import { OutpostError } from '../errors.ts'

/** How many problems the message names. */
const NAMED = 20

/** A configuration that cannot be in force, with everything that is wrong in it. Place and remedy are of the first. */
export class ConfigurationError extends OutpostError {
  override readonly name: string = 'ConfigurationError'
  readonly problems: readonly OutpostError[]

  constructor(problems: readonly OutpostError[]) {
    const [first, ...more] = problems
    if (!first) throw new RangeError('a configuration error without a problem')
    const words = problems.slice(0, NAMED).map(({ code, message }) => message.replace(`[${code}] `, ''))
    const rest = more.length < NAMED ? [] : [`and ${problems.length - NAMED} more`]
    super(first.code, [...words, ...rest].join('; '), {
      place: first.place,
      ...(first.remedy === undefined ? {} : { remedy: first.remedy }),
    })
    this.problems = problems
  }
}
