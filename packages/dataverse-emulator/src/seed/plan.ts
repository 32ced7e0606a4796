import { guidsFrom } from '../schema.ts'

/** The moment the seed describes. */
export const AS_OF = '2025-06-02T06:00:00Z'
export const asOfMs: number = Date.parse(AS_OF)

const weights = {
  account: 6,
  contact: 12,
  incident: 8,
  opportunity: 3,
  task: 8,
  phonecall: 4,
  annotation: 6,
  msdyn_workorder: 12,
  msdyn_workorderservicetask: 18,
  bookableresourcebooking: 10,
  msdyn_shiftplan: 3,
  new_equipment: 5,
  new_reading: 4,
  new_x: 1,
} as const

// Every task and phone call has a row in activitypointer besides its own.
const totalWeight = Object.values(weights).reduce((sum, weight) => sum + weight, 0) + weights.task + weights.phonecall
const referenceRows = 43

export type ScaledTable = keyof typeof weights

/** How many rows of each kind there are, and who stands where. */
export interface Plan {
  readonly count: Readonly<Record<ScaledTable, number>>
  readonly technicians: number
}

/** Divides a total of about `rows` among the tables. */
export function planFor(rows: number): Plan {
  if (!Number.isSafeInteger(rows) || rows < 200) throw new RangeError('the seed needs at least 200 rows')
  const technicians = Math.min(60, 6 + Math.floor(rows / 20_000))
  const left = rows - referenceRows - 5 * technicians
  const share = (table: ScaledTable): number => Math.max(2, Math.round((left * weights[table]) / totalWeight))
  return {
    technicians,
    count: {
      account: share('account'),
      contact: share('contact'),
      incident: share('incident'),
      opportunity: share('opportunity'),
      task: share('task'),
      phonecall: share('phonecall'),
      annotation: share('annotation'),
      msdyn_workorder: share('msdyn_workorder'),
      msdyn_workorderservicetask: share('msdyn_workorderservicetask'),
      bookableresourcebooking: share('bookableresourcebooking'),
      msdyn_shiftplan: share('msdyn_shiftplan'),
      new_equipment: share('new_equipment'),
      new_reading: share('new_reading'),
      new_x: share('new_x'),
    },
  }
}

interface Series {
  readonly make: (index: number) => string
  readonly made: string[]
}

const series = new Map<string, Series>()

/**
 * The id of the row of a table at an index; a row can be referred to without being made. The same text is given each
 * time, so that a row and all that refer to it share one.
 */
export function rowId(table: string, index: number): string {
  let ids = series.get(table)
  if (ids === undefined) {
    ids = { make: guidsFrom(`field-service|${table}`), made: [] }
    series.set(table, ids)
  }
  // Made in order, whatever is asked first: an array with holes would become a hash table.
  for (let next = ids.made.length; next <= index; next++) ids.made.push(ids.make(next))
  return ids.made[index] ?? ''
}

/** Indexes of the users that are not technicians; technicians follow. */
export const ADMINISTRATOR = 0
export const DISPATCHER = 1
export const SERVICE_ACCOUNT = 2
export const FIRST_TECHNICIAN = 3

/** Business units: 0 the whole company, 1 north, 2 south. A technician belongs to north or south by turns. */
export function businessUnitOf(user: number): string {
  return rowId('businessunit', user < FIRST_TECHNICIAN ? 0 : 1 + ((user - FIRST_TECHNICIAN) % 2))
}
