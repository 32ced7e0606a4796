import type { Cause, CauseName } from './cause.ts'

/** The causes, with our own words for each. The codes that have them are in `codes.ts`. */
export const CAUSES: Readonly<Record<CauseName, Cause>> = {
  required: {
    meaning: 'invalid',
    cause: 'A column that must have a value has none.',
    fix: 'user',
    remedy: 'Fill in what the message names, then resubmit.',
  },
  'too-long': {
    meaning: 'invalid',
    cause: 'A text is longer than its column allows.',
    fix: 'user',
    remedy: 'Shorten the text that the message names, then resubmit.',
  },
  'out-of-range': {
    meaning: 'invalid',
    cause: 'A number, amount or duration is outside the limits of its column.',
    fix: 'user',
    remedy:
      'Correct the value that the message names, then resubmit; if it looks right, the limits have changed: sync first.',
  },
  'invalid-option': {
    meaning: 'invalid',
    cause: 'A choice does not have the chosen option (any more).',
    fix: 'user',
    remedy: 'Sync, so that the options of today are known, choose one of them, then resubmit.',
  },
  'bad-format': {
    meaning: 'invalid',
    cause: 'A date, address or name is not written in the form that its column asks for.',
    fix: 'user',
    remedy: 'Rewrite the value that the message names, without unusual characters, then resubmit.',
  },
  'invalid-value': {
    meaning: 'invalid',
    cause: 'A value is not one that the organisation accepts.',
    fix: 'user',
    remedy: 'Correct the value that the message names, then resubmit; if it looks right, refresh the metadata first.',
  },
  contradiction: {
    meaning: 'invalid',
    cause:
      'Two values of the row exclude each other, such as an amount and a percentage, or an end before its beginning.',
    fix: 'user',
    remedy: 'Clear or correct one of the two, then resubmit.',
  },
  'state-status': {
    meaning: 'invalid',
    cause: 'The status reason does not belong to the state, or the table has no such state.',
    fix: 'user',
    remedy: 'Choose a status reason of the state that the row is to have, then resubmit.',
  },
  'wrong-lookup': {
    meaning: 'invalid',
    cause:
      'A lookup, owner, party or link names a row that may not stand there: of another table, inactive, or of another customer.',
    fix: 'user',
    remedy: 'Choose another row for it, then resubmit.',
  },
  'related-gone': {
    meaning: 'invalid',
    cause: 'A row that this one points to (a parent, customer, owner, product …) does not exist, or cannot be seen.',
    fix: 'user',
    remedy: 'Choose an existing row for the lookup, or recreate the missing one, then resubmit.',
  },
  cycle: {
    meaning: 'invalid',
    cause: 'The row would become its own parent, directly or over others.',
    fix: 'user',
    remedy: 'Choose another parent, or take the rows apart first, then resubmit.',
  },
  'read-only-column': {
    meaning: 'invalid',
    cause: 'A column was sent that cannot be written: calculated, deprecated, or fixed when the row was created.',
    fix: 'developer',
    remedy: 'Take the column out of the transaction (amend it), resubmit, and let the developer mend the app.',
  },
  'no-row-versions': {
    meaning: 'invalid',
    cause: 'The table has optimistic concurrency switched off, so that no version can be compared.',
    fix: 'administrator',
    remedy: 'Ask an administrator to switch optimistic concurrency on for the table, then resubmit.',
  },
  'stale-metadata': {
    meaning: 'invalid',
    cause:
      'The request names a table, column, key or relationship which the organisation does not have under that name (any more).',
    fix: 'developer',
    remedy:
      'Sync, so that the metadata is read again, then resubmit. If it stays, amend the transaction: the column may have been removed.',
  },
  malformed: {
    meaning: 'invalid',
    cause: 'The organisation could not read the request. That is a defect of the app or of Outpost.',
    fix: 'developer',
    remedy:
      'Report it with code and request id. Resubmitting helps only after an update; archive the transaction if it is not needed.',
  },
  'sign-in': {
    meaning: 'unauthenticated',
    cause: 'The sign-in is missing, has expired, or is not accepted.',
    fix: 'user',
    remedy: 'Sign in again.',
  },
  privilege: {
    meaning: 'permission',
    cause: 'The user lacks a privilege for this, or access to the row.',
    fix: 'administrator',
    remedy: 'Ask an administrator for the security role, or the owner to share the row, then resubmit.',
  },
  'column-security': {
    meaning: 'permission',
    cause: 'A column is secured, and the user may not read or write it.',
    fix: 'administrator',
    remedy:
      'Ask an administrator for a column security profile, or take the column out of the transaction, then resubmit.',
  },
  licence: {
    meaning: 'permission',
    cause: 'The user has no licence that covers this.',
    fix: 'administrator',
    remedy: 'Ask an administrator to assign a licence, then resubmit.',
  },
  'disabled-user': {
    meaning: 'permission',
    cause: 'The user, owner, team or business unit is disabled, or has no security role.',
    fix: 'administrator',
    remedy: 'Choose another owner, or ask an administrator to enable the account and give it a role, then resubmit.',
  },
  throttled: {
    meaning: 'throttled',
    cause: 'The organisation has had too many requests from this user in a short time.',
    fix: 'nobody',
    remedy: 'Nothing to do: sending goes on after the pause that the master asked for.',
  },
  'service-busy': {
    meaning: 'unavailable',
    cause: 'The organisation could not serve the request just now.',
    fix: 'nobody',
    remedy: 'Nothing to do: it is tried again later. If it lasts, look at the health of the environment.',
  },
  'database-busy': {
    meaning: 'unavailable',
    cause: 'Someone else held the row or its database at that moment, and the work was undone.',
    fix: 'nobody',
    remedy: 'Nothing to do: it is tried again later.',
  },
  'database-timeout': {
    meaning: 'unavailable',
    cause: 'The database did not finish in time.',
    fix: 'administrator',
    remedy:
      'Nothing to do: what became of it is looked up, and it is tried again later. If it lasts, an administrator should look for slow processes.',
  },
  customising: {
    meaning: 'unavailable',
    cause: 'The organisation is just being customised: a solution is imported or published.',
    fix: 'nobody',
    remedy: 'Nothing to do: it is tried again when that is finished.',
  },
  'organisation-closed': {
    meaning: 'unavailable',
    cause: 'The organisation is switched off, in administration mode, being moved, or its subscription has ended.',
    fix: 'administrator',
    remedy: 'Nothing is lost: it is tried again later. Ask an administrator when the organisation opens again.',
  },
  'integration-down': {
    meaning: 'unavailable',
    cause: 'Another service that the organisation calls on the way did not answer, or asked to slow down.',
    fix: 'nobody',
    remedy: 'Nothing to do: it is tried again later. If it lasts, tell an administrator.',
  },
  stale: {
    meaning: 'stale',
    cause: 'The row was changed on the master since it was read.',
    fix: 'nobody',
    remedy: 'Read the row again, merge, and send the result.',
  },
  exists: {
    meaning: 'exists',
    cause: 'The row, or the link, is there already.',
    fix: 'nobody',
    remedy: 'Read the row: it is there already.',
  },
  'key-clash': {
    meaning: 'key-clash',
    cause: 'Another row has the same values in a key.',
    fix: 'user',
    remedy: 'Change the key values here or there, then resubmit.',
  },
  'same-value': {
    meaning: 'key-clash',
    cause: 'There is such a row or link already: the same name, number, period or pair of rows.',
    fix: 'user',
    remedy: 'Use the one that is there, or choose another name or number, then resubmit.',
  },
  duplicate: {
    meaning: 'duplicate',
    cause: 'A duplicate detection rule found a similar row.',
    fix: 'user',
    remedy: 'Use that row and archive this transaction, or change this one, then resubmit.',
  },
  gone: {
    meaning: 'gone',
    cause: 'The row no longer exists, or the user can no longer see it.',
    fix: 'user',
    remedy: 'Create the row anew, or point to another one, then resubmit; else archive the transaction.',
  },
  expired: {
    meaning: 'expired',
    cause: 'Too much time has passed since the last sync, so that the changes since cannot be told any more.',
    fix: 'nobody',
    remedy: 'Read the table anew.',
  },
  'read-only-row': {
    meaning: 'state',
    cause: 'The row is closed, inactive or otherwise read-only.',
    fix: 'user',
    remedy: 'Reopen or activate the row on the master, then resubmit; else archive the transaction.',
  },
  transition: {
    meaning: 'state',
    cause: 'The row is not in a state from which this step is allowed.',
    fix: 'user',
    remedy:
      'Look at the row as it is on the master. If the step was taken already, archive the transaction; else bring the row there first, then resubmit.',
  },
  'in-use': {
    meaning: 'state',
    cause: 'Other rows depend on this one.',
    fix: 'user',
    remedy: 'Delete or move the rows that depend on it first, then resubmit.',
  },
  unsupported: {
    meaning: 'state',
    cause: 'The organisation does not offer this operation for this row or table.',
    fix: 'developer',
    remedy:
      'If it is a deletion, look whether other rows depend on the row. Otherwise archive the transaction, and let the developer use another operation.',
  },
  'feature-off': {
    meaning: 'state',
    cause: 'The write needs a feature that is switched off in the organisation or for the table.',
    fix: 'administrator',
    remedy: 'Ask an administrator to switch the feature on, then resubmit; else archive the transaction.',
  },
  'plug-in-refused': {
    meaning: 'business',
    cause: 'Custom code of the organisation (a plug-in or a business rule) refused it.',
    fix: 'user',
    remedy: 'Follow the message. If it is unclear, ask the people who look after the organisation, then resubmit.',
  },
  'plug-in-crash': {
    meaning: 'business',
    cause: 'Custom code of the organisation failed while it looked at the write.',
    fix: 'developer',
    remedy: 'Tell the developer of the plug-in the time and the request id. Resubmit when it is mended.',
  },
  'plug-in-timeout': {
    meaning: 'business',
    cause: 'Custom code of the organisation took too long, and the write was undone.',
    fix: 'developer',
    remedy: 'Resubmit at a quieter time. If it happens again, the developer of the plug-in has to make it faster.',
  },
  'workflow-failed': {
    meaning: 'business',
    cause: 'A workflow of the organisation that runs with the write failed.',
    fix: 'administrator',
    remedy: 'Tell the owner of the workflow. Resubmit when it is mended.',
  },
  product: {
    meaning: 'business',
    cause: 'A rule about products, bundles, units, prices or price lists refused it.',
    fix: 'user',
    remedy: 'Compare product, unit and price list with the message, correct them, then resubmit.',
  },
  currency: {
    meaning: 'invalid',
    cause: 'The currency is missing, differs from that of a related row, or has no usable exchange rate.',
    fix: 'user',
    remedy:
      'Use the currency of the related row or of its price list, then resubmit; exchange rates are set by an administrator.',
  },
  'service-case': {
    meaning: 'business',
    cause: 'A rule about cases, contracts or entitlements refused it.',
    fix: 'user',
    remedy:
      'Look at the case, its activities, and its contract or entitlement on the master; correct what the message names, then resubmit.',
  },
  scheduling: {
    meaning: 'business',
    cause: 'A rule about appointments, series, calendars or bookings refused it.',
    fix: 'user',
    remedy: 'Choose another time or pattern, then resubmit.',
  },
  queue: {
    meaning: 'business',
    cause: 'A rule about queues and routing refused it.',
    fix: 'user',
    remedy: 'See in which queue the row is and who works on it, choose another queue or worker, then resubmit.',
  },
  'sales-marketing': {
    meaning: 'business',
    cause: 'A rule about leads, opportunities, quotes, campaigns or marketing lists refused it.',
    fix: 'user',
    remedy: 'Look at the state of the row and of its parent, correct what the message names, then resubmit.',
  },
  mail: {
    meaning: 'business',
    cause:
      'The message cannot be sent or changed: a sender, recipient or address is missing or not allowed, or it is no draft any more.',
    fix: 'user',
    remedy: 'Correct sender and recipients, then resubmit.',
  },
  'process-flow': {
    meaning: 'business',
    cause: 'A business process flow does not allow this step.',
    fix: 'user',
    remedy: 'Complete the required steps of the stage, or choose a stage that follows it, then resubmit.',
  },
  'record-rule': {
    meaning: 'business',
    cause: 'A rule of the table refused it (articles, goals, merging, sharing or following rows).',
    fix: 'user',
    remedy: 'Read the message, correct what it names, then resubmit.',
  },
  attachment: {
    meaning: 'size',
    cause: 'The file is too large, or of a kind that is blocked.',
    fix: 'user',
    remedy: 'Attach a smaller file or one of another kind, then resubmit.',
  },
  'request-size': {
    meaning: 'size',
    cause: 'The request is larger than the organisation accepts.',
    fix: 'user',
    remedy: 'Send less at once, or a smaller file.',
  },
  'background-job': {
    meaning: 'business',
    cause: 'The write concerns an import or another background job, which does not allow it as it stands.',
    fix: 'administrator',
    remedy:
      'Look at the job in the organisation: correct its file or mapping, or wait until it has ended, then resubmit.',
  },
  customisation: {
    meaning: 'business',
    cause:
      'The write changes the design of the organisation (tables, forms, views, reports, solutions), and the design does not allow it.',
    fix: 'administrator',
    remedy: 'Make such a change in the maker tools of the organisation, and archive the transaction.',
  },
  automation: {
    meaning: 'business',
    cause:
      'The definition of a process, rule, calculated column or plug-in step is not valid, or not to be changed while it is active.',
    fix: 'developer',
    remedy:
      'Correct the definition in the maker tools, or deactivate it first; then resubmit, or archive the transaction.',
  },
  'organisation-admin': {
    meaning: 'business',
    cause: 'A rule about users, teams, roles, business units, licences or settings of the organisation refused it.',
    fix: 'administrator',
    remedy:
      'Let an administrator make the change in the administration of the organisation, and archive the transaction.',
  },
  integration: {
    meaning: 'business',
    cause:
      'Another service connected with the organisation (mail server, SharePoint, Exchange, Azure …) refused it, or is not set up.',
    fix: 'administrator',
    remedy: 'Let an administrator look at the connection with that service, then resubmit.',
  },
  'other-program': {
    meaning: 'state',
    cause:
      'The code belongs to another client program (Outlook, mobile app) and is not given to a write like this one.',
    fix: 'developer',
    remedy: 'Report it with code and request id; archive the transaction if it is not needed.',
  },
  'server-fault': {
    meaning: 'unknown',
    cause: 'The organisation met an error inside itself.',
    fix: 'administrator',
    remedy: 'Resubmit once. If it happens again, give time and request id to the support of the organisation.',
  },
  unlisted: {
    meaning: 'unknown',
    cause: 'The refusal has no code, or none that is known here.',
    fix: 'user',
    remedy: 'Read the message; when its cause is mended, resubmit, or archive the transaction.',
  },
}
