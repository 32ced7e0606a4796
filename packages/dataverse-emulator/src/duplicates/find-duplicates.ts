import type { RowStore } from '../rows/row-store.ts'
import type { Row } from '../rows/row.ts'
import type { StoredValue, StoredValues, TableDefinition } from '../schema.ts'

/** `statuscode` of a rule that is in force. */
export const PUBLISHED = 2

// States that count as active besides the first one of a table.
const ALSO_ACTIVE: Readonly<Record<string, readonly number[]>> = {
  appointment: [3],
  quote: [1],
  salesorder: [1, 4],
}

interface Condition {
  readonly base: string
  readonly matching: string
  readonly operator: number
  readonly parameter: number
  readonly ignoreBlank: boolean
}

interface Rule {
  readonly matchingTable: string
  readonly conditions: readonly Condition[]
  readonly caseSensitive: boolean
  readonly activeOnly: boolean
}

function rulesFor(store: RowStore, table: string): readonly Rule[] {
  const rules: Rule[] = []
  for (const { id, values } of store.rows('duplicaterule').all()) {
    if (values['statuscode'] !== PUBLISHED || values['baseentityname'] !== table) continue
    const rows = store.rows('duplicaterulecondition').holding('regardingobjectid', id)
    const conditions = rows.map(({ values: condition }) => ({
      base: String(condition['baseattributename']),
      matching: String(condition['matchingattributename']),
      operator: Number(condition['operatorcode'] ?? 0),
      parameter: Number(condition['operatorparam'] ?? 0),
      // The only condition of a rule never holds for two blanks.
      ignoreBlank: rows.length === 1 || condition['ignoreblankvalues'] === true,
    }))
    if (conditions.length === 0) continue
    rules.push({
      matchingTable: String(values['matchingentityname']),
      conditions,
      caseSensitive: values['iscasesensitive'] === true,
      activeOnly: values['excludeinactiverecords'] === true,
    })
  }
  return rules
}

function compared(value: StoredValue, { operator, parameter }: Condition, caseSensitive: boolean): string {
  const text = String(value).trim()
  const folded = caseSensitive ? text : text.toLowerCase()
  // 1 same first characters, 2 same last characters, 3 same date; all others compare the whole value.
  if (operator === 1) return folded.slice(0, parameter)
  if (operator === 2) return folded.slice(-parameter)
  return operator === 3 ? folded.slice(0, 10) : folded
}

function isBlank(value: StoredValue): boolean {
  return value === null || value === ''
}

function matches(rule: Rule, base: StoredValues, other: StoredValues): boolean {
  return rule.conditions.every((condition) => {
    const left = base[condition.base] ?? null
    const right = other[condition.matching] ?? null
    if (isBlank(left) || isBlank(right)) return isBlank(left) && isBlank(right) && !condition.ignoreBlank
    return compared(left, condition, rule.caseSensitive) === compared(right, condition, rule.caseSensitive)
  })
}

function isActive(table: string, row: Row): boolean {
  const state = Number(row.values['statecode'] ?? 0)
  return state === 0 || ALSO_ACTIVE[table]?.includes(state) === true
}

/** The rows of other ids that a published rule takes for duplicates of these values, each once. */
export function* findDuplicates(
  store: RowStore,
  table: TableDefinition,
  id: string,
  values: StoredValues,
  matchingTable?: string,
): Generator<{ readonly table: string; readonly row: Row }> {
  const found = new Set<string>()
  for (const rule of rulesFor(store, table.logicalName)) {
    if (matchingTable !== undefined && rule.matchingTable !== matchingTable) continue
    for (const row of store.rows(rule.matchingTable).byId('asc')) {
      const key = `${rule.matchingTable} ${row.id}`
      if ((rule.matchingTable === table.logicalName && row.id === id) || found.has(key)) continue
      if ((rule.activeOnly && !isActive(rule.matchingTable, row)) || !matches(rule, values, row.values)) continue
      found.add(key)
      yield { table: rule.matchingTable, row }
    }
  }
}
