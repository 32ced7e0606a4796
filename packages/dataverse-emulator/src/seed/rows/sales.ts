import type { SeedRow } from '../../schema.ts'
import { Draw } from '../draw.ts'
import { DISPATCHER, FIRST_TECHNICIAN, rowId } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { firstNames, lastNames } from '../words.ts'
import { daysFromAsOf, isoDate, ownedByUser } from './ownership.ts'

const LEADS = ['Service contract for two cold stores', 'Replacement of a compressor', 'Inspection of all sites']

/** A few people who may become customers. */
export function* leadRows(): Generator<SeedRow> {
  for (const [index, subject] of LEADS.entries()) {
    const draw = new Draw(`lead|${index}`)
    yield {
      table: 'lead',
      values: {
        leadid: rowId('lead', index),
        subject,
        firstname: draw.pick(firstNames),
        lastname: draw.pick(lastNames),
        companyname: `Prospect ${index + 1}`,
        emailaddress1: `lead${index}@prospect.example`,
        leadqualitycode: draw.whole(1, 3),
        estimatedamount: draw.decimal(500, 80_000, 2),
        transactioncurrencyid: rowId('transactioncurrency', 0),
        estimatedclosedate: isoDate(daysFromAsOf(draw.whole(10, 120))),
        ...ownedByUser(draw, DISPATCHER),
      },
    }
  }
}

/** The queue of the service desk, and one of each user's own. */
export function* queueRows(plan: Plan): Generator<SeedRow> {
  const users = FIRST_TECHNICIAN + plan.technicians
  for (let index = 0; index <= users; index++) {
    const draw = new Draw(`queue|${index}`)
    const isDesk = index === users
    yield {
      table: 'queue',
      values: {
        queueid: rowId('queue', index),
        name: isDesk ? 'Service Desk' : `Queue of user ${index + 1}`,
        queueviewtype: isDesk ? 0 : 1,
        ...ownedByUser(draw, isDesk ? DISPATCHER : index),
      },
    }
  }
}
