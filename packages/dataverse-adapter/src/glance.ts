import {
  type ChangesPage,
  type ChangesRequest,
  type Glance,
  type GlanceRequest,
  MasterError,
  OutpostError,
  type PullPage,
  type PullRequest,
} from '@outpost/core'
import { jsonAnswer, notDataverse } from './answer.ts'
import type { BatchRequest } from './batch.ts'
import { changesGet, changesIn } from './changes.ts'
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
 * Who answers, the metadata's stamp, the standing, the first page of each pull and what change tracking tells, in one
 * request. The contract is `MasterOrg.glance`.
 */
export async function glance(context: ReadContext, request: GlanceRequest, signal: AbortSignal): Promise<Glance> {
  const { userId, privileges } = request
  const steps = request.pulls.map((pull) => stepOrError(context, pull))
  const asked = (request.changes ?? []).map((each) => ({ table: each.table, get: changesGetOrError(each) }))
  const stamp = stampRequest()
  const standing = userId === null ? [] : standingRequests(userId, privileges)
  const pages = steps.flatMap((step) => (step instanceof MasterError ? [] : [pageGet(step.page)]))
  const changes = asked.flatMap(({ get }) => (get instanceof MasterError ? [] : [get]))
  const all = [WHO_AM_I, pageGet(stamp), ...standing, ...pages, ...changes]
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
  const told = asked.map(({ table, get }): ChangesPage | MasterError => {
    return get instanceof MasterError ? get : changesOrError(context, table, answers.shift(), outer)
  })
  return {
    identity,
    metadataStamp,
    standing: userId === null ? null : standingOf(privileges, rest.slice(0, standing.length), outer),
    pages: read,
    changes: told,
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

function changesGetOrError(request: ChangesRequest): BatchRequest | MasterError {
  try {
    return changesGet(request)
  } catch (error) {
    return masterError(error)
  }
}

function changesOrError(
  context: ReadContext,
  table: ChangesRequest['table'],
  response: WireResponse | undefined,
  outer: WireResponse,
): ChangesPage | MasterError {
  try {
    if (!response) throw notDataverse(outer, 'a batch without an answer to each of its requests')
    return changesIn(context, table, response)
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
