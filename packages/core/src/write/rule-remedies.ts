/** What can be done about a value or a row that breaks a rule, where the rule alone tells it. */
const REMEDIES: Readonly<Record<string, string>> = {
  'unknown-column': 'Check the spelling: logical names are lower-case. If the column is new, sync first.',
  'read-only': 'Leave the column out.',
  'unsupported-type': 'Leave the column out.',
  'not-selected': 'Add the column to those of the table in the configuration, or leave it out.',
  'max-length': 'Shorten the text.',
  range: 'Give a value within these limits.',
  'value-type': 'Give a value of this kind, or null to empty the column.',
  option: 'Choose one of its options.',
  'status-of-state': 'Choose a status of that state, or write the state as well.',
  'lookup-target': 'Name one of these tables, and a row of it.',
  required: 'Give it a value.',
  'row-exists': 'Update that row instead, or leave the id out to have another one made.',
  'unknown-row':
    'Bring the row in first: keep its table, let the sync filter select it, and sync. One that was deleted here cannot be changed.',
  intersect: 'Use associate and disassociate.',
  'after-action': 'Do it with a second write.',
  'local-table': 'Write what it would do to the row.',
}

/** The remedy of a broken rule, to be put into the error; nothing where the rule alone tells none. */
export function remedyOfRule(rule: string): { readonly remedy?: string } {
  const remedy = REMEDIES[rule]
  return remedy === undefined ? {} : { remedy }
}
