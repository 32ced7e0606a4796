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
  /** What removing an N:N link that is not there answers. */
  absentLinkStatus: 404 | 204
  /** Status of an expired delta token; its code is 0x80044352 either way. */
  expiredTokenStatus: 400 | 403
  /** When the delta token of a paged initial load is taken; a client must not depend on either. */
  deltaTokenAt: 'firstPage' | 'lastPage'
}

/** How a service of today behaves. */
export const defaultKnobs: Readonly<Knobs> = {
  emptyErrorCodes: false,
  decimalErrorCodes: false,
  hideRetryAfter: false,
  patch204WithEntityId: true,
  absentLinkStatus: 404,
  expiredTokenStatus: 400,
  deltaTokenAt: 'firstPage',
}
