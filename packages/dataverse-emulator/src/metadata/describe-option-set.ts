import type { JsonValue } from '../json/write.ts'
import type { BooleanColumn, ChoiceOption, ColumnDefinition, GlobalChoice, Schema, TableDefinition } from '../schema.ts'
import { describe, label, managed } from './described.ts'
import type { Described } from './described.ts'

/** A column that carries an option set. */
export type ChoiceColumn = Extract<ColumnDefinition, { readonly options: readonly ChoiceOption[] }>

const optionSetTypes = {
  Picklist: 'Picklist',
  MultiSelectPicklist: 'Picklist',
  State: 'State',
  Status: 'Status',
} as const

/** The option set of a choice, state or status column. */
export function describeChoices(schema: Schema, table: TableDefinition, column: ChoiceColumn): Described {
  const shared = 'globalChoice' in column ? column.globalChoice : null
  const global = shared === null ? undefined : schema.globalChoice(shared)
  if (global !== undefined) return describeGlobalChoice(global)
  const metadataId = schema.optionSetId(table.logicalName, column)
  return describe('OptionSetMetadata', {
    ...head(metadataId, `${table.logicalName}_${column.logicalName}`, optionSetTypes[column.type], column.isCustom),
    Description: label(column.description, `${metadataId}|Description`, !column.isCustom),
    DisplayName: label(column.displayName, `${metadataId}|DisplayName`, !column.isCustom),
    ParentOptionSetName: null,
    Options: column.options.map((option) => describeOption(option, metadataId, column)),
  })
}

/** A choice that several columns share. */
export function describeGlobalChoice(choice: GlobalChoice): Described {
  return describe('OptionSetMetadata', {
    ...head(choice.metadataId, choice.name, 'Picklist', choice.isCustom),
    IsGlobal: true,
    Description: label('', '', true),
    DisplayName: label(choice.displayName, `${choice.metadataId}|DisplayName`, !choice.isCustom),
    ParentOptionSetName: null,
    Options: choice.options.map((option) => describeOption(option, choice.metadataId, choice)),
  })
}

/** The two options of a yes/no column. */
export function describeYesNo(schema: Schema, table: TableDefinition, column: BooleanColumn): Described {
  const metadataId = schema.optionSetId(table.logicalName, column)
  return describe('BooleanOptionSetMetadata', {
    ...head(metadataId, `${table.logicalName}_${column.logicalName}`, 'Boolean', column.isCustom),
    Description: label(column.description, `${metadataId}|Description`, !column.isCustom),
    DisplayName: label(column.displayName, `${metadataId}|DisplayName`, !column.isCustom),
    TrueOption: describeOption({ value: 1, label: column.trueLabel }, metadataId, column),
    FalseOption: describeOption({ value: 0, label: column.falseLabel }, metadataId, column),
  })
}

function head(metadataId: string, name: string, type: string, isCustom: boolean): Record<string, JsonValue> {
  return {
    MetadataId: metadataId,
    HasChanged: null,
    IsCustomOptionSet: isCustom,
    IsGlobal: false,
    IsManaged: !isCustom,
    Name: name,
    ExternalTypeName: null,
    OptionSetType: type,
    IntroducedVersion: isCustom ? '1.0.0.0' : '5.0.0.0',
    IsCustomizable: managed(true, 'iscustomizable'),
  }
}

function describeOption(
  option: ChoiceOption,
  optionSetId: string,
  owner: { readonly isCustom: boolean; readonly type?: ColumnDefinition['type'] },
): JsonValue {
  const isState = owner.type === 'State'
  const isStatus = owner.type === 'Status'
  return {
    ...(isState ? { '@odata.type': '#Microsoft.Dynamics.CRM.StateOptionMetadata' } : {}),
    ...(isStatus ? { '@odata.type': '#Microsoft.Dynamics.CRM.StatusOptionMetadata' } : {}),
    Value: option.value,
    Color: option.color ?? null,
    IsManaged: !owner.isCustom,
    ExternalValue: null,
    ParentValues: [],
    Tag: null,
    IsHidden: false,
    MetadataId: null,
    HasChanged: null,
    ...(isState
      ? { DefaultStatus: option.defaultStatus ?? null, InvariantName: option.invariantName ?? option.label }
      : {}),
    ...(isStatus ? { State: option.state ?? null, TransitionData: transitionData(option) } : {}),
    Label: label(option.label, `${optionSetId}|${option.value}`, !owner.isCustom),
    Description: label(option.description ?? '', `${optionSetId}|${option.value}|Description`, !owner.isCustom),
  }
}

function transitionData(option: ChoiceOption): string | null {
  if (option.transitions === undefined) return null
  const allowed = option.transitions.map(
    (to) => `<allowedtransition sourcestatusid="${option.value}" tostatusid="${to}" />`,
  )
  return `<allowedtransitions xmlns="http://schemas.microsoft.com/crm/2009/WebServices">${allowed.join('')}</allowedtransitions>`
}
