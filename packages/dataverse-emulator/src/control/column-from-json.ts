import {
  bigInt,
  choice,
  choices,
  dateTime,
  decimal,
  double,
  file,
  image,
  integer,
  lookup,
  memo,
  money,
  standardColumns,
  text,
  uniqueidentifier,
  yesNo,
} from '../schema.ts'
import type { ColumnDraft, TableDraft } from '../schema.ts'
import { FieldError, Fields } from './fields.ts'

const TYPES = [
  'text',
  'memo',
  'integer',
  'bigInt',
  'decimal',
  'double',
  'money',
  'yesNo',
  'choice',
  'choices',
  'dateTime',
  'lookup',
  'uniqueidentifier',
  'file',
  'image',
] as const

function labels(fields: Fields): Readonly<Record<number, string>> {
  const options = fields.fields('options')
  const found: Record<number, string> = {}
  for (const name of options.names) {
    if (!/^\d+$/.test(name)) throw new FieldError(`options.${name}`, 'must be named by the number of the option')
    found[Number(name)] = options.text(name)
  }
  return found
}

function range(fields: Fields): { readonly min?: number; readonly max?: number } {
  return {
    ...fields.optional('min', (name) => fields.number(name)),
    ...fields.optional('max', (name) => fields.number(name)),
  }
}

function draftFrom(fields: Fields, table: string): ColumnDraft {
  const name = fields.text('schemaName')
  const facts = {
    ...fields.optional('displayName', (field) => fields.text(field)),
    ...fields.optional('required', (field) => fields.oneOf(field, ['None', 'Recommended', 'ApplicationRequired'])),
  }
  const length = fields.optional('maxLength', (field) => fields.number(field))
  const precise = { ...range(fields), ...fields.optional('precision', (field) => fields.number(field)) }
  switch (fields.oneOf('type', TYPES)) {
    case 'text':
      return text(name, { ...facts, ...length })
    case 'memo':
      return memo(name, { ...facts, ...length })
    case 'integer':
      return integer(name, { ...facts, ...range(fields) })
    case 'bigInt':
      return bigInt(name, facts)
    case 'decimal':
      return decimal(name, { ...facts, ...precise })
    case 'double':
      return double(name, { ...facts, ...precise })
    case 'money':
      return money(name, { ...facts, ...precise })
    case 'yesNo':
      return yesNo(name, facts)
    case 'choice':
      return choice(name, labels(fields), facts)
    case 'choices':
      return choices(name, labels(fields), facts)
    case 'dateTime':
      return dateTime(name, {
        ...facts,
        ...fields.optional('behavior', (field) =>
          fields.oneOf(field, ['UserLocal', 'DateOnly', 'TimeZoneIndependent']),
        ),
      })
    case 'lookup': {
      const target = fields.text('target')
      return lookup(name, { table: target, relationship: `new_${target}_${table}_${name.toLowerCase()}` }, facts)
    }
    case 'uniqueidentifier':
      return uniqueidentifier(name, facts)
    case 'file':
      return file(name, facts)
    case 'image':
      return image(name, facts)
  }
}

/** A column as JSON describes it: its type, its schema name and what the type asks for. */
export function columnFromJson(value: unknown, path: string, table: string): ColumnDraft {
  const fields = new Fields(value, path)
  const draft = draftFrom(fields, table)
  fields.end()
  return draft
}

/** A user-owned table with a name column, the standard columns and those that are given. */
export function tableFromJson(value: unknown, path: string, objectTypeCode: number): TableDraft {
  const fields = new Fields(value, path)
  const schemaName = fields.text('schemaName')
  const logicalName = schemaName.toLowerCase()
  const prefix = /^([a-z]\w*?_)/i.exec(logicalName)?.[1] ?? ''
  const columns = fields.has('columns') ? fields.list('columns') : []
  const draft: TableDraft = {
    schemaName,
    objectTypeCode,
    displayName: fields.has('displayName') ? fields.text('displayName') : schemaName,
    ...fields.optional('entitySetName', (name) => fields.text(name)),
    ...fields.optional('changeTracking', (name) => fields.boolean(name)),
    ...fields.optional('optimisticConcurrency', (name) => fields.boolean(name)),
    primaryName: `${prefix}name`,
    columns: [
      text(`${prefix}name`, { displayName: 'Name' }),
      ...columns.map((one, at) => columnFromJson(one, `${path}.columns[${at}]`, logicalName)),
      ...standardColumns(logicalName, { ownership: 'UserOwned' }),
    ],
  }
  fields.end()
  return draft
}
