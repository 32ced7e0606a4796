import {
  choice,
  choices,
  dateTime,
  decimal,
  double,
  file,
  integer,
  lookup,
  memo,
  money,
  parental,
  removeLink,
  restrict,
  standardColumns,
  stateAndStatus,
  text,
  yesNo,
} from '../../schema.ts'
import type { TableDraft } from '../../schema.ts'

const workOrderType: TableDraft = {
  schemaName: 'msdyn_workordertype',
  objectTypeCode: 10366,
  displayName: 'Work Order Type',
  primaryName: 'msdyn_name',
  columns: [
    text('msdyn_name', { displayName: 'Name', required: 'ApplicationRequired' }),
    yesNo('msdyn_IncidentRequired'),
    ...standardColumns('msdyn_workordertype', { ownership: 'UserOwned' }),
  ],
}

const serviceTaskType: TableDraft = {
  schemaName: 'msdyn_servicetasktype',
  objectTypeCode: 10350,
  displayName: 'Service Task Type',
  primaryName: 'msdyn_name',
  columns: [
    text('msdyn_name', { displayName: 'Name', required: 'ApplicationRequired' }),
    memo('msdyn_Description', { maxLength: 2000 }),
    integer('msdyn_EstimatedDuration', { min: 0, max: 2147483647, format: 'Duration' }),
    ...standardColumns('msdyn_servicetasktype', { ownership: 'UserOwned' }),
  ],
}

const workOrder: TableDraft = {
  schemaName: 'msdyn_workorder',
  objectTypeCode: 10363,
  displayName: 'Work Order',
  primaryName: 'msdyn_name',
  columns: [
    text('msdyn_name', { displayName: 'Work Order Number', required: 'ApplicationRequired' }),
    memo('msdyn_WorkOrderSummary', { maxLength: 8000 }),
    memo('msdyn_Instructions', { maxLength: 8000 }),
    choice(
      'msdyn_SystemStatus',
      {},
      { required: 'ApplicationRequired', globalChoice: 'msdyn_wosystemstatus', defaultValue: 690970000 },
    ),
    choice('msdyn_WorkLocation', { 690970000: 'Onsite', 690970001: 'Facility', 690970002: 'Location Agnostic' }),
    choices('new_SafetyMeasures', {
      1: 'Gloves',
      2: 'Helmet',
      3: 'Hearing protection',
      4: 'Lock-out / tag-out',
      5: 'Gas detector',
    }),
    text('msdyn_Address1', { maxLength: 250, displayName: 'Street 1' }),
    text('msdyn_City', { maxLength: 80 }),
    text('msdyn_PostalCode', { maxLength: 20 }),
    double('msdyn_Latitude', { min: -90, max: 90 }),
    double('msdyn_Longitude', { min: -180, max: 180 }),
    money('msdyn_SubtotalAmount', { min: 0, max: 922337203685477, precision: 2 }),
    money('msdyn_TotalSalesTax', { min: 0, max: 922337203685477, precision: 2 }),
    money('msdyn_TotalAmount', { min: 0, max: 922337203685477, precision: 2 }),
    decimal('new_TravelDistance', { min: 0, max: 100000, precision: 3, displayName: 'Travel Distance (km)' }),
    integer('msdyn_TotalEstimatedDuration', { min: 0, max: 2147483647, format: 'Duration' }),
    yesNo('msdyn_Taxable', { defaultValue: true }),
    yesNo('msdyn_FollowUpRequired'),
    dateTime('msdyn_TimeWindowStart'),
    dateTime('msdyn_TimeWindowEnd'),
    dateTime('msdyn_DateWindowStart', { behavior: 'DateOnly' }),
    dateTime('new_SiteArrival', { behavior: 'TimeZoneIndependent', displayName: 'Arrival (Local Time on Site)' }),
    dateTime('msdyn_CompletedOn'),
    file('new_SignedReport', { maxSizeKb: 20480 }),
    lookup(
      'msdyn_ServiceAccount',
      {
        table: 'account',
        relationship: 'msdyn_account_msdyn_workorder_ServiceAccount',
        navigation: 'msdyn_serviceaccount',
        cascade: restrict,
      },
      { required: 'ApplicationRequired' },
    ),
    lookup('msdyn_BillingAccount', {
      table: 'account',
      relationship: 'msdyn_account_msdyn_workorder_BillingAccount',
      navigation: 'msdyn_billingaccount',
      cascade: restrict,
    }),
    lookup('msdyn_ReportedByContact', {
      table: 'contact',
      relationship: 'msdyn_contact_msdyn_workorder_ReportedByContact',
      navigation: 'msdyn_reportedbycontact',
    }),
    lookup('msdyn_ServiceRequest', {
      table: 'incident',
      relationship: 'msdyn_incident_msdyn_workorder_ServiceRequest',
      navigation: 'msdyn_servicerequest',
    }),
    lookup('msdyn_WorkOrderType', {
      table: 'msdyn_workordertype',
      relationship: 'msdyn_msdyn_workordertype_msdyn_workorder_WorkOrderType',
      navigation: 'msdyn_workordertype',
      cascade: restrict,
    }),
    lookup('msdyn_ParentWorkOrder', {
      table: 'msdyn_workorder',
      relationship: 'msdyn_msdyn_workorder_msdyn_workorder_ParentWorkOrder',
      navigation: 'msdyn_parentworkorder_msdyn_workorder',
    }),
    lookup('msdyn_PreferredResource', {
      table: 'bookableresource',
      relationship: 'msdyn_bookableresource_msdyn_workorder_PreferredResource',
      navigation: 'msdyn_preferredresource',
    }),
    lookup('msdyn_SupportContact', {
      table: 'bookableresource',
      relationship: 'msdyn_bookableresource_msdyn_workorder_SupportContact',
    }),
    lookup('new_EquipmentId', {
      table: 'new_equipment',
      relationship: 'new_new_equipment_msdyn_workorder_EquipmentId',
    }),
    ...stateAndStatus({
      0: { label: 'Active', statuses: { 1: 'Active' } },
      1: { label: 'Inactive', statuses: { 2: 'Inactive', 918640000: 'Closed' } },
    }),
    ...standardColumns('msdyn_workorder', { ownership: 'UserOwned', state: 'own' }),
  ],
}

