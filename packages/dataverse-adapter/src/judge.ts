import type { ColumnValue, MasterError, PushedRow, PushOutcome, Rejection, RejectionClass } from '@outpost/core'
import { isSuccess, jsonBody, notDataverse, type Refusal, refusalOf } from './answer.ts'
import type { IndexedResponse } from './batch.ts'
import { rejectionOf } from './classify.ts'
import type { ComposedChange } from './compose-change.ts'
import type { Cause } from './error-catalogue/cause.ts'
import { explainMeaning } from './error-catalogue/explain.ts'
import type { Condition } from './meaning.ts'
import { malformed, masterRow } from './values.ts'

/**
 * What the answers to one transaction mean. Either an outcome; or the transaction is to be sent again, but for one of its
 * requests. `satisfied` has its effect on the master already (a row to be deleted that is gone, a link to be made that is
 * there) and is left out. `unseen` gives a row away and must not ask for it, since its writer may not read it then.
 */
export type Judgement =
  | { readonly outcome: PushOutcome; readonly satisfied?: undefined; readonly unseen?: undefined }
  | { readonly outcome?: undefined; readonly satisfied: number; readonly unseen?: undefined }
  | { readonly outcome?: undefined; readonly satisfied?: undefined; readonly unseen: number }

/**
 * Judges the answers to the requests of one transaction: one answer each when it took effect, the refusal of one of them
 * when it did not. Throws the `MasterError` of a refusal that is no verdict (401, 429, not a Dataverse's answer).
 */
export function judge(requests: readonly ComposedChange[], responses: readonly IndexedResponse[]): Judgement {
  const refused = responses.find(({ response }) => !isSuccess(response.status))
  if (!refused) {
    for (const { response } of responses) refuseEmptySuccess(response)
    return { outcome: processed(requests, responses) }
  }
  const index = requests.length === 1 ? 0 : refused.index
  const culprit = index === undefined ? undefined : requests[index]
  const refusal = refusalOf(refused.response, culprit?.condition ?? sharedCondition(requests))
  switch (refusal.explanation.meaning) {
    case 'unauthenticated':
    case 'throttled':
      throw refusal.error
    case 'unavailable':
      return { outcome: passing(refusal) }
    case 'stale':
      return { outcome: { kind: 'stale', ...(refusal.error.masterCode === undefined ? {} : { named: true }) } }
    case 'exists':
      return judgeExisting(requests, refusal, culprit, index)
    case 'gone':
      return judgeGone(requests, refusal, culprit, index)
    case 'permission':
      if (culprit && index !== undefined && asksForGivenRow(culprit)) return { unseen: index }
      return { outcome: verdict(refusal, culprit) }
    case 'key-clash':
    case 'duplicate':
    case 'invalid':
    case 'business':
    case 'state':
    case 'size':
    case 'expired':
    case 'unknown':
      return { outcome: verdict(refusal, culprit) }
  }
}

/** A Dataverse that has nothing to say answers 204. An empty 200 comes from something on the way that took no write. */
function refuseEmptySuccess(response: IndexedResponse['response']): void {
  if (response.status !== 204 && response.text.trim() === '') {
    throw notDataverse(response, `status ${response.status} with an empty body`)
  }
}

/** A rejection that the adapter finds before anything is sent. */
export function rejected(
  rejection: RejectionClass & ('invalid' | 'size'),
  message: string,
  change?: number,
  column?: string,
): PushOutcome {
  return {
    kind: 'rejected',
    rejection: {
      code: 'rejected',
      rejection,
      message,
      ...adviceOf(explainMeaning(rejection)),
      ...(change === undefined ? {} : { change }),
      ...(column === undefined ? {} : { column }),
    },
  }
}

