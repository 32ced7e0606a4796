import { bigInt, dateTime, entityName, integer, lookup, parental, readOnly, text } from '../../schema.ts'
import type { TableDraft, TargetOptions } from '../../schema.ts'

const OWNERS = ['account', 'contact', 'msdyn_workorder', 'new_equipment']

const owner = (table: string): TargetOptions => ({
  table,
  relationship: `${table}_FileAttachments`,
  navigation: `objectid_${table}`,
  cascade: parental,
})

const fileAttachment: TableDraft = {
  schemaName: 'FileAttachment',
  objectTypeCode: 55,
  displayName: 'File Attachment',
  primaryName: 'filename',
  ownership: 'None',
  changeTracking: false,
  canEnableChangeTracking: false,
  columns: [
    text('FileName', { ...readOnly, maxLength: 255 }),
    text('MimeType', { ...readOnly, maxLength: 256 }),
    bigInt('FileSizeInBytes', readOnly),
    text('RegardingFieldName', { ...readOnly, maxLength: 50 }),
    entityName('ObjectTypeCode', readOnly),
    dateTime('CreatedOn', readOnly),
    bigInt('VersionNumber', readOnly),
    lookup('ObjectId', OWNERS.map(owner), { ...readOnly, displayName: 'Regarding' }),
  ],
}

const attachment: TableDraft = {
  schemaName: 'ActivityMimeAttachment',
  objectTypeCode: 1001,
  displayName: 'Attachment',
  primaryName: 'filename',
  ownership: 'None',
  changeTracking: false,
  columns: [
    text('Subject', { maxLength: 2000 }),
    text('FileName', { maxLength: 255 }),
    text('MimeType', { maxLength: 256 }),
    text('Body', { maxLength: 1073741823 }),
    integer('FileSize', { min: 0, max: 1000000000, ...readOnly }),
    entityName('ObjectTypeCode', { displayName: 'Entity' }),
    lookup(
      'ObjectId',
      [
        {
          table: 'email',
          relationship: 'email_activity_mime_attachment',
          navigation: 'objectid_email',
          cascade: parental,
        },
      ],
      { displayName: 'Regarding' },
    ),
    bigInt('VersionNumber', readOnly),
  ],
}

/** What is stored in file columns, and the files of e-mails. */
export const fileTables: readonly TableDraft[] = [fileAttachment, attachment]
