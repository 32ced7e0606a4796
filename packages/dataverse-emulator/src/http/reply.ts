import type { WebApiError } from '../errors.ts'
import type { Utf8Text } from '../json/utf8-text.ts'
import { writeJson } from '../json/write.ts'
import type { JsonValue } from '../json/write.ts'

/** An answer before it becomes a Response or a part of a batch. Header names are written as Dataverse writes them. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

/** The media type of every JSON answer. */
export const JSON_TYPE = 'application/json; odata.metadata=minimal'

/** 200 (or another status) with a JSON body. */
export function jsonReply(value: JsonValue, headers: Readonly<Record<string, string>> = {}, status = 200): Reply {
  return jsonTextReply(writeJson(value), headers, status)
}

/** The same for JSON that is already text. */
export function jsonTextReply(
  text: string | Utf8Text,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Reply {
  const body = typeof text === 'string' ? text : text.toBytes()
  return { status, headers: { 'Content-Type': JSON_TYPE, 'OData-Version': '4.0', ...headers }, body }
}

/** 204, or 304, without a body. */
export function emptyReply(headers: Readonly<Record<string, string>> = {}, status = 204): Reply {
  return { status, headers: { 'OData-Version': '4.0', ...headers }, body: undefined }
}

/** How error bodies look. */
export interface ErrorLook {
  /** `"code":""`, as services of 2018 and some gateways send. */
  readonly emptyErrorCodes: boolean
  /** Codes as signed decimal text instead of hex. */
  readonly decimalErrorCodes: boolean
}

function codeText(code: string, look: ErrorLook): string {
  if (look.emptyErrorCodes) return ''
  return look.decimalErrorCodes && /^0x[0-9a-f]{8}$/i.test(code) ? String(Number(code) | 0) : code
}

/** The answer to a refused request; error annotations come only where they were asked for. */
export function errorReply(error: WebApiError, look: ErrorLook, wants: (annotation: string) => boolean): Reply {
  const annotations: Readonly<Record<string, string>> = {
    'Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus': '0',
    'Microsoft.PowerApps.CDS.ErrorDetails.SubErrorCode': '-2146233088',
    'Microsoft.PowerApps.CDS.HelpLink': `http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a${error.code.replace(/^0x/, '')}&client=platform`,
    'Microsoft.PowerApps.CDS.TraceText': '',
    'Microsoft.PowerApps.CDS.InnerError.Message': error.message,
  }
  const wanted = Object.entries(annotations).filter(([name]) => wants(name))
  const details = { code: codeText(error.code, look), message: error.message }
  const asked = Object.fromEntries(wanted.map(([name, value]) => [`@${name}`, value]))
  return jsonReply({ error: { ...details, ...asked } }, error.headers, error.status)
}
