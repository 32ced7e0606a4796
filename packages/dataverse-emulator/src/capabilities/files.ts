import type { CapabilityArea } from './capability.ts'

const UPLOAD = { 'Content-Type': 'application/octet-stream', 'x-ms-file-name': 'report.txt' }
const WORK_ORDER =
  '"Target":{"msdyn_workorderid":"{msdyn_workorder}","@odata.type":"Microsoft.Dynamics.CRM.msdyn_workorder"}'
const PNG = 'iVBORw0KGgo='

export const files: CapabilityArea = {
  area: 'Files, images and notes',
  capabilities: [
    {
      what: 'upload of a file in a single request, limited by `MaxSizeInKB`',
      status: 204,
      probe: {
        method: 'PATCH',
        path: 'msdyn_workorders({msdyn_workorder})/new_signedreport',
        headers: UPLOAD,
        body: 'hello',
      },
    },
    {
      what: 'upload in chunks (`x-ms-transfer-mode: chunked`, then `Content-Range` in order)',
      status: 200,
      probe: {
        method: 'PATCH',
        path: 'msdyn_workorders({msdyn_workorder})/new_signedreport?x-ms-file-name=report.pdf',
        headers: { 'x-ms-transfer-mode': 'chunked' },
      },
    },
    {
      what: 'download as bytes (`/$value`), whole or with `Range`',
      status: 206,
      probe: {
        path: 'msdyn_workorders({msdyn_workorder})/new_signedreport/$value',
        headers: { Range: 'bytes=0-4194303' },
      },
    },
    {
      what: 'download as Base64 in JSON',
      status: 200,
      probe: { path: 'msdyn_workorders({msdyn_workorder})/new_signedreport' },
    },
    {
      what: 'a `Range` from the end, or of several parts',
      status: 501,
      probe: { path: 'msdyn_workorders({msdyn_workorder})/new_signedreport/$value', headers: { Range: 'bytes=-5' } },
    },
    {
      what: 'files in blocks by messages: InitializeFileBlocksUpload, UploadBlock, CommitFileBlocksUpload, InitializeFileBlocksDownload, DownloadBlock, DeleteFile',
      status: 200,
      probe: {
        method: 'POST',
        path: 'InitializeFileBlocksUpload',
        body: `{${WORK_ORDER},"FileName":"a.txt","FileAttributeName":"new_signedreport"}`,
      },
    },
    {
      what: 'a download of nothing by messages is refused',
      status: 404,
      probe: {
        method: 'POST',
        path: 'InitializeFileBlocksDownload',
        body: '{"Target":{"new_equipmentid":"{new_equipment}","@odata.type":"Microsoft.Dynamics.CRM.new_equipment"},"FileAttributeName":"new_manual"}',
      },
    },
    {
      what: 'removal of a file by DELETE of its column',
      status: 204,
      probe: { method: 'DELETE', path: 'msdyn_workorders({msdyn_workorder})/new_signedreport' },
    },
    {
      what: '`fileattachments`: what is stored in file columns',
      status: 200,
      probe: { path: 'fileattachments?$select=filename,filesizeinbytes,mimetype,regardingfieldname' },
    },
    {
      what: 'a file column in the body of a row is refused',
      status: 400,
      probe: { method: 'PATCH', path: 'msdyn_workorders({msdyn_workorder})', body: '{"new_signedreport":"AAAA"}' },
    },
    {
      what: 'images in the body of a row; shown, and downloaded, as they were uploaded: thumbnails are not cropped',
      status: 204,
      probe: { method: 'PATCH', path: 'accounts({account})', body: `{"entityimage":"${PNG}"}` },
    },
    {
      what: 'full-sized images (`?size=full`)',
      status: 200,
      probe: { path: 'accounts({account})/entityimage/$value?size=full' },
    },
    {
      what: 'what is no image is refused',
      status: 400,
      probe: { method: 'PATCH', path: 'accounts({account})', body: '{"entityimage":"AAAA"}' },
    },
    {
      what: 'images under their `_url` (`/Image/download.aspx`) are not served',
      status: 404,
      probe: { path: '/Image/download.aspx?Entity=account&Attribute=entityimage' },
    },
    {
      what: 'notes with a file in `documentbody`, limited by `maxuploadfilesize`',
      status: 204,
      probe: {
        method: 'POST',
        path: 'annotations',
        body: '{"subject":"n","filename":"a.txt","documentbody":"aGVsbG8="}',
      },
    },
    {
      what: 'files of notes and attachments in blocks by messages',
      status: 200,
      probe: {
        method: 'POST',
        path: 'InitializeAnnotationBlocksUpload',
        body: '{"Target":{"annotationid":"{annotation}","@odata.type":"Microsoft.Dynamics.CRM.annotation"}}',
      },
    },
    {
      what: 'the raw value of any column (`/$value`)',
      status: 200,
      probe: { path: 'accounts({account})/name/$value' },
    },
    {
      what: 'download by a link (GetFileSasUrl)',
      status: 501,
      probe: { path: "GetFileSasUrl(Target=@t,FileAttributeName='new_signedreport')?@t={}" },
    },
  ],
}
