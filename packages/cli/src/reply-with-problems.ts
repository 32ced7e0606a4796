import { ConfigurationError } from '@outpost/core'
import type { ClientOrg, OutpostError } from '@outpost/core'
import { EXIT } from './exit-codes.ts'
import { reply } from './invocation.ts'
import type { Invocation } from './invocation.ts'
import { placeText } from './report-error.ts'
import { counted, oneLine } from './text.ts'

/** Everything that is wrong with a configuration file: what is unknown, and what is wrong with the rest of it. */
export async function problemsOfFile(org: ClientOrg, file: unknown): Promise<readonly OutpostError[]> {
  const unknown = await problemsThrown(() => org.readConfiguration(file))
  const rest = await problemsThrown(async () => {
    const { configuration } = await org.readConfiguration(file, { unknown: 'leave-out' })
    return org.configurationProblems(configuration)
  })
  const known = new Set(unknown.map(({ message }) => message))
  return [...unknown, ...rest.filter(({ message }) => !known.has(message))]
}

async function problemsThrown(find: () => Promise<unknown>): Promise<readonly OutpostError[]> {
  try {
    const found = await find()
    return Array.isArray(found) ? (found as readonly OutpostError[]) : []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

/** Lists the problems, each with its place and remedy. Gives back the exit code. */
export function replyWithProblems(invocation: Invocation, problems: readonly OutpostError[]): number {
  const { paint } = invocation
  const told = problems.map(({ message, place, remedy }) => ({ message, place, remedy }))
  reply(invocation, { problems: told }, () => [
    ...problems.flatMap(({ code, message, place, remedy }) => [
      `${paint.red('✗')} ${oneLine(message.replace(`[${code}] `, ''))}`,
      `    where   ${oneLine(placeText(place))}`,
      ...(remedy === undefined ? [] : [`    remedy  ${oneLine(remedy)}`]),
    ]),
    problems.length === 0
      ? 'Nothing is wrong with it.'
      : `${counted(problems.length, 'problem')}; nothing was changed.`,
  ])
  return problems.length === 0 ? EXIT.ok : EXIT.usage
}
