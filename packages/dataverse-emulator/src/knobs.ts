import { DEFAULT_EXPOSED } from './http/cors.ts'

/**
 * Ways in which Dataverse services differ from each other, over time, or in what nobody could find out from outside.
 * All may be changed while the emulator runs.
 */
export interface Knobs {
  /** Errors carry `"code":""`. */
  emptyErrorCodes: boolean
  /** Error codes are signed decimal text instead of hex. */
  decimalErrorCodes: boolean
  /** 429 comes without `Retry-After`, as a browser sees it where CORS does not expose the header. */
  hideRetryAfter: boolean
  /** PATCH answers 204 with `OData-EntityId`. */
  patch204WithEntityId: boolean
  /** What removing an N:N link that is not there answers. */
  absentLinkStatus: 404 | 204
  /** Status of an expired delta token; its code is 0x80044352 either way. */
  expiredTokenStatus: 400 | 403
  /** Status of change tracking for a user who does not read the whole table. */
  trackingWithoutReadStatus: 403 | 400
  /** Whether annotations come along with change tracking; else the preference is dropped, as `Preference-Applied` shows. */
  trackingAnnotations: boolean
  /** Whether the intersect tables of N:N relationships that have change tracking on can be tracked. */
  trackIntersects: boolean
  /** When the delta token of a paged initial load is taken; a client must not depend on either. */
  deltaTokenAt: 'firstPage' | 'lastPage'
  /** What `PATCH` with `If-Match: <etag>` answers for a row that is not there. */
  missingRowWithEtagStatus: 404 | 412
  /** Status of a write that duplicate detection refuses: 412 by the documents of 2025, 500 by those of 2022. */
  duplicateStatus: 412 | 500
  /** Whether an update that changes nothing raises the row's version. */
  unchangedUpdateRaisesVersion: boolean
  /** Whether blanks at either end of a single line of text are dropped; long texts keep theirs. */
  trimsText: boolean
  /** Whether each block of a chunked upload must bring `x-ms-file-name`. */
  blocksNeedFileName: boolean
  /** Whether files are kept in the database, as with keys of one's own: then they cannot be downloaded in parts. */
  filesInDatabase: boolean
  /** Status of a plain request whose URL is longer than `limits.urlLength`. */
  longUrlStatus: 404 | 414
  /** The most rows of a page, below the 5,000 of the service. */
  maxPageSize: number
  /** How old the answers to questions about the schema may be without `Consistency: Strong`; the service says 30,000. */
  metadataCacheMs: number
  /** Milliseconds every request takes, or the least and the most of them, drawn by the seed; half on the way in, half on the way back. */
  latency: number | readonly [least: number, most: number]
  /** The degree of parallelism that `x-ms-dop-hint` recommends. */
  dopHint: number
  /** What a plug-in that fails other than by refusing answers: ISV code failed, or its sandbox did. */
  pluginCrash: { readonly status: 400 | 500; readonly code: '0x80040224' | '0x8004418d' }
  /** How long accepted work (async plug-ins, background operations) waits until a later request finds it done; null: until `runJobs()`. */
  jobDelayMs: number | null
  /** Response headers that CORS exposes to scripts. */
  exposeHeaders: readonly string[]
}

/** How a service of today behaves. */
export const defaultKnobs: Readonly<Knobs> = {
  emptyErrorCodes: false,
  decimalErrorCodes: false,
  hideRetryAfter: false,
  patch204WithEntityId: true,
  absentLinkStatus: 404,
  expiredTokenStatus: 400,
  trackingWithoutReadStatus: 403,
  trackingAnnotations: true,
  trackIntersects: true,
  deltaTokenAt: 'firstPage',
  missingRowWithEtagStatus: 404,
  duplicateStatus: 412,
  unchangedUpdateRaisesVersion: true,
  trimsText: true,
  blocksNeedFileName: false,
  filesInDatabase: false,
  longUrlStatus: 414,
  maxPageSize: 5000,
  metadataCacheMs: 0,
  latency: 0,
  dopHint: 4,
  pluginCrash: { status: 400, code: '0x80040224' },
  jobDelayMs: null,
  exposeHeaders: DEFAULT_EXPOSED,
}
