import { notImplemented } from '../errors.ts'
import { utf8 } from '../json/utf8-text.ts'
import type { Utf8Text } from '../json/utf8-text.ts'
import { formattedValue } from '../rows/formatted-value.ts'
import { valueWriter, writeEtag } from '../rows/write-row.ts'
import type { RowWriter } from '../rows/write-row.ts'
import { isLookupColumn, targetKey, wireName } from '../schema.ts'
import type { ColumnDefinition } from '../schema.ts'
import { isODataColumn } from '../schema/odata-column.ts'
import { parseSelect } from '../odata/select.ts'
import type { Fetch, FetchAttribute } from './fetch.ts'
import { duplicateAlias } from './refusals.ts'
import { columnOf, NO_ROW } from './scope.ts'
import type { Scope, Slot, Tuple } from './scope.ts'

const FORMATTED = 'OData.Community.Display.V1.FormattedValue'
const ATTRIBUTE = 'OData.Community.Display.V1.AttributeName'
const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'
const NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty'

/** A column of the answer. */
export interface Member {
  readonly slot: Slot
  readonly column: ColumnDefinition
  readonly name: string
  /** Whether the name is not the column's own, so that an annotation tells it. */
  readonly renamed: boolean
}

function selected(scope: Scope, slot: Slot): readonly FetchAttribute[] {
  const { attributes } = slot.node
  if (attributes !== 'all') return attributes
  const { columns } = parseSelect(scope.org.schema, slot.table, undefined)
  return columns.map(({ logicalName }) => ({ name: logicalName, alias: undefined }))
}

function isReturned(column: ColumnDefinition): boolean {
  return isODataColumn(column) && column.type !== 'PartyList'
}

function memberOf(scope: Scope, slot: Slot, { name, alias }: FetchAttribute): Member {
  const column = columnOf(scope, slot, name)
  if (!isReturned(column)) throw notImplemented(`the column '${name}' in the answer to FetchXML`)
  if (alias !== undefined) return { slot, column, name: alias, renamed: true }
  if (slot.index === 0) return { slot, column, name: wireName(column), renamed: false }
  // The service forgets the alias of such a link and writes schema names.
  const bare = 'linkType' in slot.node && slot.node.linkType === 'matchfirstrowusingcrossapply'
  return { slot, column, name: bare ? column.schemaName : `${slot.name}.${column.logicalName}`, renamed: true }
}

/**
 * The columns of the answer. The primary key comes along unasked unless rows are distinct, and so does the currency of
 * a row when Money is selected.
 */
export function bindMembers(scope: Scope, root: Slot, { distinct }: Fetch): readonly Member[] {
  const members = new Map<string, Member>()
  for (const slot of scope.slots) {
    for (const attribute of selected(scope, slot)) {
      const member = memberOf(scope, slot, attribute)
      const known = members.get(member.name)
      if (known !== undefined && (known.slot !== slot || known.column !== member.column)) throw duplicateAlias()
      members.set(member.name, member)
    }
  }
  const unasked: string[] = []
  const isMoney = ({ slot, column, renamed }: Member): boolean => slot === root && !renamed && column.type === 'Money'
  if ([...members.values()].some(isMoney)) unasked.push('transactioncurrencyid')
  if (!distinct) unasked.push(root.table.primaryId)
  for (const name of unasked) {
    if (scope.org.schema.column(root.table.logicalName, name) === undefined) continue
    const member = memberOf(scope, root, { name, alias: undefined })
    if (!members.has(member.name)) members.set(member.name, member)
  }
  return [...members.values()]
}

/** What `@odata.context` says of the columns of the entity; a lookup is named as property and as navigation. */
export function contextOf(root: Slot, members: readonly Member[]): string {
  const names: string[] = []
  const navigations: string[] = []
  for (const { slot, column, renamed } of members) {
    if (slot !== root) continue
    const { logicalName } = column
    if (!isLookupColumn(column)) names.push(logicalName)
    else {
      names.push(...(renamed ? [logicalName] : [wireName(column), logicalName]))
      navigations.push(`${logicalName}()`)
    }
  }
  return [...new Set([...names, ...navigations])].join(',')
}

function memberWriter(scope: Scope, member: Member, wants: (annotation: string) => boolean): RowWriter {
  const { schema, store } = scope.org
  const { slot, column, name, renamed } = member
  const annotation = (kind: string, text: string | undefined): string =>
    text === undefined ? '' : `,${JSON.stringify(`${name}@${kind}`)}:${JSON.stringify(text)}`
  const attribute = renamed && wants(ATTRIBUTE) ? annotation(ATTRIBUTE, column.logicalName) : ''
  const lookup = isLookupColumn(column) ? column : undefined
  const formatted = wants(FORMATTED)
  const target = lookup !== undefined && wants(LOOKUP_TABLE)
  const navigation = lookup !== undefined && !renamed && wants(NAVIGATION)
  const write = valueWriter(store, column)
  const key = utf8(`,${JSON.stringify(name)}:`)
  const { logicalName } = column
  return (row, out) => {
    if (row === NO_ROW) return
    if (logicalName === 'versionnumber') {
      out.text(attribute)
      out.piece(key)
      out.text(row.version.toString())
      return
    }
    const value = row.values[logicalName] ?? null
    // Unlike the answers to OData queries, those to FetchXML leave nulls out.
    if (value === null) return
    let text = attribute
    if (lookup !== undefined) {
      const stored = row.values[targetKey(logicalName)]
      const to = typeof stored === 'string' ? stored : lookup.targets[0]
      const binding = to === undefined ? undefined : schema.bindingOf(slot.table.logicalName, logicalName, to)
      if (navigation) text += annotation(NAVIGATION, binding?.navigation)
      if (target) text += annotation(LOOKUP_TABLE, to)
    }
    if (formatted) text += annotation(FORMATTED, formattedValue(store, column, value, row.values))
    out.text(text)
    out.piece(key)
    write(value, out)
  }
}

/** Makes a writer of combinations of rows as JSON text: etag of the entity's row, then every column that has a value. */
export function tupleWriter(
  scope: Scope,
  root: Slot,
  members: readonly Member[],
  wants: (annotation: string) => boolean,
): (tuple: Tuple, out: Utf8Text) => void {
  const writers = members.map((member) => [member.slot.index, memberWriter(scope, member, wants)] as const)
  const hasKey = members.some(({ slot, column }) => slot === root && column.isPrimaryId)
  return (tuple, out) => {
    const at = out.length
    // Rows without their key stand for several.
    if (hasKey) writeEtag(tuple[0] ?? NO_ROW, out)
    for (const [index, write] of writers) write(tuple[index] ?? NO_ROW, out)
    out.object(at)
  }
}
