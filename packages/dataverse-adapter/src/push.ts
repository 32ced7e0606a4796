import { MasterError, OutpostError, type OutgoingTransaction, type PushOutcome } from '@outpost/core'
import { isSuccess, notDataverse, refusalOf, requestIdOf } from './answer.ts'
import { type BatchPart, encodeBatch, type IndexedResponse, isMultipart, readBatch } from './batch.ts'
import { rejectionOf } from './classify.ts'
import { type ComposedChange, composeTransaction } from './compose-change.ts'
import { NotComposable } from './compose-values.ts'
import { failureOf, judge, rejected } from './judge.ts'
import { type Transport, underRequestId, type WireResponse } from './transport.ts'

export interface PushContext {
  readonly transport: Transport
  readonly timeoutMs: number
  readonly newId: () => string
}

/** A transaction's requests; changes that turn out to have their effect already are left out when it is sent again. */
type Requests = readonly ComposedChange[]

/** The most requests that the master takes in one batch. */
const BATCH_LIMIT = 1_000

/**
 * Sends the transactions, each as a unit, and answers for each in order. The contract is `MasterOrg.push`.
 *
 * One request alone goes as it is. Otherwise all go in one batch, in which a transaction of several requests is a change
 * set. A refusal of the batch itself says nothing about any one of them, so they are then sent one by one; where it was too
 * large, half and half.
 */
export async function pushAll(
  { transport, ...options }: PushContext,
  transactions: readonly OutgoingTransaction[],
  signal: AbortSignal,
): Promise<readonly PushOutcome[]> {
  const requestId = transactions.find((transaction) => transaction.requestId !== undefined)?.requestId
  const context = { ...options, transport: requestId === undefined ? transport : underRequestId(transport, requestId) }
  const plans = transactions.map((transaction) => compose(transaction, context.transport.api))
  const sendable = plans.filter(isRequests)
  const outcomes = await sendGroups(context, groupsOf(sendable), signal)
  const answers = new Map(sendable.map((requests, index) => [requests, outcomes[index] ?? UNANSWERED]))
  return plans.map((plan) => (isRequests(plan) ? (answers.get(plan) ?? UNANSWERED) : plan))
}

function isRequests(plan: Requests | PushOutcome): plan is Requests {
  return Array.isArray(plan)
}

function compose(transaction: OutgoingTransaction, api: string): Requests | PushOutcome {
  let at = 0
  try {
    const composed = composeTransaction(transaction, api, (index) => (at = index))
    if (composed.length <= BATCH_LIMIT) return composed
    return rejected('size', `${composed.length} requests are more than the ${BATCH_LIMIT} of one change set`)
  } catch (error) {
    if (error instanceof NotComposable) return rejected('invalid', error.message, at, error.column)
    if (error instanceof OutpostError && error.code === 'invalid') {
      return rejected('invalid', wordsOf(error), at, error.place.column)
    }
    throw error
  }
}

/**
 * Sends one group after the other; one that is refused as a whole goes in smaller ones. A failure after the first leaves what
 * was answered, and the rest unsent.
 */
async function sendGroups(
  context: PushContext,
  groups: readonly (readonly Requests[])[],
  signal: AbortSignal,
): Promise<readonly PushOutcome[]> {
  const outcomes: PushOutcome[] = []
  let failure: MasterError | undefined
  const left = [...groups]
  for (let group = left.shift(); group; group = left.shift()) {
    if (failure) {
      const unsent = retry(failure, false)
      outcomes.push(...group.map(() => unsent))
      continue
    }
    try {
      const answer = await sendGroup(context, group, signal)
      if ('smaller' in answer) left.unshift(...answer.smaller)
      else outcomes.push(...answer)
    } catch (error) {
      if (outcomes.length === 0 || !(error instanceof MasterError) || error.code === 'aborted') throw error
      failure = error
      const unanswered = retry(error)
      outcomes.push(...group.map(() => unanswered))
    }
  }
  return outcomes
}

function groupsOf(sendable: readonly Requests[]): readonly (readonly Requests[])[] {
  const groups: Requests[][] = []
  let size = BATCH_LIMIT
  for (const requests of sendable) {
    size += requests.length
    if (size > BATCH_LIMIT) {
      groups.push([])
      size = requests.length
    }
    groups.at(-1)?.push(requests)
  }
  return groups
}

/** A refusal of several transactions together, which says nothing about any one of them. */
interface RefusedTogether {
  readonly smaller: readonly (readonly Requests[])[]
}

