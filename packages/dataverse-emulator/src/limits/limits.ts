/** How much one user may ask for, and how long a request may be. */
export interface Limits {
  /** False switches the limits on what a user asks for off; lengths are limited all the same. */
  serviceProtection: boolean
  /** Requests of a user within the window. A batch is one. */
  requests: number
  /** Seconds of execution of a user's requests within the window. */
  executionSeconds: number
  /** Requests of a user at the same time. */
  concurrency: number
  /** Length of the sliding window. */
  windowSeconds: number
  /** Execution time every request, and every part of a batch, counts for. */
  msPerRequest: number
  /** Execution time that 1,000 characters of an answer count for. */
  msPerThousandCharacters: number
  /** Characters of path and query of a plain request. */
  urlLength: number
  /** Characters of a URL inside of a batch. */
  batchUrlLength: number
  /** Bytes of a body. */
  bodyBytes: number
}

/** The limits of the service, where they are documented. */
export const defaultLimits: Readonly<Limits> = {
  serviceProtection: true,
  requests: 6000,
  executionSeconds: 1200,
  concurrency: 52,
  windowSeconds: 300,
  msPerRequest: 10,
  msPerThousandCharacters: 0.2,
  urlLength: 32_768,
  batchUrlLength: 65_536,
  bodyBytes: 134_217_728,
}
