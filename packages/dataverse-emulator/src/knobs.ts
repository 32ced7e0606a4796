/** Ways in which Dataverse services differ from each other or over time. All may be changed while the emulator runs. */
export interface Knobs {
  /** Errors carry `"code":""`. */
  emptyErrorCodes: boolean
  /** Error codes are signed decimal text instead of hex. */
  decimalErrorCodes: boolean
  /** 429 comes without `Retry-After`, as a browser sees it where CORS does not expose the header. */
  hideRetryAfter: boolean
  /** PATCH answers 204 with `OData-EntityId`. */
  patch204WithEntityId: boolean
  /** When the delta token of a paged initial load is taken; a client must not depend on either. */
  deltaTokenAt: 'firstPage' | 'lastPage'
}

/** How a service of today behaves. */
export const defaultKnobs: Readonly<Knobs> = {
  emptyErrorCodes: false,
  decimalErrorCodes: false,
  hideRetryAfter: false,
  patch204WithEntityId: true,
  deltaTokenAt: 'firstPage',
}
