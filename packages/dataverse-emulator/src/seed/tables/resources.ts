import {
  choice,
  dateTime,
  file,
  image,
  integer,
  decimal,
  lookup,
  memo,
  money,
  noCascade,
  parental,
  restrict,
  standardColumns,
  text,
  yesNo,
} from '../../schema.ts'
import type { ManyToManyDraft, TableDraft } from '../../schema.ts'

// The resource tables call `createdby` and its like `createdbyname` on the wire.
const byName = (column: string): string => (/^(created|modified)/.test(column) ? `${column}name` : column)

const bookableResource: TableDraft = {
  schemaName: 'BookableResource',
  objectTypeCode: 1150,
  displayName: 'Bookable Resource',
  primaryName: 'name',
  columns: [
    text('Name', { required: 'ApplicationRequired' }),
    choice('ResourceType', { 1: 'Generic', 2: 'Contact', 3: 'User', 4: 'Equipment', 5: 'Account' }),
    integer('TimeZone', { min: -1500, max: 1500, format: 'TimeZone' }),
    lookup('UserId', { table: 'systemuser', relationship: 'systemuser_bookableresource_UserId', navigation: 'UserId' }),
    lookup('ContactId', {
      table: 'contact',
      relationship: 'contact_bookableresource_ContactId',
      navigation: 'ContactId',
    }),
    lookup('AccountId', {
      table: 'account',
      relationship: 'account_bookableresource_AccountId',
      navigation: 'AccountId',
    }),
    ...standardColumns('bookableresource', { ownership: 'UserOwned', navigation: byName }),
  ],
}

const bookingStatus: TableDraft = {
  schemaName: 'BookingStatus',
  objectTypeCode: 1146,
  displayName: 'Booking Status',
  displayCollectionName: 'Booking Statuses',
  entitySetName: 'bookingstatuses',
  primaryName: 'name',
  columns: [
    text('Name', { required: 'ApplicationRequired' }),
    memo('Description'),
    choice('Status', { 1: 'Proposed', 2: 'Committed', 3: 'Canceled' }),
    text('msdyn_StatusColor', { maxLength: 10 }),
    ...standardColumns('bookingstatus', { ownership: 'UserOwned', navigation: byName }),
  ],
}

const booking: TableDraft = {
  schemaName: 'BookableResourceBooking',
  objectTypeCode: 1145,
  displayName: 'Bookable Resource Booking',
  primaryName: 'name',
  columns: [
    text('Name'),
    dateTime('StartTime', { required: 'ApplicationRequired' }),
    dateTime('EndTime', { required: 'ApplicationRequired' }),
    integer('Duration', { min: 0, max: 2147483647, format: 'Duration' }),
    choice('BookingType', { 1: 'Solid', 2: 'Liquid' }, { defaultValue: 1 }),
    lookup(
      'Resource',
      {
        table: 'bookableresource',
        relationship: 'bookableresource_bookableresourcebooking_Resource',
        navigation: 'Resource',
        cascade: parental,
      },
      { required: 'ApplicationRequired' },
    ),
    lookup(
      'BookingStatus',
      {
        table: 'bookingstatus',
        relationship: 'bookingstatus_bookableresourcebooking_BookingStatus',
        navigation: 'BookingStatus',
        cascade: restrict,
      },
      { required: 'ApplicationRequired' },
    ),
    lookup('msdyn_WorkOrder', {
      table: 'msdyn_workorder',
      relationship: 'msdyn_msdyn_workorder_bookableresourcebooking_WorkOrder',
      navigation: 'msdyn_workorder',
      cascade: parental,
    }),
    ...standardColumns('bookableresourcebooking', { ownership: 'UserOwned', navigation: byName }),
  ],
}

const shiftActivityType: TableDraft = {
  schemaName: 'msdyn_shiftactivitytype',
  objectTypeCode: 10610,
  displayName: 'Shift Activity Type',
  primaryName: 'msdyn_name',
  ownership: 'OrganizationOwned',
  columns: [
    text('msdyn_name', { displayName: 'Name', required: 'ApplicationRequired' }),
    text('msdyn_ColorCode', { maxLength: 10 }),
    choice('msdyn_Status', { 192350000: 'Published', 192350001: 'Unpublished' }, { defaultValue: 192350001 }),
    yesNo('msdyn_IsBookable', { defaultValue: true }),
    ...standardColumns('msdyn_shiftactivitytype', { ownership: 'OrganizationOwned' }),
  ],
}

const shiftPlan: TableDraft = {
  schemaName: 'msdyn_shiftplan',
  objectTypeCode: 10611,
  displayName: 'Shift Plan',
  primaryName: 'msdyn_name',
  columns: [
    text('msdyn_name', { displayName: 'Name', required: 'ApplicationRequired' }),
    dateTime('msdyn_StartDate', { behavior: 'DateOnly' }),
    dateTime('msdyn_EndDate', { behavior: 'DateOnly' }),
    dateTime('msdyn_ShiftStart', { behavior: 'TimeZoneIndependent' }),
    integer('msdyn_Duration', { min: 0, max: 1440, format: 'Duration' }),
    lookup('msdyn_ShiftActivityType', {
      table: 'msdyn_shiftactivitytype',
      relationship: 'msdyn_msdyn_shiftactivitytype_msdyn_shiftplan',
      cascade: restrict,
    }),
    lookup('msdyn_Resource', { table: 'bookableresource', relationship: 'msdyn_bookableresource_msdyn_shiftplan' }),
    ...standardColumns('msdyn_shiftplan', { ownership: 'UserOwned' }),
  ],
}

