import { knownType, modelType } from '../metadata/model.ts'
import type { MetadataFacts } from '../schema.ts'
import { textOf } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

// What a schema knows of its own; everything else of a definition is kept and served as it was loaded.
const modelled: ReadonlySet<string> = new Set(
  words(`
  MetadataId HasChanged LogicalName SchemaName EntitySetName ObjectTypeCode PrimaryIdAttribute PrimaryNameAttribute
  PrimaryImageAttribute OwnershipType IsIntersect IsActivity IsCustomEntity ChangeTrackingEnabled
  IsOptimisticConcurrencyEnabled CanChangeTrackingBeEnabled Description DisplayCollectionName DisplayName
  AttributeOf AttributeType AttributeTypeName ColumnNumber EntityLogicalName IsCustomAttribute IsPrimaryName
  IsValidODataAttribute IsValidForCreate IsValidForRead IsValidForUpdate IsLogical SourceType RequiredLevel IsSecured
  MaxLength Format FormatName MaxValue MinValue Precision PrecisionSource CalculationOf IsBaseCurrency DefaultValue
  DefaultFormValue DateTimeBehavior Targets MaxSizeInKB IsPrimaryImage`),
)

/** The properties of a table that the schema has no place for. */
export function tableFacts(definition: JsonObject): MetadataFacts {
  return facts(definition, knownType('EntityMetadata').properties)
}

/** The properties of a column that the schema has no place for. */
export function columnFacts(attribute: JsonObject, isInherited: boolean): MetadataFacts {
  const cast = /\.(?:Complex)?(\w+AttributeMetadata)$/.exec(textOf(attribute, '@odata.type') ?? '')?.[1]
  const type = (cast === undefined ? undefined : modelType(cast)) ?? knownType('AttributeMetadata')
  const kept = facts(attribute, type.properties)
  return isInherited ? { ...kept, IsValidODataAttribute: false } : kept
}

function facts(of: JsonObject, names: readonly string[]): MetadataFacts {
  const kept: Record<string, NonNullable<JsonObject[string]>> = {}
  for (const name of names) {
    const value = of[name]
    if (value !== undefined && value !== null && !modelled.has(name)) kept[name] = value
  }
  return kept
}