async function sendGroup(
  context: PushContext,
  group: readonly Requests[],
  signal: AbortSignal,
): Promise<readonly PushOutcome[] | RefusedTogether> {
  const [only, ...others] = group
  const [single, ...more] = only ?? []
  if (only && single && others.length === 0 && more.length === 0) {
    return [await sendPlain(context, only, single, signal)]
  }
  const batch = encodeBatch(group.map(asPart), context.newId)
  const { transport, timeoutMs } = context
  const outer = await transport.send({ method: 'POST', path: '$batch', ...batch, timeoutMs }, signal)
  if (isMultipart(outer)) {
    const answers = readBatch(outer)
    if (answers.length > group.length) throw notDataverse(outer, 'a batch with more answers than requests')
    const outcomes: PushOutcome[] = []
    for (const [index, requests] of group.entries()) {
      outcomes.push(await settlePart(context, requests, answers[index] ?? [], outer, signal))
    }
    return outcomes
  }
  if (isSuccess(outer.status)) throw notDataverse(outer, 'the answer to a batch is not multipart')
  const refusal = refusalOf(outer)
  const rejection = rejectionOf(refusal.explanation.meaning)
  if (rejection === null) throw refusal.error
  if (only && others.length === 0) {
    return [withRequestId(judge(only, [{ response: outer, index: undefined }]).outcome ?? UNANSWERED, [outer])]
  }
  const half = Math.ceil(group.length / 2)
  const isTooLarge = rejection === 'size'
  return { smaller: isTooLarge ? [group.slice(0, half), group.slice(half)] : group.map((requests) => [requests]) }
}

async function sendPlain(
  context: PushContext,
  requests: Requests,
  { request }: ComposedChange,
  signal: AbortSignal,
): Promise<PushOutcome> {
  const headers = { ...request.headers, ...(request.body === undefined ? {} : JSON_BODY) }
  const { transport, timeoutMs } = context
  const response = await transport.send({ ...request, headers, timeoutMs }, signal)
  if ([408, 502, 503, 504].includes(response.status)) throw refusalOf(response).error
  const { outcome, unseen } = judge(requests, [{ response, index: 0 }])
  if (unseen !== undefined) {
    const [again = UNANSWERED] = await sendGroups(context, [[withoutRow(requests, unseen)]], signal)
    return again
  }
  return withRequestId(outcome ?? { kind: 'processed', rows: [] }, [response])
}

/** The requests, of which one does not ask for the row that it writes. */
function withoutRow(requests: Requests, at: number): Requests {
  return requests.map((composed, index) => {
    if (index !== at) return composed
    const { Prefer: _, ...headers } = composed.request.headers ?? {}
    const [path = ''] = composed.request.path.split('?')
    return { ...composed, columns: [], request: { ...composed.request, path, headers } }
  })
}

const JSON_BODY = { 'Content-Type': 'application/json; charset=utf-8' }

/** The outcome of one part of a batch, after it was sent again where its judgement asks for that. */
async function settlePart(
  context: PushContext,
  requests: Requests,
  responses: readonly IndexedResponse[],
  outer: WireResponse,
  signal: AbortSignal,
): Promise<PushOutcome> {
  if (responses.length === 0) return withRequestId(UNANSWERED, [outer])
  const answers = [...responses.map(({ response }) => response), outer]
  try {
    const { outcome, satisfied, unseen } = judge(requests, responses)
    if (outcome) return withRequestId(outcome, answers)
    const rest =
      unseen === undefined ? requests.filter((_, index) => index !== satisfied) : withoutRow(requests, unseen)
    if (rest.length === 0) return withRequestId({ kind: 'processed', rows: [] }, answers)
    const [again] = await sendGroups(context, [[rest]], signal)
    return again ?? UNANSWERED
  } catch (error) {
    if (!(error instanceof MasterError)) throw error
    // These concern the connection as a whole. Other parts may have had their effect.
    if (error.code === 'throttled' || error.code === 'unauthenticated' || error.code === 'aborted')
      throw afterOthers(error)
    return retry(error)
  }
}

/** The outcome with the id that the first of these answers gives: that of a refused part comes before that of the batch. */
function withRequestId(outcome: PushOutcome, answers: readonly WireResponse[]): PushOutcome {
  const masterRequestId = answers.map(requestIdOf).find((id) => id !== undefined)
  return masterRequestId === undefined ? outcome : { ...outcome, masterRequestId }
}

function asPart(requests: Requests): BatchPart {
  const [first, ...others] = requests
  if (first && others.length === 0) return { kind: 'single', request: first.request }
  return { kind: 'change-set', requests: requests.map((composed) => composed.request) }
}

const UNANSWERED: PushOutcome = {
  kind: 'retry',
  mayHaveArrived: true,
  error: {
    code: 'protocol',
    message: 'The master gave no answer for this transaction.',
    remedy: 'Nothing to do: it is verified and, where needed, sent again.',
  },
}

function retry(error: MasterError, mayHaveArrived = error.mayHaveArrived): PushOutcome {
  const named = error.requestId === undefined ? {} : { masterRequestId: error.requestId }
  return { kind: 'retry', mayHaveArrived, error: failureOf(error, wordsOf(error)), ...named }
}

/** The message without the code in front of it. */
function wordsOf(error: OutpostError): string {
  return error.message.replace(`[${error.code}] `, '')
}

function afterOthers(error: MasterError): MasterError {
  const { code, place, remedy, status, masterCode, requestId, retryAfterMs } = error
  return new MasterError(code, wordsOf(error), {
    cause: error,
    place,
    mayHaveArrived: true,
    ...(remedy === undefined ? {} : { remedy }),
    ...(status === undefined ? {} : { status }),
    ...(masterCode === undefined ? {} : { masterCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
