import { badUpload } from './file-errors.ts'

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Refuses what is no Base64 text. */
export function requireBase64(text: string): void {
  if (text.length % 4 !== 0 || !BASE64.test(text)) {
    throw badUpload(
      'The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.',
    )
  }
}

/** The bytes of Base64 text; what is none is refused. */
export function fromBase64(text: string): Uint8Array {
  requireBase64(text)
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

/** Bytes as Base64 text. */
export function toBase64(bytes: Uint8Array): string {
  // A call has only so many arguments.
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x20_00) text += String.fromCharCode(...bytes.subarray(at, at + 0x20_00))
  return btoa(text)
}

/** How many bytes Base64 text stands for. */
export function base64Size(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return (text.length / 4) * 3 - padding
}
