import { type Env, MasterError, throwIfAborted } from '@outpost/core'

/**
 * Runs the work with a signal of its own and ends in time, whether or not the work listens: rejects with `timeout` after
 * `ms` milliseconds and with `aborted` as soon as the caller's signal aborts. What the work does afterwards is lost.
 */
export async function withDeadline<T>(
  env: Pick<Env, 'sleep'>,
  ms: number,
  caller: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  throwIfAborted(caller)
  const stop = new AbortController()
  const finished = new AbortController()
  const abort = (): void => stop.abort(caller.reason)
  caller.addEventListener('abort', abort, { once: true })
  let giveUp = (): void => {}
  const stopped = new Promise<never>((_, reject) => {
    giveUp = () => reject(reasonOf(stop.signal, caller))
    stop.signal.addEventListener('abort', giveUp, { once: true })
  })
  env.sleep(ms, finished.signal).then(
    () => stop.abort(new MasterError('timeout', `no whole answer within ${ms} ms`, { remedy: TIMEOUT_REMEDY })),
    // The wait ends early because the work is done.
    () => undefined,
  )
  try {
    return await Promise.race([work(stop.signal), stopped])
  } catch (error) {
    // A fetch that does listen rejects with its own words for the same thing.
    if (stop.signal.aborted) throw reasonOf(stop.signal, caller)
    throw error
  } finally {
    finished.abort(OVER)
    caller.removeEventListener('abort', abort)
    // A platform may hold on to the signal of a request long after it has ended, and by the listener to the whole answer.
    stop.signal.removeEventListener('abort', giveUp)
  }
}

/** Why the wait ends: made once, because a reason of the platform's own comes with a stack each time. */
const OVER = new Error('the work is done')

const TIMEOUT_REMEDY = 'It is tried again later. If it lasts, look at the connection or allow more time.'

function reasonOf(stopped: AbortSignal, caller: AbortSignal): Error {
  if (stopped.reason instanceof MasterError && stopped.reason.code === 'timeout') return stopped.reason
  return new MasterError('aborted', 'the operation was cancelled', { cause: caller.reason })
}
