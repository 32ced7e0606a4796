import type { SeedRow, StoredValues } from '../../schema.ts'
import { Draw } from '../draw.ts'
import { rowOf } from '../row-of.ts'
import { rowId } from '../plan.ts'
import type { Plan, ScaledTable } from '../plan.ts'
import { callSubjects, remarks, taskSubjects } from '../words.ts'
import { technicianOf } from './customers.ts'
import { daysFromAsOf, isoSeconds, ownedByUser } from './ownership.ts'

const regarding = ['account', 'contact', 'incident', 'msdyn_workorder'] as const
const taskStates = [
  [0, 2],
  [0, 3],
  [0, 7],
  [1, 5],
  [2, 6],
] as const
const callStates = [
  [0, 1],
  [1, 2],
  [1, 4],
  [2, 3],
] as const

// An activity's state in the common list: the status reasons there are fewer.
const pointerStatus: Readonly<Record<number, number>> = { 0: 1, 1: 2, 2: 3 }

export function* taskRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.task; index++) {
    const draw = new Draw(`task|${index}`)
    const technician = technicianOf(index, plan)
    const [state, status] = draw.pick(taskStates)
    const shared = activity(draw, plan, 'task', index, draw.pick(taskSubjects))
    const ownership = ownedByUser(draw, technician, state, status)
    yield* withPointer('task', shared, ownership, {
      category: draw.chance(0.4) ? 'Follow-up' : null,
      percentcomplete: state === 1 ? 100 : draw.whole(0, 9) * 10,
    })
  }
}

export function* phoneCallRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.phonecall; index++) {
    const draw = new Draw(`phonecall|${index}`)
    const technician = technicianOf(index * 7, plan)
    const [state, status] = draw.pick(callStates)
    const shared = activity(draw, plan, 'phonecall', index, draw.pick(callSubjects))
    const ownership = ownedByUser(draw, technician, state, status)
    yield* withPointer('phonecall', shared, ownership, {
      phonenumber: `+45 4${draw.whole(1_000_000, 9_999_999)}`,
      directioncode: status !== 4,
    })
  }
}

export function* annotationRows(plan: Plan): Generator<SeedRow> {
  for (let index = 0; index < plan.count.annotation; index++) {
    const draw = new Draw(`annotation|${index}`)
    const about = draw.pick(regarding)
    const text = draw.pick(remarks)
    const document = draw.chance(0.2)
    const attachment = document
      ? {
          filename: `remark-${index}.txt`,
          mimetype: 'text/plain',
          documentbody: btoa(text),
          filesize: text.length,
        }
      : {}
    const { statecode: _, statuscode: __, ...ownership } = ownedByUser(draw, technicianOf(index * 3, plan))
    yield rowOf(
      'annotation',
      {
        annotationid: rowId('annotation', index),
        subject: draw.chance(0.7) ? `Remark ${index + 1}` : null,
        notetext: text,
        isdocument: document,
        ...attachment,
        objectid: someRow(draw, plan, about),
        'objectid@table': about,
      },
      ownership,
    )
  }
}

function activity(draw: Draw, plan: Plan, type: string, index: number, subject: string): StoredValues {
  const about = draw.pick(regarding)
  const start = daysFromAsOf(draw.whole(-60, 30)) + draw.whole(0, 40) * 900_000
  return {
    activityid: rowId(type, index),
    activitytypecode: type,
    isregularactivity: true,
    subject,
    description: draw.chance(0.4) ? draw.pick(remarks) : null,
    prioritycode: draw.whole(0, 2),
    scheduledstart: draw.chance(0.6) ? isoSeconds(start) : null,
    scheduledend: isoSeconds(start + draw.whole(1, 16) * 900_000),
    regardingobjectid: someRow(draw, plan, about),
    'regardingobjectid@table': about,
  }
}

function* withPointer(
  table: string,
  shared: StoredValues,
  ownership: StoredValues,
  own: StoredValues,
): Generator<SeedRow> {
  yield rowOf(table, shared, own, ownership)
  const statuscode = pointerStatus[Number(ownership['statecode'])] ?? 1
  yield rowOf('activitypointer', shared, ownership, { statuscode })
}

function someRow(draw: Draw, plan: Plan, table: ScaledTable): string {
  return rowId(table, draw.whole(0, plan.count[table] - 1))
}
