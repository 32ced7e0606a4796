import type { Draft } from '@outpost/core'
import { expect, test } from 'vitest'
import type { Office } from './office.ts'
import { dayWithAnn, TABLES } from './script.ts'

/*
 * An answer is lost, and nothing happens twice. Each kind of write is sent once for every request that its delivery takes,
 * and that request, or the answer to it, is lost; every other time the first request of the next attempt as well.
 */

const LINKS = {
  bookableresource: { columns: ['name'] },
  new_skill: { columns: ['new_name'] },
  new_skill_bookableresource: {},
}
const tables = {
  ...TABLES,
  ...LINKS,
  task: { columns: ['subject', 'statecode', 'statuscode', 'ownerid'] },
  incident: { columns: ['title', 'customerid', 'statecode', 'statuscode'] },
  annotation: { columns: ['subject', 'documentbody', 'objectid'] },
}

/** What the office has before the write, named by the round so that each round has rows of its own. */
interface Rows {
  readonly round: string
  readonly customer: string
  readonly person: string
  readonly task: string
  readonly leak: string
  readonly dispatcher: string
  readonly ends: readonly [{ table: string; id: string }, { table: string; id: string }]
}

interface Case {
  /** What Ann does. */
  readonly does: (draft: Draft, rows: Rows) => unknown
  /** What technicians are heard to have done in the office when it has happened once. */
  readonly once: readonly string[]
  /** Whether it is there. */
  readonly there: (office: Office, rows: Rows) => boolean
}

const SKILL = 'new_Skill_BookableResource'

const CASES: Readonly<Record<string, Case>> = {
  'the creation of a row': {
    does: (draft, { round }) => draft.create('account', { name: round, telephone1: '006' }),
    once: ['Create account'],
    there: (office, { round }) => office.count('account', { name: round, telephone1: '006' }) === 1,
  },
  'an update': {
    does: (draft, { customer }) => draft.update('account', customer, { telephone1: '007' }),
    once: ['Update account'],
    there: (office, { customer }) => office.row('account', customer)?.['telephone1'] === '007',
  },
  'a deletion': {
    does: (draft, { person }) => draft.delete('contact', person),
    once: ['Delete contact'],
    there: (office, { person }) => office.row('contact', person) === undefined,
  },
  'a link': {
    does: (draft, { ends }) => draft.associate(SKILL, ...ends),
    once: ['Associate new_skill'],
    there: (office, { ends }) => linked(office, ends),
  },
  'the end of a link': {
    does: (draft, { ends }) => draft.disassociate(SKILL, ...ends),
    once: ['Disassociate new_skill'],
    there: (office, { ends }) => !linked(office, ends),
  },
  'a change of state': {
    does: (draft, { task }) => draft.setState('task', task, 1, 5),
    once: ['Update task'],
    there: (office, { task }) => office.row('task', task)?.['statecode'] === 1,
  },
  'a change of owner': {
    does: (draft, { task, dispatcher }) => draft.assign('task', task, { table: 'systemuser', id: dispatcher }),
    once: ['Update task'],
    there: (office, { task, dispatcher }) => office.row('task', task)?.['ownerid'] === dispatcher,
  },
  'the closing of a case': {
    does: (draft, { round, leak }) =>
      draft.action('CloseIncident', {
        on: { table: 'incident', id: leak },
        parameters: {
          IncidentResolution: { $row: { table: 'incidentresolution', values: { subject: round, incidentid: leak } } },
          Status: 5,
        },
        happened: 'statecode eq 1',
        effect: { statecode: 1, statuscode: 5 },
      }),
    once: ['Create incidentresolution', 'Update incident'],
    there: (office, { round, leak }) =>
      office.row('incident', leak)?.['statecode'] === 1 && office.count('incidentresolution', { subject: round }) === 1,
  },
  'the upload of a photo': {
    does: (draft, { round, customer }) =>
      draft.create('annotation', {
        subject: round,
        documentbody: 'A'.repeat(1_200_000),
        objectid: customer,
        objectid$table: 'account',
      }),
    once: ['Create annotation'],
    there: (office, { round, customer }) => office.count('annotation', { subject: round, objectid: customer }) === 1,
  },
  'a group of three': {
    does: (draft, { round, customer }) => {
      const parent = draft.create('account', { name: round, telephone1: '008' })
      draft.create('contact', { lastname: round, parentcustomerid: parent, parentcustomerid$table: 'account' })
      draft.update('account', customer, { telephone1: '009' })
    },
    once: ['Create account', 'Create contact', 'Update account'],
    there: (office, { round, customer }) =>
      office.count('account', { name: round, telephone1: '008' }) === 1 &&
      office.count('contact', { lastname: round }) === 1 &&
      office.row('account', customer)?.['telephone1'] === '009',
  },
}

for (const lost of ['request', 'answer'] as const) {
  test.each(Object.keys(CASES))(`C6: %s happens once, whichever ${lost} of its delivery is lost`, async (name) => {
    const { office, ann } = await dayWithAnn({ tables })
    const { once } = CASES[name] as Case
    for (let nth = 1; ; nth += 1) {
      const rows = rowsOf(office, `${name} ${nth}`)
      if (name === 'the end of a link') link(office, rows.ends)
      await ann.syncs()
      const seq = await ann.writes((draft) => CASES[name]?.does(draft, rows))
      ann.line.loses(lost, nth)
      await ann.pushes()
      const struck = ann.line.lostAll
      ann.line.losesNothing()
      if (nth % 2 === 0) ann.line.loses(lost)
      await ann.syncsUntilDone()
      const heard = office.heard().toSorted()
      expect({ nth, heard }).toEqual({ nth, heard: once })
      expect({ nth, there: CASES[name]?.there(office, rows) }).toEqual({ nth, there: true })
      expect(await ann.transaction(seq)).toMatchObject({ status: 'processed', outcome: 'known' })
      if (nth === 1) expect(struck).toBe(true)
      if (!struck) break
    }
  })
}

function rowsOf(office: Office, round: string): Rows {
  const adds: Office['adds'] = (table, values) => office.adds(table, values)
  const customer = adds('account', { name: `Customer of ${round}` })
  return {
    round,
    customer,
    person: adds('contact', { lastname: `Person of ${round}` }),
    task: adds('task', { subject: round }),
    leak: adds('incident', { title: round, customerid: { table: 'account', id: customer } }),
    dispatcher: office.emulator.users[1]?.id ?? '',
    ends: [
      { table: 'new_skill', id: adds('new_skill', { new_name: round }) },
      { table: 'bookableresource', id: adds('bookableresource', { name: round }) },
    ],
  }
}

function link(office: Office, [skill, resource]: Rows['ends']): void {
  office.emulator.master.associate('new_skill', skill.id, SKILL, resource)
}

function linked(office: Office, [skill, resource]: Rows['ends']): boolean {
  return office.linked('new_skill_bookableresource', { new_skillid: skill.id, bookableresourceid: resource.id })
}
