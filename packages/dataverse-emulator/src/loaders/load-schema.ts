import { Schema } from '../schema.ts'
import type { SchemaDraft } from '../schema.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { schemaFromCsdl } from './schema-from-csdl.ts'
import { schemaFromDefinitions } from './schema-from-definitions.ts'

/** A document that describes tables, under a name by which errors speak of it. */
export interface SchemaDocument {
  readonly name: string
  /** `$metadata` XML, or the JSON of EntityDefinitions or of RetrieveMetadataChanges. */
  readonly text: string
}

/** The document cannot be read as what it should be; the message begins with its name. */
export class LoadError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LoadError'
  }
}

/**
 * The schema that several documents describe together. EntityDefinitions win over `$metadata` for the tables they
 * have, and earlier documents of a kind over later ones.
 */
export function loadSchema(documents: readonly SchemaDocument[], options: { readonly salt?: string } = {}): Schema {
  if (documents.length === 0) throw new LoadError('no document describes a schema')
  const drafts = documents.map((document) => ({ isXml: isXml(document.text), draft: draftOf(document) }))
  const ordered = [...drafts.filter((one) => !one.isXml), ...drafts.filter((one) => one.isXml)]
  const draft = ordered.map((one) => one.draft).reduce(mergeSchemas)
  try {
    return new Schema(draft, options)
  } catch (error) {
    if (error instanceof RangeError) throw new LoadError(`${namesOf(documents)}: ${error.message}`, { cause: error })
    throw error
  }
}

function draftOf({ name, text }: SchemaDocument): SchemaDraft {
  try {
    return isXml(text) ? schemaFromCsdl(text) : schemaFromDefinitions(JSON.parse(text))
  } catch (error) {
    // Whatever is wrong with a document is wrong with the file somebody named.
    if (error instanceof Error) throw new LoadError(`${name}: ${error.message}`, { cause: error })
    throw error
  }
}

function isXml(text: string): boolean {
  return /^\uFEFF?\s*</.test(text)
}

function namesOf(documents: readonly SchemaDocument[]): string {
  return documents.map((one) => one.name).join(', ')
}