const skill: TableDraft = {
  schemaName: 'new_Skill',
  objectTypeCode: 10700,
  displayName: 'Skill',
  primaryName: 'new_name',
  ownership: 'OrganizationOwned',
  columns: [
    text('new_Name', { required: 'ApplicationRequired' }),
    integer('new_Level', { min: 1, max: 5 }),
    ...standardColumns('new_skill', { ownership: 'OrganizationOwned' }),
  ],
}

const equipment: TableDraft = {
  schemaName: 'new_Equipment',
  objectTypeCode: 10701,
  displayName: 'Equipment',
  displayCollectionName: 'Equipment',
  primaryName: 'new_name',
  primaryImage: 'new_photo',
  columns: [
    text('new_Name', { maxLength: 200, required: 'ApplicationRequired' }),
    text('new_SerialNumber', { maxLength: 40 }),
    dateTime('new_InstalledOn', { behavior: 'DateOnly' }),
    money('new_PurchasePrice', { min: 0, max: 10000000, precision: 2 }),
    file('new_Manual', { maxSizeKb: 32768 }),
    image('new_Photo'),
    lookup('new_AccountId', { table: 'account', relationship: 'new_account_new_equipment_AccountId' }),
    lookup('new_ResponsibleContactId', {
      table: 'contact',
      relationship: 'new_contact_new_equipment_ResponsibleContactId',
    }),
    ...standardColumns('new_equipment', { ownership: 'UserOwned' }),
  ],
  keys: [{ schemaName: 'new_SerialNumberKey', displayName: 'Serial Number', columns: ['new_serialnumber'] }],
}

const meterReading: TableDraft = {
  schemaName: 'new_Reading',
  objectTypeCode: 10702,
  displayName: 'Meter Reading',
  primaryName: 'new_name',
  optimisticConcurrency: false,
  columns: [
    text('new_Name'),
    decimal('new_Value', { min: -1000000, max: 1000000, precision: 4 }),
    dateTime('new_ReadOn'),
    lookup('new_EquipmentId', {
      table: 'new_equipment',
      relationship: 'new_new_equipment_new_reading_EquipmentId',
      cascade: parental,
    }),
    ...standardColumns('new_reading', { ownership: 'UserOwned' }),
  ],
}

const marker: TableDraft = {
  schemaName: 'new_x',
  objectTypeCode: 10703,
  displayName: 'Map Marker',
  entitySetName: 'new_xes',
  primaryName: 'new_name',
  ownership: 'OrganizationOwned',
  changeTracking: false,
  columns: [
    text('new_Name'),
    text('new_Colour', { maxLength: 20 }),
    lookup('new_MarkedById', {
      table: 'systemuser',
      relationship: 'new_systemuser_new_x_MarkedById',
      cascade: noCascade,
    }),
    ...standardColumns('new_x', { ownership: 'OrganizationOwned' }),
  ],
}

const mobileTracking: TableDraft = {
  schemaName: 'resco_mobiletracking',
  objectTypeCode: 10704,
  displayName: 'Mobile Tracking',
  displayCollectionName: 'Mobile Tracking',
  entitySetName: 'resco_mobiletrackings',
  primaryName: 'resco_name',
  ownership: 'OrganizationOwned',
  columns: [
    text('resco_name', { maxLength: 200, displayName: 'Name' }),
    choice(
      'resco_Kind',
      { 1: 'N:N relationship removed', 2: 'Delete', 3: 'Owner' },
      { required: 'ApplicationRequired' },
    ),
    text('resco_TableName', { maxLength: 100 }),
    text('resco_RowId', { maxLength: 36 }),
    text('resco_RelatedTableName', { maxLength: 100 }),
    text('resco_RelatedRowId', { maxLength: 36 }),
    text('resco_Relationship', { maxLength: 100 }),
    ...standardColumns('resco_mobiletracking', { ownership: 'OrganizationOwned', state: 'own' }),
  ],
}

/** Resources, bookings, shifts, equipment and the oddly named rest. */
export const resourceTables: readonly TableDraft[] = [
  bookableResource,
  bookingStatus,
  booking,
  shiftActivityType,
  shiftPlan,
  skill,
  equipment,
  meterReading,
  marker,
  mobileTracking,
]

export const skillsOfResources: ManyToManyDraft = {
  schemaName: 'new_Skill_BookableResource',
  intersectTable: 'new_skill_bookableresource',
  intersectSet: 'new_skill_bookableresourceset',
  objectTypeCode: 10705,
  table1: 'new_skill',
  navigation1: 'new_Skill_BookableResource',
  table2: 'bookableresource',
  navigation2: 'new_Skill_BookableResource',
}
