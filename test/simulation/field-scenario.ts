import { fieldService } from '@outpost/dataverse-emulator'
import type { Scenario } from '@outpost/simulation'

/** A field-service company, two technicians and a dispatcher. */
export const scenario: Scenario = {
  seed: () => fieldService({ rows: 200 }),
  users: ['Amara Okafor'],
  words: ['Aalto', 'Mäkinen', 'Marsh', 'zeta', "O'Neill", '50% off'],
  values: {
    account: { numberofemployees: [null, 0, 400, 500, 501, 900], industrycode: [null, 1, 2] },
    new_skill: { new_level: [1, 2, 3, 5] },
  },
  configurations: [
    {
      tables: {
        account: {
          columns: ['name', 'telephone1', 'numberofemployees', 'creditonhold', 'primarycontactid'],
          syncDeletion: true,
        },
        contact: { columns: ['firstname', 'lastname', 'parentcustomerid'], syncDeletion: true },
        new_skill: { columns: ['new_name', 'new_level'], syncDeletion: true },
      },
    },
    {
      tables: {
        account: {
          columns: ['name', 'telephone1', 'numberofemployees'],
          syncDeletion: true,
          syncFilter: 'numberofemployees gt 450',
        },
        new_skill: { columns: ['new_name', 'new_level'], syncDeletion: true },
        bookableresource: { columns: ['name', 'resourcetype'], syncDeletion: true },
        new_skill_bookableresource: { columns: [], syncDeletion: true },
      },
    },
  ],
}
