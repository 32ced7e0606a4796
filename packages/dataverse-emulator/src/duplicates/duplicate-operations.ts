import { badPayload, badQuery, noSuchResource, rowDoesNotExist } from '../errors.ts'
import { emptyReply, jsonReply } from '../http/reply.ts'
import { isJsonObject, NumberText } from '../json/read.ts'
import type { Json, JsonObject } from '../json/read.ts'
import { RawJson } from '../json/write.ts'
import type { Operation, OperationCall } from '../operations/operation.ts'
import type { WriteReply } from '../operations/write-reply.ts'
import { parseSelect } from '../odata/select.ts'
import { writeContext } from '../org.ts'
import { reach } from '../rows/access.ts'
import { lookupValues } from '../rows/changes.ts'
import { readPayload } from '../rows/read-payload.ts'
import { resolveReference } from '../rows/resolve-reference.ts'
import type { Row } from '../rows/row.ts'
import { updateRow } from '../rows/update-row.ts'
import { rowText, rowWriter } from '../rows/write-row.ts'
import type { StoredValues, TableDefinition } from '../schema.ts'
import { findDuplicates, PUBLISHED } from './find-duplicates.ts'

const UNPUBLISHED = 0

/** The row that duplicates are looked for: an existing one, or values that are nowhere yet. */
function businessEntity(
  { org, request }: OperationCall,
  given: Json | undefined,
): { readonly table: TableDefinition; readonly id: string; readonly values: StoredValues } {
  if (given === undefined || given === null || !isJsonObject(given)) {
    throw badPayload("The parameter 'BusinessEntity' is not an entity.")
  }
  const url = given.get('@odata.id')
  if (typeof url === 'string') return existing(org, resolveReference(org.store, url, request))
  const type = given.get('@odata.type')
  const name = typeof type === 'string' ? type.replace(/^#?Microsoft\.Dynamics\.CRM\./, '') : ''
  const table = org.schema.table(name)
  if (table === undefined) throw badPayload(`The type '${name}' of the parameter 'BusinessEntity' is not known.`)
  const { values, lookups } = readPayload(org.store, table, given, request)
  const id = values.get(table.primaryId)
  const plain = Object.fromEntries(values)
  if (typeof id === 'string' && values.size === 1) return existing(org, { table: name, id })
  return { table, id: typeof id === 'string' ? id : '', values: { ...plain, ...lookupValues(lookups) } }
}

function existing(
  org: OperationCall['org'],
  { table: name, id }: { readonly table: string; readonly id: string },
): { readonly table: TableDefinition; readonly id: string; readonly values: StoredValues } {
  const table = org.schema.table(name)
  const row = org.store.rows(name).get(id)
  if (table === undefined || row === undefined) throw rowDoesNotExist(name, id)
  return { table, id, values: row.values }
}

function count(paging: JsonObject, name: string, otherwise: number): number {
  const value = paging.get(name)
  if (value === undefined || value === null) return otherwise
  const number = value instanceof NumberText ? Number(value.text) : Number.NaN
  if (!Number.isInteger(number) || number < 0) throw badPayload(`The member '${name}' of 'PagingInfo' is not valid.`)
  return number === 0 ? otherwise : number
}

function page(rows: readonly Row[], paging: Json | undefined): readonly Row[] {
  if (paging === undefined || paging === null) return rows.slice(0, 5000)
  if (!isJsonObject(paging)) throw badPayload("The parameter 'PagingInfo' is not valid.")
  for (const name of paging.keys()) {
    if (['PageNumber', 'Count', 'PagingCookie', 'ReturnTotalRecordCount'].includes(name) || name.startsWith('@'))
      continue
    throw badPayload(`The property '${name}' does not exist on type 'Microsoft.Dynamics.CRM.PagingInfo'.`)
  }
  const size = Math.min(count(paging, 'Count', 5000), 5000)
  const first = (count(paging, 'PageNumber', 1) - 1) * size
  return rows.slice(first, first + size)
}

function retrieveDuplicates(call: OperationCall): WriteReply {
  const { org, request, parameters } = call
  const matching = parameters.get('MatchingEntityName')
  const table = typeof matching === 'string' ? org.schema.table(matching) : undefined
  if (table === undefined) throw badQuery("The parameter 'MatchingEntityName' is not the name of a table.")
  const base = businessEntity(call, parameters.get('BusinessEntity'))
  const sees = reach(org.store, table, request.user, 'read')
  const found = [...findDuplicates(org.store, base.table, base.id, base.values, table.logicalName)]
  const rows = found.map(({ row }) => row).filter(sees)
  const write = rowWriter(org.store, table, parseSelect(org.schema, table, undefined).columns, () => false)
  return {
    reply: jsonReply({
      '@odata.context': `${request.root}$metadata#${table.entitySetName}`,
      value: page(rows, parameters.get('PagingInfo')).map((row) => new RawJson(rowText(write, row))),
    }),
  }
}

function setStatus({ org, request }: OperationCall, id: string, state: number, status: number): void {
  const table = org.schema.table('duplicaterule')
  if (table === undefined) throw noSuchResource('duplicaterules')
  const row = org.store.rows('duplicaterule').get(id)
  if (row === undefined) throw rowDoesNotExist('duplicaterule', id)
  const values = new Map([
    ['statecode', state],
    ['statuscode', status],
  ])
  updateRow(writeContext(org, request.user), table, row, { values, lookups: new Map() })
}

/** Asking for the duplicates of a row, and putting rules in and out of force. */
export const duplicateOperations: readonly Operation[] = [
  {
    name: 'RetrieveDuplicates',
    kind: 'function',
    parameters: {
      BusinessEntity: { type: 'mscrm.crmbaseentity' },
      MatchingEntityName: { type: 'Edm.String' },
      PagingInfo: { type: 'mscrm.PagingInfo', optional: true },
    },
    returns: 'Collection(mscrm.crmbaseentity)',
    run: retrieveDuplicates,
  },
  {
    name: 'PublishDuplicateRule',
    kind: 'action',
    binding: { to: 'row', table: 'duplicaterule' },
    parameters: {},
    returns: 'mscrm.asyncoperation',
    run: (call) => {
      setStatus(call, call.row?.id ?? '', 1, PUBLISHED)
      const context = `${call.request.root}$metadata#asyncoperations/$entity`
      return { reply: jsonReply({ '@odata.context': context, asyncoperationid: call.org.store.newId() }) }
    },
  },
  {
    name: 'UnpublishDuplicateRule',
    kind: 'action',
    parameters: { DuplicateRuleId: { type: 'Edm.Guid' } },
    run: (call) => {
      const id = call.parameters.get('DuplicateRuleId')
      setStatus(call, typeof id === 'string' ? id.toLowerCase() : '', 0, UNPUBLISHED)
      return { reply: emptyReply() }
    },
  },
]
