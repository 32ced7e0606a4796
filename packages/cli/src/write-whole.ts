import { promises as files } from 'node:fs'
import { OutpostError } from '@outpost/core'

/** Writes beside the file first, so that a full disk or an interruption leaves the old file as it was. */
export async function writeWhole(file: string, parts: readonly string[]): Promise<void> {
  const draft = `${file}.part`
  try {
    await files.writeFile(draft, parts)
    await files.rename(draft, file)
  } catch (cause) {
    // Where the folder is none, there is nothing to remove either.
    await files.rm(draft, { force: true }).catch(() => {})
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new OutpostError('invalid', `cannot write ${file}: ${why}`, { cause, place: { rule: 'file' } })
  }
}
