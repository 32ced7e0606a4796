import type { SeedRow } from '../../schema.ts'
import { Draw } from '../draw.ts'
import { rowOf } from '../row-of.ts'
import { FIRST_TECHNICIAN, rowId } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { remarks, serviceSteps } from '../words.ts'
import { addressFor, complaint, technicianOf } from './customers.ts'
import { daysFromAsOf, isoDate, isoSeconds, ownedByUser } from './ownership.ts'

const workOrderTypes = ['Repair', 'Inspection', 'Installation', 'Training']
const serviceTaskTypes = ['Safety', 'Cleaning', 'Measurement', 'Replacement', 'Paperwork']

const UNSCHEDULED = 690970000
const COMPLETED = 690970003
const POSTED = 690970004
const CANCELED = 690970005
const systemStatuses = [UNSCHEDULED, 690970001, 690970001, 690970002, COMPLETED, COMPLETED, POSTED, CANCELED] as const
const taskStatuses = [
  [0, 918640005],
  [0, 918640004],
  [0, 918640002],
  [1, 918640003],
] as const

export function* workTypeRows(): Generator<SeedRow> {
  const draw = new Draw('work types')
  for (const [index, name] of workOrderTypes.entries()) {
    const values = {
      msdyn_workordertypeid: rowId('msdyn_workordertype', index),
      msdyn_name: name,
      msdyn_incidentrequired: false,
    }
    yield { table: 'msdyn_workordertype', values: { ...values, ...ownedByUser(draw, 0) } }
  }
  for (const [index, name] of serviceTaskTypes.entries()) {
    const values = {
      msdyn_servicetasktypeid: rowId('msdyn_servicetasktype', index),
      msdyn_name: name,
      msdyn_estimatedduration: 10 * (index + 1),
    }
    yield { table: 'msdyn_servicetasktype', values: { ...values, ...ownedByUser(draw, 0) } }
  }
}

export function* workOrderRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.msdyn_workorder; index++) {
    const draw = new Draw(`msdyn_workorder|${index}`)
    const account = draw.whole(0, plan.count.account - 1)
    const technician = technicianOf(account, plan)
    const status = draw.pick(systemStatuses)
    const finished = status === COMPLETED || status === POSTED
    const start = daysFromAsOf(finished ? -draw.whole(1, 200) : draw.whole(0, 30)) + draw.whole(4, 40) * 900_000
    const place = addressFor(draw)
    const subtotal = draw.decimal(60, 4800, 2)
    const tax = Number((subtotal * 0.19).toFixed(2))
    const inactive =
      status === POSTED ? ([1, 918640000] as const) : status === CANCELED ? ([1, 2] as const) : ([0, 1] as const)
    const measures = [1, 2, 3, 4, 5].filter(() => draw.chance(0.3))
    yield rowOf(
      'msdyn_workorder',
      {
        msdyn_workorderid: rowId('msdyn_workorder', index),
        msdyn_name: String(10_000 + index),
        msdyn_workordersummary: complaint(draw),
        msdyn_instructions: draw.chance(0.5) ? draw.pick(remarks) : null,
        msdyn_systemstatus: status,
        msdyn_worklocation: 690970000,
        new_safetymeasures: measures.length === 0 ? null : measures.join(','),
        msdyn_address1: place.line,
        msdyn_city: place.city,
        msdyn_postalcode: place.postalCode,
        msdyn_latitude: place.at[0],
        msdyn_longitude: place.at[1],
        msdyn_subtotalamount: subtotal,
        msdyn_totalsalestax: tax,
        msdyn_totalamount: Number((subtotal + tax).toFixed(2)),
        transactioncurrencyid: rowId('transactioncurrency', draw.chance(0.85) ? 0 : 1),
        new_traveldistance: draw.chance(0.8) ? draw.decimal(0.4, 140, 3) : null,
        msdyn_totalestimatedduration: draw.whole(2, 16) * 15,
        msdyn_taxable: true,
        msdyn_followuprequired: draw.chance(0.1),
        msdyn_timewindowstart: isoSeconds(start),
        msdyn_timewindowend: isoSeconds(start + 4 * 3_600_000),
        msdyn_datewindowstart: isoDate(start),
        new_sitearrival: finished ? isoSeconds(start + 1_800_000) : null,
        msdyn_completedon: finished ? isoSeconds(start + 9_000_000) : null,
        msdyn_serviceaccount: rowId('account', account),
        msdyn_billingaccount: draw.chance(0.7) ? rowId('account', account) : null,
        msdyn_reportedbycontact: account < plan.count.contact ? rowId('contact', account) : null,
        msdyn_servicerequest: draw.chance(0.5) ? rowId('incident', draw.whole(0, plan.count.incident - 1)) : null,
        msdyn_workordertype: rowId('msdyn_workordertype', draw.whole(0, workOrderTypes.length - 1)),
        msdyn_parentworkorder: index > 0 && draw.chance(0.05) ? rowId('msdyn_workorder', index - 1) : null,
        msdyn_preferredresource: rowId('bookableresource', technician - FIRST_TECHNICIAN),
        new_equipmentid: draw.chance(0.6) ? rowId('new_equipment', draw.whole(0, plan.count.new_equipment - 1)) : null,
      },
      ownedByUser(draw, technician, ...inactive),
    )
  }
}

export function* serviceTaskRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.msdyn_workorderservicetask; index++) {
    const draw = new Draw(`msdyn_workorderservicetask|${index}`)
    const [state, status] = draw.pick(taskStatuses)
    const done = status === 918640002 || status === 918640003
    yield rowOf(
      'msdyn_workorderservicetask',
      {
        msdyn_workorderservicetaskid: rowId('msdyn_workorderservicetask', index),
        msdyn_name: draw.pick(serviceSteps),
        msdyn_lineorder: 1 + Math.floor(index / plan.count.msdyn_workorder),
        msdyn_estimatedduration: draw.whole(1, 8) * 5,
        msdyn_actualduration: done ? draw.whole(1, 10) * 5 : null,
        msdyn_percentcomplete: done ? 100 : draw.whole(0, 3) * 25,
        msdyn_inspectiontaskresult: done ? 192350000 + draw.whole(0, 3) : null,
        msdyn_workorder: rowId('msdyn_workorder', index % plan.count.msdyn_workorder),
        msdyn_tasktype: rowId('msdyn_servicetasktype', draw.whole(0, serviceTaskTypes.length - 1)),
      },
      ownedByUser(draw, technicianOf(index, plan), state, status),
    )
  }
}
