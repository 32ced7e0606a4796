import type { SeedRow } from '../../schema.ts'
import { Draw } from '../draw.ts'
import { rowOf } from '../row-of.ts'
import { DISPATCHER, FIRST_TECHNICIAN, rowId } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { machines } from '../words.ts'
import { currency, technicianOf } from './customers.ts'
import { authorship, daysFromAsOf, isoDate, isoSeconds, ownedByOrganization, ownedByUser } from './ownership.ts'
import { userName } from './people.ts'

const bookingStatuses = [
  ['Scheduled', 2],
  ['Traveling', 2],
  ['In Progress', 2],
  ['On Break', 2],
  ['Completed', 2],
  ['Canceled', 3],
  ['Proposed', 1],
] as const
const shiftActivities = ['Regular shift', 'On call', 'Training', 'Break'] as const
const skills = ['Refrigeration', 'High voltage', 'Gas', 'Hydraulics', 'Welding', 'Lifts', 'Water', 'Controls'] as const
const pool = ['Crew van 1', 'Crew van 2', 'Lifting platform', 'Test bench'] as const

export function* resourceRows(plan: Plan): Generator<SeedRow> {
  const draw = new Draw('resources')
  for (const [index, [name, status]] of bookingStatuses.entries()) {
    const values = { bookingstatusid: rowId('bookingstatus', index), name, status }
    yield { table: 'bookingstatus', values: { ...values, ...ownedByUser(draw, DISPATCHER) } }
  }
  for (const [index, name] of shiftActivities.entries()) {
    const values = {
      msdyn_shiftactivitytypeid: rowId('msdyn_shiftactivitytype', index),
      msdyn_name: name,
      msdyn_status: index < 3 ? 192350000 : 192350001,
      msdyn_isbookable: index !== 3,
    }
    yield { table: 'msdyn_shiftactivitytype', values: { ...values, ...ownedByOrganization(draw) } }
  }
  for (const [index, name] of skills.entries()) {
    const values = { new_skillid: rowId('new_skill', index), new_name: name, new_level: draw.whole(1, 5) }
    yield { table: 'new_skill', values: { ...values, ...ownedByOrganization(draw) } }
  }
  for (let index = 0; index < plan.technicians + pool.length; index++) {
    const technician = index < plan.technicians
    yield rowOf(
      'bookableresource',
      {
        bookableresourceid: rowId('bookableresource', index),
        name: technician ? userName(FIRST_TECHNICIAN + index) : (pool[index - plan.technicians] ?? ''),
        resourcetype: technician ? 3 : 4,
        timezone: 105,
        userid: technician ? rowId('systemuser', FIRST_TECHNICIAN + index) : null,
      },
      ownedByUser(draw, DISPATCHER),
    )
  }
  for (let index = 0; index < plan.technicians; index++) {
    for (const offset of [0, 3]) {
      yield {
        table: 'new_skill_bookableresource',
        values: {
          new_skill_bookableresourceid: rowId('new_skill_bookableresource', index * 2 + (offset === 0 ? 0 : 1)),
          new_skillid: rowId('new_skill', (index + offset) % skills.length),
          bookableresourceid: rowId('bookableresource', index),
        },
      }
    }
  }
}

export function* equipmentRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.new_equipment; index++) {
    const draw = new Draw(`new_equipment|${index}`)
    const account = draw.whole(0, plan.count.account - 1)
    const machine = draw.pick(machines)
    yield rowOf(
      'new_equipment',
      {
        new_equipmentid: rowId('new_equipment', index),
        new_name: `${machine.charAt(0).toUpperCase()}${machine.slice(1)} ${draw.whole(1, 9)}`,
        new_serialnumber: `SN-${String(index + 1).padStart(7, '0')}`,
        new_installedon: isoDate(daysFromAsOf(-draw.whole(30, 4000))),
        ...currency(draw, 'new_purchaseprice', draw.decimal(300, 60_000, 2)),
        new_accountid: rowId('account', account),
        new_responsiblecontactid: account < plan.count.contact && draw.chance(0.7) ? rowId('contact', account) : null,
      },
      ownedByUser(draw, technicianOf(account, plan)),
    )
  }
}

export function* readingRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.new_reading; index++) {
    const draw = new Draw(`new_reading|${index}`)
    yield rowOf(
      'new_reading',
      {
        new_readingid: rowId('new_reading', index),
        new_name: `Reading ${index + 1}`,
        new_value: draw.decimal(-40, 9_000, 4),
        new_readon: isoSeconds(daysFromAsOf(-draw.whole(0, 300)) + draw.whole(0, 95) * 900_000 - 86_400_000),
        new_equipmentid: rowId('new_equipment', index % plan.count.new_equipment),
      },
      ownedByUser(draw, technicianOf(index, plan)),
    )
  }
}

export function* bookingRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.bookableresourcebooking; index++) {
    const draw = new Draw(`bookableresourcebooking|${index}`)
    const resource = index % plan.technicians
    const start = daysFromAsOf(draw.whole(-120, 21)) + draw.whole(0, 36) * 900_000
    const minutes = draw.whole(2, 16) * 15
    yield rowOf(
      'bookableresourcebooking',
      {
        bookableresourcebookingid: rowId('bookableresourcebooking', index),
        name: `Visit ${index + 1}`,
        starttime: isoSeconds(start),
        endtime: isoSeconds(start + minutes * 60_000),
        duration: minutes,
        bookingtype: 1,
        resource: rowId('bookableresource', resource),
        bookingstatus: rowId('bookingstatus', draw.whole(0, bookingStatuses.length - 1)),
        msdyn_workorder: rowId('msdyn_workorder', index % plan.count.msdyn_workorder),
      },
      ownedByUser(draw, FIRST_TECHNICIAN + resource),
    )
  }
}

export function* shiftRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.msdyn_shiftplan; index++) {
    const draw = new Draw(`msdyn_shiftplan|${index}`)
    const resource = index % plan.technicians
    const day = daysFromAsOf(draw.whole(-30, 60))
    yield rowOf(
      'msdyn_shiftplan',
      {
        msdyn_shiftplanid: rowId('msdyn_shiftplan', index),
        msdyn_name: `Shift ${isoDate(day)} ${userName(FIRST_TECHNICIAN + resource)}`,
        msdyn_startdate: isoDate(day),
        msdyn_enddate: isoDate(day),
        msdyn_shiftstart: `${isoDate(day)}T${draw.pick(['06', '07', '14'])}:00:00Z`,
        msdyn_duration: 480,
        msdyn_shiftactivitytype: rowId('msdyn_shiftactivitytype', draw.whole(0, 2)),
        msdyn_resource: rowId('bookableresource', resource),
      },
      ownedByUser(draw, FIRST_TECHNICIAN + resource),
    )
  }
}

export function* markerRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.new_x; index++) {
    const draw = new Draw(`new_x|${index}`)
    yield rowOf(
      'new_x',
      {
        new_xid: rowId('new_x', index),
        new_name: `Marker ${index + 1}`,
        new_colour: draw.pick(['red', 'amber', 'green']),
        new_markedbyid: rowId('systemuser', DISPATCHER),
        ...authorship(draw),
      },
      ownedByOrganization(draw),
    )
  }
}
