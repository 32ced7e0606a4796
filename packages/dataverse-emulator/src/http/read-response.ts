/**
 * A Response whose body is there as a whole. It reads as any other, but the streams that a Response is made of, which
 * take longer than most answers, are only made where somebody asks for them.
 */
export class ReadResponse extends Response {
  readonly #bytes: Uint8Array<ArrayBuffer>
  #isRead = false
  #streamed: Response | undefined

  constructor(bytes: Uint8Array<ArrayBuffer>, init: ResponseInit) {
    super(null, init)
    this.#bytes = bytes
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#whole().body
  }

  override get bodyUsed(): boolean {
    return this.#isRead || this.#streamed?.bodyUsed === true
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    if (this.#isRead || this.#streamed !== undefined) return this.#whole().arrayBuffer()
    this.#isRead = true
    const { buffer, byteOffset, byteLength } = this.#bytes
    return buffer.slice(byteOffset, byteOffset + byteLength)
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer())
  }

  override async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  override blob(): Promise<Blob> {
    return this.#whole().blob()
  }

  override formData(): Promise<FormData> {
    return this.#whole().formData()
  }

  override clone(): Response {
    return this.#whole().clone()
  }

  #whole(): Response {
    if (this.#streamed === undefined) {
      const { status, statusText, headers } = this
      this.#streamed = new Response(this.#bytes, { status, statusText, headers })
      // Who reads a second time is refused in the platform's words.
      if (this.#isRead) void this.#streamed.body?.cancel()
    }
    return this.#streamed
  }
}
