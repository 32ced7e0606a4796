/**
 * What can become of one request to the master. `request`: it never arrives. `answer`: the master does everything, and
 * its answer is lost. `cut`: the answer breaks off. `refused`: the service is not available (503). `hidden`: it says so,
 * and has done everything. `late`: the master does everything, the answer comes after the deadline. `silent`: nothing
 * is done, and no answer comes. `half`: the master does the first half of the transactions and breaks down.
 * `throttled`: to be asked later (429).
 */
export type Loss = 'request' | 'answer' | 'cut' | 'refused' | 'hidden' | 'late' | 'silent' | 'half' | 'throttled'

export const LOSSES: readonly Loss[] = [
  'request',
  'answer',
  'cut',
  'refused',
  'hidden',
  'late',
  'silent',
  'half',
  'throttled',
]

/** A line on which requests get lost as planned. */
export interface Line {
  /** How many requests were sent. */
  readonly sent: number
  /** What becomes of the request with this number, from 0. */
  readonly losses: Map<number, Loss>
}
