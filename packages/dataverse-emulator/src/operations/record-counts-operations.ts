import { invalidArgument, notImplemented, WebApiError } from '../errors.ts'
import { isJsonArray } from '../json/read.ts'
import { complexReply } from './complex-reply.ts'
import { findEntity } from './entity-parameter.ts'
import type { Operation } from './operation.ts'
import { textParameter } from './text-parameter.ts'

/** Number of rows of some tables, from a count that is up to a day old. */
export const retrieveTotalRecordCount: Operation = {
  name: 'RetrieveTotalRecordCount',
  kind: 'function',
  parameters: { EntityNames: { type: 'Collection(Edm.String)' } },
  returns: 'mscrm.RetrieveTotalRecordCountResponse',
  response: { EntityRecordCountCollection: 'mscrm.EntityRecordCountCollection' },
  run: (call) => {
    const { org, parameters } = call
    const given = parameters.get('EntityNames')
    const names = (isJsonArray(given) ? given : []).map(String)
    for (const name of names) {
      if (org.schema.table(name) !== undefined) continue
      throw new WebApiError(
        400,
        '0x80041102',
        `The entity with a name = '${name}' with namemapping = 'Logical' was not found in the MetadataCache.`,
      )
    }
    return complexReply(call, 'RetrieveTotalRecordCountResponse', {
      EntityRecordCountCollection: {
        Count: names.length,
        IsReadOnly: false,
        Keys: names,
        Values: names.map((name) => org.counts.of(name)),
      },
    })
  },
}

/** Computes a rollup column at once; the built-in tables have none. */
export const calculateRollupField: Operation = {
  name: 'CalculateRollupField',
  kind: 'function',
  parameters: { Target: { type: 'mscrm.crmbaseentity' }, FieldName: { type: 'Edm.String' } },
  returns: 'mscrm.crmbaseentity',
  run: (call) => {
    const { org, request, parameters } = call
    const { table } = findEntity(org, parameters.get('Target'), request)
    const name = textParameter(call, 'FieldName')
    const column = org.schema.column(table.logicalName, name)
    if (column?.sourceType === 2) throw notImplemented('the calculation of rollup columns')
    throw invalidArgument(`The attribute '${name}' of the entity '${table.logicalName}' is not a rollup attribute.`)
  },
}
