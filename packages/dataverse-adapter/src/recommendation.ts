/**
 * How many requests at a time the master recommends, as it says with its answers (Microsoft Learn, "Send parallel requests").
 * A browser may not show the header.
 */
export class Recommendation {
  #requests: number | null = null

  heard({ headers }: { readonly headers: Pick<Headers, 'get'> }): void {
    const hint = Number(headers.get('x-ms-dop-hint'))
    if (Number.isInteger(hint) && hint >= 1) this.#requests = hint
  }

  get requests(): number | null {
    return this.#requests
  }
}
