import { noSuchResource, notImplemented, WebApiError } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import { NumberText } from '../json/read.ts'
import { createRow } from '../rows/create-row.ts'
import { changesFrom } from '../rows/given-values.ts'
import type { GivenValues } from '../rows/given-values.ts'
import type { Reference } from '../rows/reference.ts'
import { setState } from '../rows/set-state.ts'
import { updateRow } from '../rows/update-row.ts'
import type { StoredValues } from '../schema.ts'
import { findEntity } from './entity-parameter.ts'
import type { Operation, OperationCall } from './operation.ts'
import { requestContext } from './write-row-request.ts'
import type { WriteReply } from './write-reply.ts'

// Which columns of a lead go where, as the mappings of the platform have it.
const ADDRESS = ['address1_line1', 'address1_city', 'address1_postalcode'] as const
const TO_ACCOUNT = {
  companyname: 'name',
  websiteurl: 'websiteurl',
  numberofemployees: 'numberofemployees',
  revenue: 'revenue',
}
const TO_CONTACT = { firstname: 'firstname', lastname: 'lastname', jobtitle: 'jobtitle', mobilephone: 'mobilephone' }
const TO_BOTH = {
  emailaddress1: 'emailaddress1',
  telephone1: 'telephone1',
  description: 'description',
  donotphone: 'donotphone',
}
const TO_OPPORTUNITY = {
  subject: 'name',
  description: 'description',
  estimatedamount: 'estimatedvalue',
  estimatedclosedate: 'estimatedclosedate',
}

function mapped(lead: StoredValues, ...maps: readonly Readonly<Record<string, string>>[]): GivenValues {
  const values: Record<string, GivenValues[string]> = {}
  for (const [from, to] of maps.flatMap((map) => Object.entries(map))) {
    const value = lead[from] ?? null
    if (value !== null) values[to] = value
  }
  return values
}

function existing(lead: StoredValues, column: string, table: string): Reference | undefined {
  const id = lead[column]
  return typeof id === 'string' ? { table, id } : undefined
}

function qualify(call: OperationCall): WriteReply {
  const { org, request, row, table, parameters } = call
  if (row === undefined || table === undefined) throw noSuchResource('QualifyLead')
  for (const name of ['SourceCampaignId', 'ProcessInstanceId']) {
    if ((parameters.get(name) ?? null) !== null) throw notImplemented(`the parameter ${name} of QualifyLead`)
  }
  if (row.values['statecode'] !== 0) throw new WebApiError(400, '0x80040519', 'The lead is already closed.')
  const lead = row.values
  const context = requestContext(org, request)
  const created: Reference[] = []
  const create = (name: string, values: GivenValues): Reference => {
    const definition = org.schema.table(name)
    if (definition === undefined) throw noSuchResource(name)
    const known = Object.fromEntries(
      Object.entries(values).filter(([column]) => org.schema.column(name, column) !== undefined),
    )
    const made = createRow(context, definition, org.store.newId(), changesFrom(org.schema, name, known))
    created.push({ table: name, id: made.id })
    return { table: name, id: made.id }
  }
  const wants = (name: string): boolean => parameters.get(name) === true
  const given = (name: string, tables: readonly string[]): Reference | undefined => {
    if ((parameters.get(name) ?? null) === null) return undefined
    const found = findEntity(org, parameters.get(name), request, tables)
    return { table: found.table.logicalName, id: found.row.id }
  }
  const currency = given('OpportunityCurrencyId', ['transactioncurrency'])
  const customer = given('OpportunityCustomerId', ['account', 'contact'])
  const origin = { originatingleadid: { table: 'lead', id: row.id } }
  const address = Object.fromEntries(ADDRESS.map((name) => [name, name]))
  const inCurrency = existing(lead, 'transactioncurrencyid', 'transactioncurrency')
  const account = wants('CreateAccount')
    ? create('account', {
        ...mapped(lead, TO_ACCOUNT, TO_BOTH, address),
        ...origin,
        ...(inCurrency === undefined ? {} : { transactioncurrencyid: inCurrency }),
      })
    : existing(lead, 'parentaccountid', 'account')
  const contact = wants('CreateContact')
    ? create('contact', {
        ...mapped(lead, TO_CONTACT, TO_BOTH, address),
        ...origin,
        ...(account === undefined ? {} : { parentcustomerid: account }),
      })
    : existing(lead, 'parentcontactid', 'contact')
  if (wants('CreateAccount') && wants('CreateContact') && account !== undefined && contact !== undefined) {
    update(call, account, { primarycontactid: contact })
  }
  if (wants('CreateOpportunity')) {
    const buyer = customer ?? account ?? contact
    const money = currency ?? inCurrency
    const opportunity = create('opportunity', {
      ...mapped(lead, TO_OPPORTUNITY),
      ...origin,
      ...(buyer === undefined ? {} : { customerid: buyer }),
      ...(account === undefined ? {} : { parentaccountid: account }),
      ...(contact === undefined ? {} : { parentcontactid: contact }),
      ...(money === undefined ? {} : { transactioncurrencyid: money }),
    })
    update(call, { table: 'lead', id: row.id }, { qualifyingopportunityid: opportunity })
  }
  const status = parameters.get('Status')
  const value = status instanceof NumberText ? Number(status.text) : -1
  const current = org.store.rows('lead').get(row.id) ?? row
  setState(context, table, current, { state: 1, ...(value === -1 ? {} : { status: value }) })
  return {
    reply: jsonReply({
      '@odata.context': `${request.root}$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)`,
      value: created.map(({ table: name, id }) => ({
        '@odata.type': `#Microsoft.Dynamics.CRM.${name}`,
        [org.schema.table(name)?.primaryId ?? 'id']: id,
      })),
    }),
  }
}

function update({ org, request }: OperationCall, { table: name, id }: Reference, values: GivenValues): void {
  const table = org.schema.table(name)
  const row = org.store.rows(name).get(id)
  if (table === undefined || row === undefined) return
  updateRow(requestContext(org, request), table, row, changesFrom(org.schema, name, values))
}

/** Makes account, contact and opportunity of a lead. */
export const qualifyLead: Operation = {
  name: 'QualifyLead',
  kind: 'action',
  binding: { to: 'row', table: 'lead' },
  parameters: {
    CreateAccount: { type: 'Edm.Boolean' },
    CreateContact: { type: 'Edm.Boolean' },
    CreateOpportunity: { type: 'Edm.Boolean' },
    OpportunityCurrencyId: { type: 'mscrm.transactioncurrency', optional: true },
    OpportunityCustomerId: { type: 'mscrm.crmbaseentity', optional: true },
    SourceCampaignId: { type: 'mscrm.campaign', optional: true },
    Status: { type: 'Edm.Int32' },
    ProcessInstanceId: { type: 'mscrm.crmbaseentity', optional: true },
  },
  returns: 'Collection(mscrm.crmbaseentity)',
  run: qualify,
}
