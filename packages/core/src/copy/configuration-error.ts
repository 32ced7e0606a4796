import { OutpostError } from '../errors.ts'

/** A configuration that cannot be in force, with everything that is wrong in it. Message and place are of the first. */
export class ConfigurationError extends OutpostError {
  override readonly name: string = 'ConfigurationError'
  readonly problems: readonly OutpostError[]

  constructor(problems: readonly OutpostError[]) {
    const [first, ...more] = problems
    if (!first) throw new RangeError('a configuration error without a problem')
    const words = first.message.replace(`[${first.code}] `, '')
    const rest = more.length === 0 ? '' : ` (and ${more.length} more; configurationProblems() lists them all)`
    super(first.code, words + rest, {
      place: first.place,
      ...(first.remedy === undefined ? {} : { remedy: first.remedy }),
    })
    this.problems = problems
  }
}
