import type { Traffic } from '@outpost/core'

/** Counts what goes over the network, from its making on. */
export class TrafficCount {
  #requests = 0
  #bytesSent = 0
  #bytesReceived = 0

  sent(body: string | undefined): void {
    this.#requests += 1
    if (body !== undefined) this.#bytesSent += new TextEncoder().encode(body).length
  }

  received(bytes: number): void {
    this.#bytesReceived += bytes
  }

  get total(): Traffic {
    return { requests: this.#requests, bytesSent: this.#bytesSent, bytesReceived: this.#bytesReceived }
  }
}
