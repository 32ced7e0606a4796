import { Schema } from '../schema.ts'
import type { SchemaDraft } from '../schema.ts'
import { MalformedXml } from '../xml/read-xml.ts'
import { completeSchema } from './complete-schema.ts'
import { LoadError } from './load-error.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { requireJson } from './require-json.ts'
import { schemaFromCsdl } from './schema-from-csdl.ts'
import { schemaFromDefinitions } from './schema-from-definitions.ts'
import { isRowsIndex, schemaFromIndex } from './schema-from-index.ts'

/** A document that describes tables, under a name by which errors speak of it. */
export interface SchemaDocument {
  readonly name: string
  /** `$metadata` XML, the JSON of EntityDefinitions or of RetrieveMetadataChanges, or the index of a folder of rows. */
  readonly text: string
}

/**
 * The schema that several documents describe together. EntityDefinitions win over `$metadata` for the tables they
 * have, and earlier documents of a kind over later ones; an index adds tables and columns that no other document has.
 */
export function loadSchema(documents: readonly SchemaDocument[], options: { readonly salt?: string } = {}): Schema {
  if (documents.length === 0) throw new LoadError('no document describes a schema')
  const drafts = documents.map(draftOf)
  const of = (kind: Kind): readonly SchemaDraft[] => drafts.filter((one) => one.kind === kind).map((one) => one.draft)
  const told = [...of('definitions'), ...of('csdl')].reduce(mergeSchemas, { tables: [] })
  const draft = of('index').reduce(completeSchema, told)
  if (draft.tables.length === 0) throw new LoadError(`${namesOf(documents)}: no tables are described`)
  try {
    return new Schema(draft, options)
  } catch (error) {
    if (error instanceof RangeError) throw new LoadError(`${namesOf(documents)}: ${error.message}`, { cause: error })
    throw error
  }
}

type Kind = 'definitions' | 'csdl' | 'index'

function draftOf({ name, text }: SchemaDocument): { readonly kind: Kind; readonly draft: SchemaDraft } {
  const plain = text.replace(/^\uFEFF/, '')
  const isXml = /^\s*</.test(plain)
  if (!isXml) requireJson(name, plain)
  try {
    if (isXml) return { kind: 'csdl', draft: schemaFromCsdl(text) }
    const json: unknown = JSON.parse(plain)
    return isRowsIndex(json)
      ? { kind: 'index', draft: schemaFromIndex(json) }
      : { kind: 'definitions', draft: schemaFromDefinitions(json) }
  } catch (error) {
    if (error instanceof MalformedXml) {
      throw new LoadError(`${name}:${error.line}:${error.column}: ${error.reason}`, { cause: error })
    }
    // Whatever is wrong with a document is wrong with the file somebody named.
    if (error instanceof Error) throw new LoadError(`${name}: ${error.message}`, { cause: error })
    throw error
  }
}

function namesOf(documents: readonly SchemaDocument[]): string {
  return documents.map((one) => one.name).join(', ')
}
