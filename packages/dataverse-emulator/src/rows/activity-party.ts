import { invalidArgument, WebApiError } from '../errors.ts'
import { targetKey } from '../schema.ts'
import type { TableDefinition } from '../schema.ts'
import type { Draft } from './row-values.ts'
import type { WriteContext } from './write-context.ts'

/** The table of the people and companies that take part in activities. */
export const PARTY = 'activityparty'

// Sender 1, To 2, Cc 3, Bcc 4, required 5, optional 6, organizer 7, regarding 8, owner 9, resource 10, customer 11.
// Tables that are not here (custom activities) take every kind.
const TAKEN: Readonly<Record<string, readonly number[]>> = {
  appointment: [5, 6, 7, 8, 9],
  email: [1, 2, 3, 4, 8, 9],
  fax: [1, 2, 8, 9],
  letter: [1, 2, 4, 8, 9],
  phonecall: [1, 2, 8, 9],
  task: [8, 9],
}

const ADDRESSES: Readonly<Record<string, string>> = {
  account: 'emailaddress1',
  contact: 'emailaddress1',
  lead: 'emailaddress1',
  systemuser: 'internalemailaddress',
}

/** Checks an activity party that is being written and fills in what the server derives: the address it is reached at. */
export function completeParty({ store }: WriteContext, table: TableDefinition, draft: Draft): void {
  if (table.logicalName !== PARTY) return
  const mask = draft['participationtypemask'] ?? null
  if (mask === null) {
    throw new WebApiError(400, '0x80040b06', 'Participation type is missing from an activity')
  }
  const activity = String(draft[targetKey('activityid')] ?? '')
  const taken = TAKEN[activity]
  if (taken !== undefined && !taken.includes(Number(mask))) {
    throw invalidArgument(`The participation type ${mask} is not valid for an activity of type '${activity}'.`)
  }
  const party = draft['partyid'] ?? null
  const partyTable = String(draft[targetKey('partyid')] ?? '')
  const unresolved = draft['unresolvedpartyname'] ?? draft['addressused'] ?? null
  if (party === null && unresolved === null) {
    throw new WebApiError(400, '0x80043504', 'Activity party object Id or type is missing')
  }
  const address = ADDRESSES[partyTable]
  if (party === null || address === undefined || (draft['addressused'] ?? null) !== null) return
  draft['addressused'] = store.rows(partyTable).get(String(party))?.values[address] ?? null
}

/** Writes the addresses of an email's parties into the columns of the email that repeat them. */
export function repeatAddresses({ store }: WriteContext, table: TableDefinition, id: string): void {
  const row = store.rows(table.logicalName).get(id)
  if (row === undefined || store.schema.column(table.logicalName, 'torecipients') === undefined) return
  const parties = store.rows(PARTY).holding('activityid', id)
  const addresses = (mask: number): readonly string[] =>
    parties
      .filter(({ values }) => values['participationtypemask'] === mask && typeof values['addressused'] === 'string')
      .map(({ values }) => String(values['addressused']))
  const recipients = addresses(2).map((address) => `${address};`)
  store.update(table.logicalName, row, {
    ...row.values,
    sender: addresses(1)[0] ?? row.values['sender'] ?? null,
    torecipients: recipients.length === 0 ? null : recipients.join('').slice(0, 500),
  })
}
