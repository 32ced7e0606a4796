import { invalidArgument, notImplemented, WebApiError } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import { requireReach } from '../rows/access.ts'
import type { OneToManyRelationship } from '../schema.ts'
import { findEntity } from './entity-parameter.ts'
import type { Found } from './entity-parameter.ts'
import type { Operation, OperationCall } from './operation.ts'
import { textParameter } from './text-parameter.ts'
import type { WriteReply } from './write-reply.ts'

const FIELD_TYPES: ReadonlySet<unknown> = new Set(['All', 'ValidForCreate', 'ValidForUpdate', 'ValidForRead'])

/** The relationship through which a new row comes from another one: the hierarchy of a table, or what is parental. */
function mappedRelationship(call: OperationCall, { table }: Found, target: string): OneToManyRelationship | undefined {
  const { oneToMany } = call.org.schema.relationshipsOf(table.logicalName)
  const between = oneToMany.filter((one) => one.referencingTable === target)
  return table.logicalName === target
    ? between.find((one) => one.isHierarchical)
    : between.find((one) => one.cascade.reparent === 'Cascade')
}

function initialize(call: OperationCall): WriteReply {
  const { org, request, parameters } = call
  for (const name of ['SkipParentalRelationshipMapping', 'RetrieveConsumableRecord']) {
    if (parameters.get(name) === true) throw notImplemented(`the parameter ${name} of InitializeFrom`)
  }
  const source = findEntity(org, parameters.get('EntityMoniker'), request)
  requireReach(org.store, source.table, request.user, 'read', source.row)
  const name = textParameter(call, 'TargetEntityName')
  const target = org.schema.table(name)
  if (target === undefined) throw invalidArgument(`The entity '${name}' does not exist.`)
  if (!FIELD_TYPES.has(parameters.get('TargetFieldType'))) {
    throw invalidArgument("The value of 'TargetFieldType' is not a member of TargetFieldType.")
  }
  const relationship = mappedRelationship(call, source, name)
  if (relationship === undefined) {
    throw new WebApiError(400, '0x80040e01', 'The mapping between specified entities does not exist')
  }
  // No columns are mapped, so that all there is to take over is where the new row comes from.
  return {
    reply: jsonReply({
      '@odata.context': `${request.root}$metadata#${target.entitySetName}/$entity`,
      '@odata.type': `#Microsoft.Dynamics.CRM.${name}`,
      [`${relationship.referencingNavigation}@odata.bind`]: `${source.table.entitySetName}(${source.row.id})`,
    }),
  }
}

/** The values of a new row that is made from another one. */
export const initializeFrom: Operation = {
  name: 'InitializeFrom',
  kind: 'function',
  parameters: {
    EntityMoniker: { type: 'mscrm.crmbaseentity' },
    SkipParentalRelationshipMapping: { type: 'Edm.Boolean', optional: true },
    TargetEntityName: { type: 'Edm.String' },
    TargetFieldType: { type: 'mscrm.TargetFieldType' },
    RetrieveConsumableRecord: { type: 'Edm.Boolean', optional: true },
  },
  returns: 'mscrm.crmbaseentity',
  run: initialize,
}
