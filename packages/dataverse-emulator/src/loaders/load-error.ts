/** A document that cannot be loaded. The message begins with its name, where possible with line and column. */
export class LoadError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LoadError'
  }
}

/** A file or folder that cannot be read at all. */
export class UnreadableFile extends LoadError {
  readonly path: string

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options)
    this.name = 'UnreadableFile'
    this.path = path
  }
}
