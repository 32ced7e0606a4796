import { settleDocument } from '../files/document-body.ts'
import { isLookupColumn, targetKey } from '../schema.ts'
import type { LookupColumn, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import { checkValue, exactNumber } from './check-value.ts'
import type { RowStore } from './row-store.ts'
import { divideDecimals } from './decimal.ts'
import type { Reference } from './reference.ts'
import type { WriteContext } from './write-context.ts'

/** Values of a row while it is being written. */
export type Draft = Record<string, StoredValue>

/** The target of a stored lookup. */
export function lookupTarget(column: LookupColumn, values: StoredValues): Reference | undefined {
  const id = values[column.logicalName]
  if (typeof id !== 'string') return undefined
  const stored = values[targetKey(column.logicalName)]
  const table = typeof stored === 'string' ? stored : column.targets[0]
  return table === undefined ? undefined : { table, id }
}

/** Puts a reference, or nothing, into a lookup of a draft. */
export function setLookup(column: LookupColumn, draft: Draft, target: Reference | null): void {
  const key = targetKey(column.logicalName)
  draft[column.logicalName] = target === null ? null : target.id
  if (column.targets.length > 1) draft[key] = target === null ? null : target.table
}

/** How many decimals Money takes where the currency says so. */
export function moneyScale(context: WriteContext, values: StoredValues): number {
  const currency = values['transactioncurrencyid'] ?? context.organization.currencyId
  const row = context.store.rows('transactioncurrency').get(String(currency))
  const precision = row?.values['currencyprecision']
  return typeof precision === 'number' ? precision : 2
}

function computeMoney({ store, organization }: WriteContext, table: TableDefinition, draft: Draft): void {
  // The currency table has columns of both names too, but there they mean the currency itself.
  const currencyColumn = store.schema.column(table.logicalName, 'transactioncurrencyid')
  if (currencyColumn === undefined || !isLookupColumn(currencyColumn)) return
  draft['transactioncurrencyid'] ??= organization.currencyId
  const currency = store.rows('transactioncurrency').get(String(draft['transactioncurrencyid']))
  const rate = currency?.values['exchangerate'] ?? 1
  draft['exchangerate'] = rate
  for (const column of table.columns) {
    if (column.type !== 'Money' || column.baseOf === null) continue
    const amount = draft[column.baseOf] ?? null
    const converted = amount === null ? undefined : divideDecimals(String(amount), String(rate), 4)
    draft[column.logicalName] = converted === undefined ? null : exactNumber(converted)
  }
}

function computeOwner(store: RowStore, table: TableDefinition, draft: Draft): void {
  if (table.ownership !== 'UserOwned') return
  const owner = draft['ownerid'] ?? null
  const isTeam = draft[targetKey('ownerid')] === 'team'
  const ownerRow = owner === null ? undefined : store.rows(isTeam ? 'team' : 'systemuser').get(String(owner))
  const unit = ownerRow?.values['businessunitid'] ?? null
  const has = (name: string): boolean => store.schema.column(table.logicalName, name) !== undefined
  if (has('owningbusinessunit')) draft['owningbusinessunit'] = unit
  if (has('owninguser')) draft['owninguser'] = isTeam ? null : owner
  if (has('owningteam')) draft['owningteam'] = isTeam ? owner : null
}

/** Recomputes what the server alone decides: owning columns, base amounts, formula columns. */
export function computeColumns(context: WriteContext, table: TableDefinition, draft: Draft): void {
  settleDocument(context, table, draft)
  computeOwner(context.store, table, draft)
  computeMoney(context, table, draft)
  for (const column of table.columns) {
    if (column.formula !== undefined)
      draft[column.logicalName] = checkFormula(context, table, column.logicalName, column.formula(draft))
  }
}

function checkFormula(context: WriteContext, table: TableDefinition, name: string, value: StoredValue): StoredValue {
  const column = context.store.schema.column(table.logicalName, name)
  if (column === undefined) return value
  // A computed text is cut, not refused, where it is too long for its column.
  const fitted = column.type === 'String' && typeof value === 'string' ? value.slice(0, column.maxLength) : value
  return checkValue(column, fitted, table.logicalName, 4)
}
