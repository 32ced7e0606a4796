import type { SeedRow, StoredValues } from '../../schema.ts'
import { Draw } from '../draw.ts'
import { rowOf } from '../row-of.ts'
import { FIRST_TECHNICIAN, rowId } from '../plan.ts'
import type { Plan } from '../plan.ts'
import {
  cities,
  companyNames,
  companyTrades,
  faults,
  firstNames,
  jobTitles,
  lastNames,
  machines,
  remarks,
  requests,
  streets,
} from '../words.ts'
import { daysFromAsOf, isoDate, isoSeconds, ownedByTeam, ownedByUser } from './ownership.ts'

/** The technician who looks after the account at an index. */
export function technicianOf(account: number, plan: Plan): number {
  return FIRST_TECHNICIAN + (account % plan.technicians)
}

/** The account a contact belongs to. Every ninth contact belongs to the contact before it instead. */
function accountOf(contact: number, plan: Plan): number {
  return contact % plan.count.account
}

/** Street, town and position. */
export function addressFor(draw: Draw): { line: string; city: string; postalCode: string; at: [number, number] } {
  const city = draw.pick(cities)
  return {
    line: `${draw.pick(streets)} ${draw.whole(1, 180)}`,
    city: city.name,
    postalCode: city.postalCode,
    at: [
      Number((city.latitude + draw.decimal(-0.05, 0.05, 5)).toFixed(5)),
      Number((city.longitude + draw.decimal(-0.05, 0.05, 5)).toFixed(5)),
    ],
  }
}

/** What a customer says is wrong or wanted; `{m}` is a machine, `{n}` a number. */
export function complaint(draw: Draw): string {
  const machine = draw.pick(machines)
  if (draw.chance(0.4)) return draw.pick(requests).replace('{m}', machine)
  const fault = draw.pick(faults).replace('{n}', String(draw.whole(11, 97)))
  return `${machine.charAt(0).toUpperCase()}${machine.slice(1)} ${fault}`
}

export function* accountRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.account; index++) {
    const draw = new Draw(`account|${index}`)
    const place = addressFor(draw)
    const money = draw.chance(0.6) ? currency(draw, 'revenue', draw.decimal(40_000, 9_000_000, 2)) : {}
    yield {
      table: 'account',
      values: {
        accountid: rowId('account', index),
        name: `${draw.pick(companyNames)} ${draw.pick(companyTrades)}`,
        accountnumber: `A-${String(index + 1).padStart(6, '0')}`,
        telephone1: draw.chance(0.9) ? `+45 3${draw.whole(1_000_000, 9_999_999)}` : null,
        emailaddress1: draw.chance(0.7) ? `office${index}@customer.example` : null,
        description: draw.chance(0.3) ? draw.pick(remarks) : null,
        numberofemployees: draw.chance(0.5) ? draw.whole(1, 900) : null,
        ...money,
        creditonhold: draw.chance(0.05),
        donotphone: draw.chance(0.1),
        donotemail: false,
        donotpostalmail: false,
        accountratingcode: 1,
        accountcategorycode: draw.chance(0.8) ? draw.whole(1, 2) : null,
        industrycode: draw.chance(0.7) ? draw.pick([2, 5, 8, 12, 18, 29]) : null,
        ...addressColumns(place),
        primarycontactid: index < plan.count.contact && index % 9 !== 8 ? rowId('contact', index) : null,
        parentaccountid: index > 0 && draw.chance(0.15) ? rowId('account', Math.floor(index / 2)) : null,
        ...(draw.chance(0.1)
          ? ownedByTeam(draw, technicianOf(index, plan) % 2 === 1 ? 0 : 1)
          : ownedByUser(
              draw,
              technicianOf(index, plan),
              ...(draw.chance(0.05) ? ([1, 2] as const) : ([0, 1] as const)),
            )),
      },
    }
  }
}

