import { invalidArgument, WebApiError } from '../errors.ts'
import { emptyReply } from '../http/reply.ts'
import { isJsonObject } from '../json/read.ts'
import { requireReach } from '../rows/access.ts'
import { associate, disassociate } from '../rows/associate.ts'
import { readPayload } from '../rows/read-payload.ts'
import type { Reference } from '../rows/reference.ts'
import { setState } from '../rows/set-state.ts'
import { leadsTo, updateRow } from '../rows/update-row.ts'
import type { WriteContext } from '../rows/write-context.ts'
import { findEntity } from './entity-parameter.ts'
import type { Found } from './entity-parameter.ts'
import type { Operation, OperationCall } from './operation.ts'
import { serverUpdate } from './server-update.ts'
import { requestContext } from './write-row-request.ts'
import type { WriteReply } from './write-reply.ts'

/** How rows of a table end when they are merged into another, and the lookup to their parent. */
const MERGED: Readonly<Record<string, { readonly state: number; readonly status?: number; readonly parent: string }>> =
  {
    account: { state: 1, parent: 'parentaccountid' },
    contact: { state: 1, parent: 'parentcustomerid' },
    lead: { state: 2, status: 7, parent: 'customerid' },
    incident: { state: 2, status: 2000, parent: 'parentcaseid' },
  }

function refuse(code: string, message: string): WebApiError {
  return new WebApiError(400, code, message)
}

function check({ row: target }: Found, { row: subordinate }: Found, parent: string, withParents: boolean): void {
  if (target.id === subordinate.id) {
    throw refuse('0x80045305', 'Merge cannot be performed on master and sub-entities that are identical.')
  }
  if (target.values['statecode'] !== 0 || subordinate.values['statecode'] !== 0) {
    throw refuse('0x80045304', 'Merge cannot be performed on entity that is inactive.')
  }
  const above = target.values[parent] ?? null
  if (above === subordinate.id) throw refuse('0x80045300', 'Merge could create cyclical parenting.')
  const lost = subordinate.values[parent] ?? null
  if (!withParents || lost === null || lost === above || lost === target.id) return
  throw above === null
    ? refuse('0x80045317', 'Merge warning: sub-entity might lose parenting.')
    : refuse('0x80045316', 'Merge warning: sub-entity will be differently parented.')
}

function moveChildren(context: WriteContext, { table, row }: Found, to: Reference): void {
  const { store } = context
  for (const relationship of store.schema.relationshipsOf(table.logicalName).oneToMany) {
    const child = store.schema.table(relationship.referencingTable)
    const column = relationship.referencingColumn
    if (child === undefined || child.isIntersect || relationship.cascade.merge !== 'Cascade') continue
    for (const one of store.rows(child.logicalName).holding(column, row.id)) {
      // An activity's pointer follows the activity.
      if (child.logicalName === 'activitypointer' || one.id === to.id) continue
      if (!leadsTo(one, column, table.logicalName, row.id)) continue
      updateRow(context, child, one, { values: new Map(), lookups: new Map([[column, to]]) })
    }
  }
}

function moveLinks(context: WriteContext, from: Found, to: Found): void {
  const { store } = context
  for (const navigation of store.schema.collections(from.table.logicalName).values()) {
    if (navigation.kind !== 'ManyToMany') continue
    const { intersectTable } = navigation.relationship
    const linked = (id: string): string[] =>
      store
        .rows(intersectTable)
        .holding(navigation.thisColumn, id)
        .map((link) => String(link.values[navigation.otherColumn]))
    const kept = new Set(linked(to.row.id))
    for (const id of linked(from.row.id)) {
      const other = { table: navigation.otherTable, id }
      disassociate(context, from.table, from.row, navigation, other)
      if (!kept.has(id)) associate(context, to.table, to.row, navigation, other)
    }
  }
}

function merge(call: OperationCall): WriteReply {
  const { org, request, parameters } = call
  const target = findEntity(org, parameters.get('Target'), request)
  const name = target.table.logicalName
  const rule = MERGED[name]
  if (rule === undefined) {
    throw new WebApiError(400, '0x80040800', `The 'Merge' method does not support entities of type '${name}'.`)
  }
  const subordinate = findEntity(org, parameters.get('Subordinate'), request)
  if (subordinate.table.logicalName !== name) {
    throw invalidArgument('Target and Subordinate of a merge must be of the same type.')
  }
  const own = requestContext(org, request)
  for (const { table, row } of [target, subordinate]) requireReach(org.store, table, request.user, 'write', row)
  check(target, subordinate, rule.parent, parameters.get('PerformParentingChecks') === true)
  // Cases are merged with the caller's privileges, all else with the system's.
  const context = name === 'incident' ? own : { ...own, enforcePrivileges: false }
  const content = parameters.get('UpdateContent')
  if (isJsonObject(content) && name !== 'incident') {
    const changes = readPayload(org.store, target.table, content, request, 'update')
    if (changes.values.size + changes.lookups.size > 0) updateRow(context, target.table, target.row, changes)
  }
  const to = { table: name, id: target.row.id }
  moveChildren(context, subordinate, to)
  moveLinks(context, subordinate, target)
  const { state, status } = rule
  const closed = setState(context, subordinate.table, subordinate.row, {
    state,
    ...(status === undefined ? {} : { status }),
  })
  serverUpdate(context, subordinate.table, closed, {
    merged: true,
    masterid: to.id,
  })
  return { reply: emptyReply() }
}

/** Moves what belongs to one row to another of the same table and deactivates it. */
export const mergeRows: Operation = {
  name: 'Merge',
  kind: 'action',
  parameters: {
    Target: { type: 'mscrm.crmbaseentity' },
    Subordinate: { type: 'mscrm.crmbaseentity' },
    UpdateContent: { type: 'mscrm.crmbaseentity', optional: true },
    PerformParentingChecks: { type: 'Edm.Boolean' },
  },
  run: merge,
}
