import { notImplemented } from '../errors.ts'
import { complexReply } from './complex-reply.ts'
import type { Operation, OperationCall } from './operation.ts'
import { textParameter } from './text-parameter.ts'
import { timeZoneCode } from './time-zone-codes.ts'
import type { WriteReply } from './write-reply.ts'

const UNITED_STATES = /^(?:usa?|u\.s\.(?:a\.)?|united states(?: of america)?)$/i
const JAPAN = /^(?:japan|日本)$/i

function lines(...given: readonly string[]): string {
  return given.filter((line) => line.trim() !== '').join('\r\n')
}

function formatAddress(call: OperationCall): WriteReply {
  const part = (name: string): string => textParameter(call, name)
  const country = part('Country')
  const [line, city, state, postalCode] = ['Line1', 'City', 'StateOrProvince', 'PostalCode'].map(part)
  if (JAPAN.test(country)) {
    return complexReply(call, 'FormatAddressResponse', {
      Address: lines(postalCode ?? '', state ?? '', city ?? '', line ?? '', country),
    })
  }
  if (!UNITED_STATES.test(country)) throw notImplemented(`the format of addresses in '${country}'`)
  return complexReply(call, 'FormatAddressResponse', {
    Address: lines(line ?? '', `${city ?? ''}, ${state ?? ''} ${postalCode ?? ''}`, country),
  })
}

function getTimeZoneCode(call: OperationCall): WriteReply {
  const name = textParameter(call, 'LocalizedStandardName')
  const code = timeZoneCode(name)
  if (code === undefined) throw notImplemented(`the time zone '${name}'`)
  return complexReply(call, 'GetTimeZoneCodeByLocalizedNameResponse', { TimeZoneCode: code })
}

const text = { type: 'Edm.String' }

/** Functions about places. */
export const addressOperations: readonly Operation[] = [
  {
    name: 'FormatAddress',
    kind: 'function',
    parameters: { Line1: text, City: text, StateOrProvince: text, PostalCode: text, Country: text },
    returns: 'mscrm.FormatAddressResponse',
    response: { Address: 'Edm.String' },
    run: formatAddress,
  },
  {
    name: 'GetTimeZoneCodeByLocalizedName',
    kind: 'function',
    parameters: { LocalizedStandardName: text, LocaleId: { type: 'Edm.Int32' } },
    returns: 'mscrm.GetTimeZoneCodeByLocalizedNameResponse',
    response: { TimeZoneCode: 'Edm.Int32' },
    run: getTimeZoneCode,
  },
]