/** The failure as a transaction keeps it. */
export function failureOf(error: MasterError, message: string): Omit<Rejection, 'rejection'> {
  const { code, status, masterCode, requestId } = error
  return {
    code,
    message,
    remedy: error.remedy ?? explainMeaning('unavailable').remedy,
    ...(status === undefined ? {} : { status }),
    ...(masterCode === undefined ? {} : { masterCode }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

function processed(requests: readonly ComposedChange[], responses: readonly IndexedResponse[]): PushOutcome {
  if (responses.length < requests.length) {
    const message = 'The master answered for a part of this transaction only.'
    const error = { code: 'protocol', message, remedy: explainMeaning('unavailable').remedy } as const
    return { kind: 'retry', mayHaveArrived: true, error }
  }
  const rows = requests.flatMap((composed, index) => {
    const response = responses[index]?.response
    return response === undefined ? [] : pushedRow(composed, response)
  })
  return { kind: 'processed', rows }
}

/** What the master made of the row, where it says so: a deletion and a link have no row to show. */
function pushedRow(
  { change, table, columns }: ComposedChange,
  response: IndexedResponse['response'],
): readonly PushedRow[] {
  if (response.text.trim() === '') return []
  const body = jsonBody(response)
  if (change.kind !== 'create' && change.kind !== 'update') return []
  const row = masterRow(table, columns, body)
  if (row.id !== change.id) throw malformed(table, 'another row than the one that was written')
  return [{ ...row, table: change.table }]
}

/** The condition to judge a 412 without a code by when the refused request is not named: a newer version is the safe reading. */
function sharedCondition(requests: readonly ComposedChange[]): Condition {
  const conditions = new Set(requests.map((composed) => composed.condition))
  return (['version', 'absent', 'link'] as const).find((condition) => conditions.has(condition)) ?? 'none'
}

function judgeExisting(
  requests: readonly ComposedChange[],
  refusal: Refusal,
  culprit: ComposedChange | undefined,
  index: number | undefined,
): Judgement {
  if (culprit && index !== undefined) {
    if (culprit.change.kind === 'create' && culprit.condition === 'absent') return { outcome: { kind: 'exists' } }
    if (culprit.change.kind === 'associate') return { satisfied: index }
    // A unique value that another row has, said by the code for duplicate keys in general.
    return { outcome: verdict({ ...refusal, explanation: explainMeaning('key-clash') }, culprit) }
  }
  const kinds = new Set(requests.map((composed) => composed.change.kind))
  return { outcome: kinds.has('create') && !kinds.has('associate') ? { kind: 'exists' } : passing(refusal) }
}

function judgeGone(
  requests: readonly ComposedChange[],
  refusal: Refusal,
  culprit: ComposedChange | undefined,
  index: number | undefined,
): Judgement {
  if (culprit && index !== undefined) {
    return removes(culprit) ? { satisfied: index } : { outcome: verdict(refusal, culprit) }
  }
  return { outcome: requests.every(removes) ? passing(refusal) : verdict(refusal, culprit) }
}

/** A refusal to show the row takes the write back with it. */
function asksForGivenRow({ change, request }: ComposedChange): boolean {
  return request.headers?.['Prefer'] !== undefined && 'values' in change && 'ownerid' in change.values
}

function removes({ change }: ComposedChange): boolean {
  return change.kind === 'delete' || change.kind === 'disassociate'
}

/** No verdict: reading the rows again shows what has to be done. */
function passing(refusal: Refusal): PushOutcome {
  return {
    kind: 'retry',
    mayHaveArrived: true,
    error: { ...failureOf(refusal.error, refusal.message), ...adviceOf(refusal.explanation) },
  }
}

function verdict(refusal: Refusal, culprit: ComposedChange | undefined): PushOutcome {
  const rejection = rejectionOf(refusal.explanation.meaning) ?? 'unknown'
  const column = culprit === undefined ? undefined : columnNamed(refusal.message, culprit)
  return {
    kind: 'rejected',
    rejection: {
      ...failureOf(refusal.error, refusal.message),
      ...adviceOf(refusal.explanation),
      rejection,
      ...(culprit === undefined ? {} : { change: culprit.index }),
      ...(column === undefined ? {} : { column }),
    },
  }
}

/** What an explanation says to the person whose write it was. */
function adviceOf({ cause, fix, remedy }: Cause): Pick<Rejection, 'cause' | 'fix' | 'remedy'> {
  return { cause, fix, remedy }
}

/** The column that was sent and that the message quotes, if it is one: to show where to look, not to decide by. */
function columnNamed(message: string, { change }: ComposedChange): string | undefined {
  const values: Readonly<Record<string, ColumnValue>> = 'values' in change ? change.values : {}
  const named = [...message.matchAll(/['"]([a-z0-9_]+)['"]/gi)].map((match) => match[1]?.toLowerCase() ?? '')
  const columns = new Set(named.filter((name) => Object.hasOwn(values, name)))
  return columns.size === 1 ? [...columns][0] : undefined
}
