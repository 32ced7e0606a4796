/** The properties that the catalogue needs of each kind of component, and no more: full answers run to megabytes. */
const TABLE = [
  'LogicalName',
  'EntitySetName',
  'DisplayName',
  'PrimaryIdAttribute',
  'PrimaryNameAttribute',
  'OwnershipType',
  'IsIntersect',
  'IsOptimisticConcurrencyEnabled',
  'ChangeTrackingEnabled',
  'Privileges',
  'Attributes',
  'Keys',
  'OneToManyRelationships',
  'ManyToOneRelationships',
  'ManyToManyRelationships',
]
const COLUMN = [
  'LogicalName',
  'DisplayName',
  'AttributeType',
  'AttributeTypeName',
  'AttributeOf',
  'RequiredLevel',
  'IsValidForCreate',
  'IsValidForRead',
  'IsValidForUpdate',
  'MaxLength',
  'MinValue',
  'MaxValue',
  'Precision',
  'PrecisionSource',
  'OptionSet',
  'Targets',
  'DateTimeBehavior',
  'AutoNumberFormat',
  'DefaultFormValue',
]
const RELATIONSHIP = [
  'SchemaName',
  'ReferencedEntity',
  'ReferencingEntity',
  'ReferencingAttribute',
  'ReferencingEntityNavigationPropertyName',
  'CascadeConfiguration',
  'IntersectEntityName',
  'Entity1LogicalName',
  'Entity1IntersectAttribute',
  'Entity1NavigationPropertyName',
  'Entity2LogicalName',
  'Entity2IntersectAttribute',
  'Entity2NavigationPropertyName',
]
const KEY = ['LogicalName', 'KeyAttributes', 'EntityKeyIndexStatus']

/** The query for the names of all tables. */
export const TABLE_NAMES: EntityQuery = { Properties: only(['LogicalName']), Criteria: every() }

/** The query for everything the catalogue needs of these tables. */
export function tablesQuery(names: readonly string[]): EntityQuery {
  return {
    Properties: only(TABLE),
    Criteria: {
      FilterOperator: 'Or',
      Conditions: names.map((name) => ({
        ConditionOperator: 'Equals',
        PropertyName: 'LogicalName',
        Value: { Type: 'System.String', Value: name },
      })),
    },
    AttributeQuery: { Properties: only(COLUMN), Criteria: every() },
    RelationshipQuery: { Properties: only(RELATIONSHIP), Criteria: every() },
    KeyQuery: { Properties: only(KEY), Criteria: every() },
  }
}

/**
 * The query for what has changed since a stamp: as little as tells which tables are concerned. Option sets are asked for
 * because a column whose options have changed is told for their sake alone.
 */
export const CHANGES: EntityQuery = {
  Properties: only([
    'LogicalName',
    'Attributes',
    'Keys',
    'OneToManyRelationships',
    'ManyToOneRelationships',
    'ManyToManyRelationships',
  ]),
  Criteria: every(),
  AttributeQuery: { Properties: only(['LogicalName', 'OptionSet']), Criteria: every() },
  RelationshipQuery: {
    Properties: only([
      'SchemaName',
      'ReferencedEntity',
      'ReferencingEntity',
      'Entity1LogicalName',
      'Entity2LogicalName',
      'IntersectEntityName',
    ]),
    Criteria: every(),
  },
  KeyQuery: { Properties: only(['LogicalName']), Criteria: every() },
}

/** An `EntityQueryExpression` of the Web API. */
export interface EntityQuery {
  readonly [name: string]: unknown
}

function only(names: readonly string[]): { readonly AllProperties: false; readonly PropertyNames: readonly string[] } {
  return { AllProperties: false, PropertyNames: names }
}

function every(): { readonly FilterOperator: 'And'; readonly Conditions: readonly [] } {
  return { FilterOperator: 'And', Conditions: [] }
}
