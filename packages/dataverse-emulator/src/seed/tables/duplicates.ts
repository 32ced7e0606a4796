import { choice, integer, lookup, memo, parental, standardColumns, stateAndStatus, text, yesNo } from '../../schema.ts'
import type { TableDraft } from '../../schema.ts'

const rule: TableDraft = {
  schemaName: 'DuplicateRule',
  objectTypeCode: 4414,
  displayName: 'Duplicate Detection Rule',
  primaryName: 'name',
  changeTracking: false,
  columns: [
    text('Name', { maxLength: 160, required: 'ApplicationRequired', displayName: 'Rule Name' }),
    memo('Description', { maxLength: 2000 }),
    text('BaseEntityName', { maxLength: 160, required: 'SystemRequired' }),
    text('MatchingEntityName', { maxLength: 160, required: 'SystemRequired' }),
    yesNo('IsCaseSensitive'),
    yesNo('ExcludeInactiveRecords'),
    ...stateAndStatus({
      0: { label: 'Inactive', statuses: { 0: 'Unpublished', 1: 'Publishing' } },
      1: { label: 'Active', statuses: { 2: 'Published' } },
    }),
    ...standardColumns('duplicaterule', {
      ownership: 'UserOwned',
      state: 'own',
      relationships: {
        createdby: 'lk_duplicaterulebase_createdby',
        modifiedby: 'lk_duplicaterulebase_modifiedby',
        ownerid: 'owner_duplicaterules',
        owninguser: 'SystemUser_DuplicateRules',
        owningteam: 'team_DuplicateRules',
        owningbusinessunit: 'BusinessUnit_DuplicateRules',
      },
    }),
  ],
}

const condition: TableDraft = {
  schemaName: 'DuplicateRuleCondition',
  objectTypeCode: 4416,
  displayName: 'Duplicate Rule Condition',
  ownership: 'None',
  changeTracking: false,
  columns: [
    text('BaseAttributeName', { maxLength: 50, required: 'SystemRequired' }),
    text('MatchingAttributeName', { maxLength: 50, required: 'SystemRequired' }),
    choice(
      'OperatorCode',
      {
        0: 'Exact Match',
        1: 'Same First Characters',
        2: 'Same Last Characters',
        3: 'Same Date',
        4: 'Same Date and Time',
        5: 'Exact Match (Pick List Label)',
        6: 'Exact Match (Pick List Value)',
      },
      { required: 'SystemRequired', defaultValue: 0 },
    ),
    integer('OperatorParam', { min: 1 }),
    yesNo('IgnoreBlankValues'),
    lookup(
      'RegardingObjectId',
      { table: 'duplicaterule', relationship: 'DuplicateRule_DuplicateRuleConditions', cascade: parental },
      { displayName: 'Regarding', required: 'SystemRequired' },
    ),
    ...standardColumns('duplicaterulecondition', {
      ownership: 'None',
      state: 'own',
      relationships: {
        createdby: 'lk_duplicateruleconditionbase_createdby',
        modifiedby: 'lk_duplicateruleconditionbase_modifiedby',
      },
    }),
  ],
}

/** Duplicate detection rules and their conditions. */
export const duplicateTables: readonly TableDraft[] = [rule, condition]
