import { conditionOperators } from '../conditions/operators.ts'
import type { OperationFacts, OperationParameter } from '../operations/operation-facts.ts'

const optional = (type: string): OperationParameter => ({ type, optional: true })

/** The functions that `metadata/` answers. */
export const metadataOperations: readonly OperationFacts[] = [
  {
    name: 'RetrieveMetadataChanges',
    kind: 'function',
    parameters: {
      Query: optional('mscrm.EntityQueryExpression'),
      DeletedMetadataFilters: optional('mscrm.DeletedMetadataFilters'),
      ClientVersionStamp: optional('Edm.String'),
      AppModuleId: optional('Edm.Guid'),
      RetrieveAllSettings: optional('Edm.Boolean'),
    },
    returns: 'mscrm.RetrieveMetadataChangesResponse',
  },
  {
    name: 'RetrieveTimestamp',
    kind: 'function',
    parameters: {},
    returns: 'mscrm.RetrieveTimestampResponse',
  },
]

/** The functions of `$filter`, which have no imports. */
export const queryFunctions: readonly OperationFacts[] = conditionOperators
  .filter((operator) => operator.isFunction)
  .map(({ name, values, counts }) => ({
    name,
    kind: 'function',
    parameters: { PropertyName: { type: 'Edm.String' }, ...valueParameters(name, values, counts === true) },
    returns: 'Edm.Boolean',
  }))

function valueParameters(name: string, values: string, counts: boolean): Record<string, OperationParameter> {
  if (values === 'none') return {}
  if (values === 'one') return { PropertyValue: { type: counts ? 'Edm.Int64' : 'Edm.String' } }
  if (values === 'pair' && name.includes('Fiscal')) {
    return { PropertyValue1: { type: 'Edm.Int64' }, PropertyValue2: { type: 'Edm.Int64' } }
  }
  return { PropertyValues: { type: 'Collection(Edm.String)' } }
}
