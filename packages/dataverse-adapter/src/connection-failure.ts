/** True for what fetch rejects with when there was no connection or it broke: a TypeError, whatever its words. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof TypeError || NEVER_SENT.has(codeOf(error) ?? '')
}

/**
 * True when the failure itself shows that the request never left the device. Browsers do not tell; Node names the cause.
 */
export function neverSent(error: unknown): boolean {
  const causes = causesOf(error)
  return causes.length > 0 && causes.every((cause) => failedToConnect(cause))
}

/** Failures to find, reach or trust the host: all of them before the first byte of a request. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Failures that can also befall an open connection, so that only a failed connect proves anything. */
const ONLY_AT_CONNECT: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET'])

function failedToConnect(error: unknown): boolean {
  const code = codeOf(error)
  if (code === undefined) return false
  if (NEVER_SENT.has(code)) return true
  return ONLY_AT_CONNECT.has(code) && (error as { syscall?: unknown }).syscall === 'connect'
}

/** The innermost errors: `fetch failed` wraps the socket's error, or one error per address that was tried. */
function causesOf(error: unknown): readonly unknown[] {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(causesOf)
  if (error instanceof Error && error.cause !== undefined) return causesOf(error.cause)
  return [error]
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}
