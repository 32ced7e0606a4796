import type { SeedRow, StoredValues } from '../../schema.ts'
import { Draw } from '../draw.ts'
import { ADMINISTRATOR, FIRST_TECHNICIAN, rowId } from '../plan.ts'
import { authorship, ownedByOrganization, ownedByUser } from './ownership.ts'

interface View {
  readonly id: string
  readonly name: string
  readonly table: string
  readonly columns: readonly string[]
  readonly order: string
  readonly condition: string
  readonly isDefault?: boolean
}

const ACTIVE = '<condition attribute="statecode" operator="eq" value="0" />'
const MINE = '<condition attribute="ownerid" operator="eq-userid" />'

// The ids of these are the same in every organisation.
const saved: readonly View[] = [
  {
    id: '00000000-0000-0000-00aa-000010001001',
    name: 'My Active Accounts',
    table: 'account',
    columns: ['name', 'telephone1', 'address1_city', 'primarycontactid'],
    order: 'name',
    condition: `${MINE}${ACTIVE}`,
    isDefault: true,
  },
  {
    id: '00000000-0000-0000-00aa-000010001002',
    name: 'Active Accounts',
    table: 'account',
    columns: ['name', 'telephone1', 'address1_city', 'primarycontactid'],
    order: 'name',
    condition: ACTIVE,
  },
  {
    id: '00000000-0000-0000-00aa-000010001004',
    name: 'Active Contacts',
    table: 'contact',
    columns: ['fullname', 'parentcustomerid', 'telephone1', 'emailaddress1'],
    order: 'fullname',
    condition: ACTIVE,
    isDefault: true,
  },
  {
    id: '00000000-0000-0000-00aa-000010003001',
    name: 'Open Opportunities',
    table: 'opportunity',
    columns: ['name', 'estimatedvalue', 'estimatedclosedate', 'customerid'],
    order: 'estimatedclosedate',
    condition: ACTIVE,
    isDefault: true,
  },
]

function definition({ name, table, columns, order, condition }: Omit<View, 'id' | 'isDefault'>): StoredValues {
  const key = `${table}id`
  const attributes = [...columns, key].map((column) => `<attribute name="${column}" />`).join('')
  const cells = columns.map((column) => `<cell name="${column}" width="150" />`).join('')
  return {
    name,
    returnedtypecode: table,
    querytype: 0,
    fetchxml: `<fetch version="1.0" output-format="xml-platform" mapping="logical"><entity name="${table}">${attributes}<order attribute="${order}" descending="false" /><filter type="and">${condition}</filter></entity></fetch>`,
    layoutxml: `<grid name="resultset" jump="${columns[0] ?? key}" select="1" icon="1" preview="1"><row name="result" id="${key}">${cells}</row></grid>`,
  }
}

const personal: readonly (Omit<View, 'id'> & { readonly owner: number })[] = [
  {
    name: 'Accounts to call',
    table: 'account',
    columns: ['name', 'telephone1'],
    order: 'name',
    condition: '<condition attribute="telephone1" operator="not-null" />',
    owner: ADMINISTRATOR,
  },
  {
    name: 'My tasks by priority',
    table: 'task',
    columns: ['subject', 'prioritycode', 'scheduledend'],
    order: 'prioritycode',
    condition: MINE,
    owner: FIRST_TECHNICIAN,
  },
]

/** A few of the views that every organisation has, and two that somebody made. */
export function* viewRows(): Generator<SeedRow> {
  for (const { id, isDefault = false, ...view } of saved) {
    const draw = new Draw(`savedquery|${id}`)
    yield {
      table: 'savedquery',
      values: {
        savedqueryid: id,
        ...definition(view),
        isdefault: isDefault,
        isquickfindquery: false,
        isuserdefined: false,
        iscustom: false,
        ismanaged: true,
        ...ownedByOrganization(draw),
        ...authorship(draw),
        statecode: 0,
        statuscode: 1,
      },
    }
  }
  for (const [index, { owner, ...view }] of personal.entries()) {
    const key = view.table === 'task' ? { ...definition(view), ...activityKey(view) } : definition(view)
    yield {
      table: 'userquery',
      values: { userqueryid: rowId('userquery', index), ...key, ...ownedByUser(new Draw(`userquery|${index}`), owner) },
    }
  }
}

// Activities have their key under another name.
function activityKey(view: Omit<View, 'id' | 'isDefault'>): StoredValues {
  const { fetchxml, layoutxml } = definition(view)
  return {
    fetchxml: String(fetchxml).replace('"taskid"', '"activityid"'),
    layoutxml: String(layoutxml).replace('"taskid"', '"activityid"'),
  }
}
