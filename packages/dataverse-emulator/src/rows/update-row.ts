import { WebApiError } from '../errors.ts'
import { targetKey } from '../schema.ts'
import type { OneToManyRelationship, TableDefinition } from '../schema.ts'
import { refuseDuplicates } from '../duplicates/refuse-duplicates.ts'
import { checkView } from '../fetchxml/views.ts'
import { requireColumns } from '../security/column-security.ts'
import { checkOwner } from '../security/owner-rules.ts'
import { inheritShares } from '../security/shares.ts'
import { followMovedUser, sharePreviousOwner } from '../security/unit-rules.ts'
import { requireReach } from './access.ts'
import { requireAppend } from './append.ts'
import { completeParty } from './activity-party.ts'
import { mirrorActivity } from './activity-pointer.ts'
import { acceptedChanges, applyChanges, checkKeys, stamp } from './apply-changes.ts'
import { refuseLoops } from './hierarchy.ts'
import type { Changes } from './changes.ts'
import { computeColumns } from './row-values.ts'
import type { Draft } from './row-values.ts'
import { refuseReadOnlyState, settleState } from './state.ts'
import type { Row } from './row.ts'
import type { Reference } from './reference.ts'
import type { WriteContext } from './write-context.ts'

function sameValues(before: Draft, after: Draft): boolean {
  return Object.keys(after).every((name) => (before[name] ?? null) === (after[name] ?? null))
}

/**
 * Updates a row; the version rises even where no value changes. A new owner is an assignment and cascades as one.
 * Plug-ins run around it.
 */
export function updateRow(context: WriteContext, table: TableDefinition, row: Row, changes: Changes): Row {
  const store = (current: Row, ready: Changes): Row => storeUpdate(context, table, current, ready)
  return context.pipeline === undefined
    ? store(row, changes)
    : context.pipeline.update(context, table, row, changes, store)
}

function storeUpdate(context: WriteContext, table: TableDefinition, row: Row, given: Changes): Row {
  const { store, user } = context
  const changes = acceptedChanges(context, table, given, 'update')
  const owner = changes.lookups.get('ownerid')
  const others = changes.values.size + changes.lookups.size - (owner === undefined ? 0 : 1)
  if (context.enforcePrivileges) {
    if (owner !== undefined) requireReach(store, table, user, 'assign', row)
    if (owner === undefined || others > 0) requireReach(store, table, user, 'write', row)
  }
  requireColumns(context, table, [...changes.values.keys(), ...changes.lookups.keys()], 'update')
  checkOwner(context, table, owner)
  const before: Draft = { ...row.values }
  refuseReadOnlyState(context, table, before, [...changes.values.keys(), ...changes.lookups.keys()])
  const draft: Draft = { ...row.values }
  applyChanges(context, table, row.id, changes, draft)
  settleState(context, table, row.id, before, draft, {
    state: changes.values.has('statecode'),
    status: changes.values.has('statuscode'),
  })
  completeParty(context, table, draft)
  if (context.knobs?.unchangedUpdateRaisesVersion === false && sameValues(before, draft)) return row
  stamp(context, table, draft, 'update', given.modifiedOn)
  computeColumns(context, table, draft)
  if (changes.lookups.get('transactioncurrencyid') === null) clearCurrency(table, draft)
  refuseLoops(context, table, row.id, changes.lookups)
  checkKeys(context, table, row.id, draft)
  if (changes.values.has('fetchxml')) checkView(context, table, draft)
  refuseDuplicates(context, table, row.id, draft)
  requireAppend(context, table, row, changes.lookups)
  const updated = store.update(table.logicalName, row, draft)
  if (changes.lookups.size > 0) inheritShares(store, table, updated)
  followMovedUser(context, table, row, updated)
  mirrorActivity(store, table, updated)
  if (owner !== undefined && owner !== null && isOtherOwner(row, owner)) {
    recordOwner(context, table, row)
    cascadeOwner(context, table, row.id, { from: row.values['ownerid'], to: owner }, new Set([row.id]))
  }
  return updated
}

/** Money needs a currency; a row without any may lose it. */
function clearCurrency(table: TableDefinition, draft: Draft): void {
  const hasMoney = table.columns.some(
    ({ type, logicalName }) => type === 'Money' && (draft[logicalName] ?? null) !== null,
  )
  if (hasMoney) throw new WebApiError(400, '0x80048cfb', 'The currency cannot be null.')
  draft['transactioncurrencyid'] = null
  draft['exchangerate'] = null
}

function isOtherOwner(row: Row, owner: Reference): boolean {
  return row.values['ownerid'] !== owner.id
}

function recordOwner(context: WriteContext, table: TableDefinition, before: Row): void {
  const { tracking, user } = context
  sharePreviousOwner(context, table, before)
  tracking.record({ kind: 'owner', row: { table: table.logicalName, id: before.id } }, user.id)
}

interface Assignment {
  /** Who owned the row that was assigned. */
  readonly from: unknown
  readonly to: Reference
}

/** Whether assigning a row assigns this row below it too. */
function follows({ cascade }: OneToManyRelationship, row: Row, { from }: Assignment): boolean {
  switch (cascade.assign) {
    case 'Cascade':
      return true
    case 'Active':
      return (row.values['statecode'] ?? 0) === 0
    case 'UserOwned':
      return row.values['ownerid'] === from
    default:
      return false
  }
}

function cascadeOwner(
  context: WriteContext,
  table: TableDefinition,
  id: string,
  assignment: Assignment,
  seen: Set<string>,
): void {
  const { store } = context
  const owner = assignment.to
  for (const relationship of store.schema.relationshipsOf(table.logicalName).oneToMany) {
    const child = store.schema.table(relationship.referencingTable)
    if (child === undefined || child.ownership !== 'UserOwned') continue
    for (const row of store.rows(child.logicalName).holding(relationship.referencingColumn, id)) {
      if (seen.has(row.id) || !leadsTo(row, relationship.referencingColumn, table.logicalName, id)) continue
      if (!follows(relationship, row, assignment)) continue
      seen.add(row.id)
      const draft: Draft = { ...row.values, ownerid: owner.id, [targetKey('ownerid')]: owner.table }
      stamp(context, child, draft, 'update')
      computeColumns(context, child, draft)
      mirrorActivity(store, child, store.update(child.logicalName, row, draft))
      if (isOtherOwner(row, owner)) recordOwner(context, child, row)
      cascadeOwner(context, child, row.id, assignment, seen)
    }
  }
}

/** Whether a row's lookup leads to this row; a polymorphic lookup must name the table too. */
export function leadsTo(row: Row, column: string, table: string, id: string): boolean {
  return row.values[column] === id && (row.values[targetKey(column)] ?? table) === table
}
