import { OutpostError } from '@outpost/core/store'
import type { End, Operate } from './messages.ts'

/** What a tab has asked of one transaction and is not answered yet. */
export class Inbox {
  readonly #messages: (Operate | End)[] = []
  readonly #idleMs: number
  #wake: (() => void) | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(idleMs: number) {
    this.#idleMs = idleMs
  }

  put(message: Operate | End): void {
    this.#messages.push(message)
    this.#wake?.()
  }

  /** Makes every further `next` reject. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake?.()
  }

  /** The next message. Rejects when the tab is gone, and with `store` when it has asked for nothing for too long. */
  async next(): Promise<Operate | End> {
    let timer: ReturnType<typeof setTimeout> | undefined
    for (;;) {
      const message = this.#messages.shift()
      if (message || this.#failure) clearTimeout(timer)
      if (this.#failure) throw this.#failure.error
      if (message) return message
      timer ??= setTimeout(() => this.fail(idle(this.#idleMs)), this.#idleMs)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

function idle(idleMs: number): OutpostError {
  return new OutpostError('store', `the transaction asked for nothing for ${idleMs} ms and was rolled back`, {
    remedy: 'Await only the transaction inside a body.',
  })
}