const workOrderServiceTask: TableDraft = {
  schemaName: 'msdyn_workorderservicetask',
  objectTypeCode: 10370,
  displayName: 'Work Order Service Task',
  primaryName: 'msdyn_name',
  columns: [
    text('msdyn_name', { maxLength: 200, displayName: 'Name' }),
    memo('msdyn_Description', { maxLength: 2000 }),
    integer('msdyn_LineOrder', { min: 0 }),
    integer('msdyn_EstimatedDuration', { min: 0, format: 'Duration' }),
    integer('msdyn_ActualDuration', { min: 0, format: 'Duration' }),
    double('msdyn_PercentComplete', { min: 0, max: 100, precision: 2 }),
    choice('msdyn_InspectionTaskResult', {
      192350000: 'Pass',
      192350001: 'Fail',
      192350002: 'Partial Success',
      192350003: 'NA',
    }),
    lookup(
      'msdyn_WorkOrder',
      {
        table: 'msdyn_workorder',
        relationship: 'msdyn_msdyn_workorder_msdyn_workorderservicetask_WorkOrder',
        navigation: 'msdyn_workorder',
        cascade: parental,
      },
      { required: 'ApplicationRequired' },
    ),
    lookup('msdyn_TaskType', {
      table: 'msdyn_servicetasktype',
      relationship: 'msdyn_msdyn_servicetasktype_msdyn_workorderservicetask_TaskType',
      navigation: 'msdyn_tasktype',
      cascade: restrict,
    }),
    lookup('msdyn_Booking', {
      table: 'bookableresourcebooking',
      relationship: 'msdyn_bookableresourcebooking_msdyn_workorderservicetask_Booking',
      navigation: 'msdyn_Booking',
      cascade: removeLink,
    }),
    ...stateAndStatus({
      0: {
        label: 'Active',
        statuses: { 918640005: 'New', 1: 'Active', 918640004: 'In Progress', 918640002: 'Complete' },
      },
      1: { label: 'Inactive', statuses: { 918640003: 'Closed', 2: 'Inactive' } },
    }),
    ...standardColumns('msdyn_workorderservicetask', { ownership: 'UserOwned', state: 'own' }),
  ],
}

/** Work orders, their service tasks and the types of both. */
export const workOrderTables: readonly TableDraft[] = [workOrderType, serviceTaskType, workOrder, workOrderServiceTask]
