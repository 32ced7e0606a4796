import type { ConflictFunctions } from '@outpost/core'
import type { Scenario } from '@outpost/simulation'
import { configurations } from './configurations.ts'
import { makeOrganisation } from './organisation/organisation.ts'

const conflictFunctions: ConflictFunctions = {
  // The longer text stays, and what is no text stays the master's.
  longer: ({ clashes, local, remote }) =>
    Object.fromEntries(
      clashes.map((name) => {
        const [ours, theirs] = [local[name], remote[name]]
        return [name, typeof ours === 'string' && ours.length > String(theirs ?? '').length ? 'local' : 'remote']
      }),
    ),
  undecided: () => 'undecided',
}

/** What the action makes of a job's notes: done twice, it shows. */
function stamped(values: Readonly<Record<string, unknown>> | undefined, text: string): string {
  const notes = values?.['new_notes']
  return `${typeof notes === 'string' ? notes : ''}${text}`
}

/** A small field-service company: a dispatcher and three technicians, who see little, more, and other days than UTC. */
export const scenario: Scenario = {
  seed: makeOrganisation,
  prepare: ({ operations }) =>
    operations.register({
      name: 'new_Stamp',
      kind: 'action',
      binding: { to: 'row', table: 'new_job' },
      parameters: { Text: { type: 'Edm.String' } },
      run: ({ row, service, parameters: { Text: text } }) => {
        if (typeof text !== 'string') throw new TypeError('texts are stamped')
        service.update('new_job', row?.id ?? '', { new_notes: stamped(row?.values, text) })
      },
    }),
  users: ['Amara Okafor', 'Bram Bakker', 'Dorian Vestergaard', 'Lowri Kettering'],
  words: ['Aalto', 'Mäkinen', 'Marsh', 'zeta', "O'Neill", '50% off', 'annul'],
  values: {
    account: {
      numberofemployees: [null, 0, 400, 450, 500, 900],
      industrycode: [null, 1, 2],
      telephone1: [null, '+45 1', '+358 2'],
    },
    contact: { birthdate: [null, '1980-02-29', '2025-06-01', '2025-06-02'], firstname: [null, 'Ada', 'ann'] },
    new_job: {
      new_due: ['2025-06-01T18:30:00Z', '2025-05-31T23:59:59Z', '2025-06-30T06:00:00Z', null],
      new_duration: [0, 30, 200],
    },
    new_reading: { new_value: [null, -3, 1000.5, 1000.4999, 8000] },
    new_skill: { new_level: [1, 2, 3, 5], new_code: [0, 10, 20, 30, 40] },
    new_part: { new_stock: [null, 0, 5, 10] },
    annotation: { documentbody: [null, 'YQ==', 'YWI='] },
  },
  configurations,
  conflictFunctions,
  actions: [
    {
      name: 'new_Stamp',
      table: 'new_job',
      // Between marks: one text may begin like another.
      options: ({ values }, text) => ({
        bound: true,
        parameters: { Text: `<${text}>` },
        happened: `contains(new_notes,'<${text}>')`,
        effect: { new_notes: stamped(values, `<${text}>`) },
      }),
    },
  ],
}
