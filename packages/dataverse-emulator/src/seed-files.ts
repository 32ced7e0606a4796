import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { fileProblem } from './file-problem.ts'
import type { Seed } from './schema.ts'
import { UnreadableFile } from './loaders/load-error.ts'
import { loadSchema } from './loaders/load-schema.ts'
import type { SchemaDocument } from './loaders/load-schema.ts'
import { rowsFromJsonLines } from './loaders/rows-from-json-lines.ts'
import type { RowsDocument } from './loaders/rows-from-json-lines.ts'
import { seedFrom } from './loaders/seed-from.ts'

export interface SeedFiles {
  /** `$metadata` documents and EntityDefinitions in JSON, each perhaps compressed (`.gz`). */
  readonly schemaFiles?: readonly string[]
  /** A folder of `<table>.jsonl` or `<table>.jsonl.gz`, perhaps with an `index.json`. */
  readonly rowsDirectory?: string
}

const ROWS = /^(.+)\.jsonl(?:\.gz)?$/

/** A seed from files; throws a LoadError that names the file, and where it can the line and column. */
export function seedFromFiles({ schemaFiles = [], rowsDirectory }: SeedFiles): Seed {
  const documents = schemaFiles.map(readDocument)
  if (rowsDirectory === undefined) return seedFrom({ schema: loadSchema(documents), name: namesOf(documents) })
  const names = listDirectory(rowsDirectory)
  const index = names.find((name) => /^index\.json(?:\.gz)?$/.test(name))
  const links = index === undefined ? undefined : readDocument(join(rowsDirectory, index))
  const schema = loadSchema(links === undefined ? documents : [...documents, links])
  const tables = names.flatMap((name): readonly RowsDocument[] => {
    const table = ROWS.exec(name)?.[1]
    return table === undefined ? [] : [{ ...readDocument(join(rowsDirectory, name)), table }]
  })
  if (tables.length === 0) throw new UnreadableFile(rowsDirectory, 'there is no file <table>.jsonl in it')
  return seedFrom({ schema, rows: rowsFromJsonLines(schema, tables, links), name: basename(rowsDirectory) })
}

function readDocument(path: string): SchemaDocument {
  const bytes = attempt(path, () => readFileSync(path))
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
  const plain = attempt(path, () => (isCompressed ? gunzipSync(bytes) : bytes))
  // What Windows PowerShell saves is UTF-16.
  return { name: path, text: plain.toString(plain[0] === 0xff && plain[1] === 0xfe ? 'utf16le' : 'utf8') }
}

function listDirectory(path: string): readonly string[] {
  return attempt(path, () => readdirSync(path)).toSorted()
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    // A file that is missing or broken is the caller's to mend; the path belongs to the message.
    if (error instanceof Error) throw new UnreadableFile(path, fileProblem(error), { cause: error })
    throw error
  }
}

function namesOf(documents: readonly SchemaDocument[]): string {
  return documents.map(({ name }) => basename(name)).join(' ')
}
