/** A promise that somebody else settles. */
export class Deferred<T> {
  readonly promise: Promise<T>
  resolve: (value: T) => void = ignore
  reject: (error: unknown) => void = ignore

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}

function ignore(): void {}
