/** A document that cannot be loaded. The message begins with its name, where possible with line and column. */
export class LoadError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LoadError'
  }
}
