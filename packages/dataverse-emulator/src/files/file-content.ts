/** A file as it is uploaded or downloaded. */
export interface FileContent {
  readonly name: string
  readonly mimeType: string
  readonly bytes: Uint8Array
}