export function* contactRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.contact; index++) {
    const draw = new Draw(`contact|${index}`)
    const account = accountOf(index, plan)
    const underContact = index % 9 === 8
    yield rowOf(
      'contact',
      {
        contactid: rowId('contact', index),
        firstname: draw.chance(0.96) ? draw.pick(firstNames) : null,
        lastname: draw.pick(lastNames),
        jobtitle: draw.chance(0.7) ? draw.pick(jobTitles) : null,
        emailaddress1: draw.chance(0.8) ? `person${index}@customer.example` : null,
        mobilephone: draw.chance(0.7) ? `+45 2${draw.whole(1_000_000, 9_999_999)}` : null,
        birthdate: draw.chance(0.5) ? isoDate(daysFromAsOf(-draw.whole(7000, 26000))) : null,
        gendercode: draw.chance(0.5) ? draw.whole(1, 2) : null,
        preferredcontactmethodcode: draw.whole(1, 3),
        donotemail: draw.chance(0.1),
        donotphone: false,
        donotpostalmail: false,
        creditonhold: false,
        ...addressColumns(addressFor(draw)),
        parentcustomerid: underContact ? rowId('contact', index - 1) : rowId('account', account),
        'parentcustomerid@table': underContact ? 'contact' : 'account',
      },
      ownedByUser(draw, technicianOf(account, plan)),
    )
  }
}

const incidentStates = [
  [0, 1],
  [0, 1],
  [0, 2],
  [0, 3],
  [1, 5],
  [1, 1000],
  [2, 6],
] as const

export function* incidentRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.incident; index++) {
    const draw = new Draw(`incident|${index}`)
    const contact = draw.whole(0, plan.count.contact - 1)
    const account = accountOf(contact, plan)
    const forContact = draw.chance(0.3)
    yield rowOf(
      'incident',
      {
        incidentid: rowId('incident', index),
        title: complaint(draw),
        ticketnumber: `CAS-${String(index + 1).padStart(6, '0')}`,
        description: draw.chance(0.6) ? draw.pick(remarks) : null,
        prioritycode: draw.whole(1, 3),
        caseorigincode: draw.chance(0.9) ? draw.whole(1, 3) : null,
        casetypecode: draw.chance(0.8) ? draw.whole(1, 3) : null,
        isescalated: draw.chance(0.08),
        followupby: draw.chance(0.3) ? isoSeconds(daysFromAsOf(draw.whole(1, 30))) : null,
        customerid: forContact ? rowId('contact', contact) : rowId('account', account),
        'customerid@table': forContact ? 'contact' : 'account',
        primarycontactid: forContact ? null : rowId('contact', contact),
      },
      ownedByUser(draw, technicianOf(account, plan), ...draw.pick(incidentStates)),
    )
  }
}

const opportunityStates = [
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 5],
] as const

export function* opportunityRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.opportunity; index++) {
    const draw = new Draw(`opportunity|${index}`)
    const account = draw.whole(0, plan.count.account - 1)
    yield rowOf(
      'opportunity',
      {
        opportunityid: rowId('opportunity', index),
        name: draw.pick(requests).replace('{m}', draw.pick(machines)),
        ...currency(draw, 'estimatedvalue', draw.decimal(500, 80_000, 2)),
        estimatedclosedate: isoDate(daysFromAsOf(draw.whole(-60, 120))),
        closeprobability: draw.whole(0, 100),
        opportunityratingcode: 2,
        discount: draw.chance(0.3) ? draw.decimal(0, 15, 2) : null,
        customerid: rowId('account', account),
        'customerid@table': 'account',
      },
      ownedByUser(draw, technicianOf(account, plan), ...draw.pick(opportunityStates)),
    )
  }
}

/** A money column with the currency it is in: mostly euro, sometimes krona. */
export function currency(draw: Draw, column: string, amount: number): StoredValues {
  return { [column]: amount, transactioncurrencyid: rowId('transactioncurrency', draw.chance(0.85) ? 0 : 1) }
}

function addressColumns(place: ReturnType<typeof addressFor>): StoredValues {
  return {
    address1_line1: place.line,
    address1_city: place.city,
    address1_postalcode: place.postalCode,
    address1_latitude: place.at[0],
    address1_longitude: place.at[1],
  }
}
