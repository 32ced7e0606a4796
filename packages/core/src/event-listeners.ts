import type { OutpostEvent } from './events.ts'

/** Those who listen to the events of a client org. What one of them throws goes to `onError` and stops nobody. */
export class EventListeners {
  readonly #listeners = new Set<(event: OutpostEvent) => void>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Returns the way out. */
  add(listener: (event: OutpostEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: OutpostEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        // What a listener does wrong must not stop a delivery between its claim and its end.
        this.#onError(error)
      }
    }
  }
}
