import {
  type Glance,
  type GlanceRequest,
  MasterError,
  OutpostError,
  type PullPage,
  type PullRequest,
} from '@outpost/core'
import { jsonAnswer, notDataverse } from './answer.ts'
import { identityIn } from './identify.ts'
import { stampIn, stampRequest } from './metadata.ts'
import { type PullStep, pullStep } from './pull.ts'
import { checkLength, getAll, pageGet, pageOf, type ReadContext } from './read-page.ts'
import { standingOf, standingRequests } from './standing.ts'
import type { WireResponse } from './transport.ts'

/** Small, because most pages of a look have nothing new; what is more is pulled as ever. */
const ROWS_AT_A_GLANCE = 250

const WHO_AM_I = { method: 'GET', path: 'WhoAmI()' } as const

/**
 * Who answers, the metadata's stamp, the standing and the first page of each pull, in one request. The contract is
 * `MasterOrg.glance`.
 */
export async function glance(context: ReadContext, request: GlanceRequest, signal: AbortSignal): Promise<Glance> {
  const { userId, privileges } = request
  const steps = request.pulls.map((pull) => stepOrError(context, pull))
  const stamp = stampRequest()
  const standing = userId === null ? [] : standingRequests(userId, privileges)
  const pages = steps.flatMap((step) => (step instanceof MasterError ? [] : [pageGet(step.page)]))
  const all = [WHO_AM_I, pageGet(stamp), ...standing, ...pages]
  const { outer, responses } = await getAll(context, all, signal, { identity: ([first]) => first })
  const [who, metadata, ...rest] = responses
  if (!who || !metadata) throw notDataverse(outer, 'a batch without an answer to each of its requests')
  const identity = identityIn(jsonAnswer(who), context.root)
  const metadataStamp = stampIn(pageOf(context, stamp, metadata))
  const answers = rest.slice(standing.length)
  const read: (PullPage | MasterError)[] = []
  for (const step of steps) {
    read.push(step instanceof MasterError ? step : await pageOrError(context, step, answers.shift(), outer, signal))
  }
  return {
    identity,
    metadataStamp,
    standing: userId === null ? null : standingOf(privileges, rest.slice(0, standing.length), outer),
    pages: read,
  }
}

function stepOrError(context: ReadContext, pull: PullRequest): PullStep | MasterError {
  try {
    const small = pullStep(context, { ...pull, pageSize: Math.min(pull.pageSize, ROWS_AT_A_GLANCE) })
    // The pages behind a link have the size of the first one.
    const step = small.linked ? pullStep(context, pull) : small
    checkLength(step.page.path)
    return step
  } catch (error) {
    return masterError(error)
  }
}

async function pageOrError(
  context: ReadContext,
  step: PullStep,
  response: WireResponse | undefined,
  outer: WireResponse,
  signal: AbortSignal,
): Promise<PullPage | MasterError> {
  try {
    if (!response) throw notDataverse(outer, 'a batch without an answer to each of its requests')
    return await step.conclude(pageOf(context, step.page, response), signal)
  } catch (error) {
    return masterError(error)
  }
}

/** What is wrong with one pull is told in the place of its page. */
function masterError(error: unknown): MasterError {
  if (error instanceof MasterError) {
    if (error.code === 'aborted') throw error
    return error
  }
  if (!(error instanceof OutpostError)) throw error
  return new MasterError(error.code, error.message.replace(`[${error.code}] `, ''), {
    cause: error,
    place: error.place,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    mayHaveArrived: false,
  })
}
