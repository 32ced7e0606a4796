import type { JsonValue } from '../json/write.ts'
import type { CascadeConfiguration, RelationshipDefinition } from '../schema.ts'
import { describe, managed } from './described.ts'
import type { Described } from './described.ts'

const collectionMenu = menu('UseCollectionName')
const noMenu = menu('DoNotDisplay')

/** A relationship as OneToManyRelationshipMetadata or ManyToManyRelationshipMetadata. */
export function describeRelationship(relationship: RelationshipDefinition): Described {
  const head = {
    MetadataId: relationship.metadataId,
    HasChanged: null,
    IsCustomRelationship: relationship.isCustom,
    IsValidForAdvancedFind: true,
    SchemaName: relationship.schemaName,
    IsManaged: !relationship.isCustom,
    IntroducedVersion: relationship.isCustom ? '1.0.0.0' : '5.0.0.0',
    IsCustomizable: managed(true, 'iscustomizable'),
  }
  if (relationship.kind === 'ManyToMany') {
    const own = {
      SecurityTypes: 'None',
      RelationshipType: 'ManyToManyRelationship',
      Entity1LogicalName: relationship.table1,
      Entity2LogicalName: relationship.table2,
      IntersectEntityName: relationship.intersectTable,
      Entity1IntersectAttribute: relationship.column1,
      Entity2IntersectAttribute: relationship.column2,
      Entity1NavigationPropertyName: relationship.navigation1,
      Entity2NavigationPropertyName: relationship.navigation2,
      Entity1AssociatedMenuConfiguration: collectionMenu,
      Entity2AssociatedMenuConfiguration: collectionMenu,
    }
    return describe('ManyToManyRelationshipMetadata', head, {}, { own })
  }
  const own = {
    SecurityTypes:
      relationship.cascade.assign === 'Cascade' && relationship.cascade.delete === 'Cascade' ? 'ParentChild' : 'Append',
    RelationshipType: 'OneToManyRelationship',
    ReferencedAttribute: relationship.referencedColumn,
    ReferencedEntity: relationship.referencedTable,
    ReferencingAttribute: relationship.referencingColumn,
    ReferencingEntity: relationship.referencingTable,
    IsHierarchical: relationship.isHierarchical,
    EntityKey: null,
    IsRelationshipAttributeDenormalized: false,
    ReferencedEntityNavigationPropertyName: relationship.referencedNavigation,
    ReferencingEntityNavigationPropertyName: relationship.referencingNavigation,
    RelationshipBehavior: relationship.cascade.delete === 'NoCascade' ? 0 : 1,
    IsDenormalizedLookup: null,
    DenormalizedAttributeName: null,
    AssociatedMenuConfiguration: noMenu,
    CascadeConfiguration: cascadeJson(relationship.cascade),
    RelationshipAttributes: [],
  }
  return describe('OneToManyRelationshipMetadata', head, {}, { own })
}

function cascadeJson(cascade: CascadeConfiguration): JsonValue {
  return {
    Assign: cascade.assign,
    Delete: cascade.delete,
    Archive: 'NoCascade',
    Merge: cascade.merge,
    Reparent: cascade.reparent,
    Share: cascade.share,
    Unshare: cascade.unshare,
    RollupView: cascade.rollupView,
  }
}

function menu(behavior: string): JsonValue {
  return {
    Behavior: behavior,
    Group: 'Details',
    Order: null,
    IsCustomizable: false,
    Icon: null,
    ViewId: '00000000-0000-0000-0000-000000000000',
    AvailableOffline: true,
    MenuId: null,
    QueryApi: null,
    Label: { LocalizedLabels: [], UserLocalizedLabel: null },
  }
}
