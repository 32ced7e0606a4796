import { choice, dateTime, integer, memo, standardColumns, text } from '../../schema.ts'
import type { TableDraft } from '../../schema.ts'

/** Requests that were accepted with `Prefer: respond-async`, and what became of them. */
export const backgroundOperation: TableDraft = {
  schemaName: 'BackgroundOperation',
  objectTypeCode: 10164,
  displayName: 'Background Operation',
  primaryName: 'name',
  changeTracking: false,
  columns: [
    text('Name', { maxLength: 100 }),
    text('DisplayName', { maxLength: 100 }),
    choice('BackgroundOperationStateCode', { 0: 'Ready', 2: 'Locked', 3: 'Completed' }, { displayName: 'Status' }),
    choice(
      'BackgroundOperationStatusCode',
      {
        0: 'Waiting For Resources',
        20: 'In Progress',
        22: 'Canceling',
        30: 'Succeeded',
        31: 'Failed',
        32: 'Canceled',
      },
      { displayName: 'Status Reason' },
    ),
    memo('InputParameters', { maxLength: 1048576 }),
    memo('OutputParameters', { maxLength: 1048576 }),
    dateTime('StartTime'),
    dateTime('EndTime'),
    integer('RetryCount'),
    integer('ErrorCode'),
    memo('ErrorMessage', { maxLength: 100000 }),
    text('RunAs', { maxLength: 100 }),
    integer('TTLInSeconds', { displayName: 'Time to live' }),
    ...standardColumns('backgroundoperation', { ownership: 'UserOwned', state: 'own' }),
  ],
}
