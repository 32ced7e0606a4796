import type { SeedRow } from '../../schema.ts'
import { Draw } from '../draw.ts'
import { ADMINISTRATOR, rowId } from '../plan.ts'
import { authorship, ownedByUser } from './ownership.ts'

// Rules as every organisation begins with.
const rules = [
  { name: 'Accounts with the same Account Name', table: 'account', column: 'name', published: true },
  { name: 'Contacts with the same e-mail address', table: 'contact', column: 'emailaddress1', published: true },
  { name: 'Contacts with the same business phone number', table: 'contact', column: 'telephone1', published: false },
  { name: 'Leads with the same e-mail address', table: 'lead', column: 'emailaddress1', published: true },
] as const

/** Duplicate detection rules, in force and not, each with its one condition. */
export function* duplicateRuleRows(): Generator<SeedRow> {
  for (const [index, { name, table, column, published }] of rules.entries()) {
    const draw = new Draw(`duplicaterule|${index}`)
    yield {
      table: 'duplicaterule',
      values: {
        duplicateruleid: rowId('duplicaterule', index),
        name,
        baseentityname: table,
        matchingentityname: table,
        iscasesensitive: false,
        excludeinactiverecords: false,
        ...ownedByUser(draw, ADMINISTRATOR, published ? 1 : 0, published ? 2 : 0),
      },
    }
    yield {
      table: 'duplicaterulecondition',
      values: {
        duplicateruleconditionid: rowId('duplicaterulecondition', index),
        regardingobjectid: rowId('duplicaterule', index),
        baseattributename: column,
        matchingattributename: column,
        operatorcode: 0,
        ignoreblankvalues: true,
        ...authorship(draw),
      },
    }
  }
}
