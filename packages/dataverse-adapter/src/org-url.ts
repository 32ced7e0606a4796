import { OutpostError } from '@outpost/core'

export interface OrgUrlOptions {
  /** The region of a bare organisation name: `crm` (North America, the default), `crm4` (EMEA), `crm11` (UK) … */
  readonly region?: string
}

const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i
const REGION = /^crm\d{0,2}$/i
const API_PATH = /^\/(?:api(?:\/data(?:\/v9\.\d)?)?\/?)?$/i
const LOOPBACK = /^(?:localhost|[^.]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i

/**
 * The canonical root URL of an organisation: scheme and host in lower case, no path, no trailing slash.
 *
 * Takes a bare name (`contoso`), a name with its region (`contoso.crm4`), a host or a full URL, with or without a
 * trailing slash or the path of the Web API. All spellings of one organisation give the same text. Plain http is for
 * loopback hosts only. Throws `invalid`, with a remedy, for everything else.
 */
export function orgUrl(text: string, options: OrgUrlOptions = {}): string {
  const spelled = text.trim()
  if (spelled === '') throw refuse(text, 'the address of the organisation is empty', 'url-empty')
  const region = options.region ?? 'crm'
  if (!REGION.test(region)) {
    throw refuse(text, `"${region}" is not a region`, 'url-region', 'Regions look like crm, crm4 or crm11.')
  }
  if (LOOPBACK.test(spelled)) return `http://${spelled.toLowerCase()}`
  if (NAME.test(spelled)) return `https://${spelled.toLowerCase()}.${region.toLowerCase()}.dynamics.com`

  const [name, ...rest] = spelled.split('.')
  const short = rest[0]?.toLowerCase() === 'api' ? rest.slice(1) : rest
  if (name !== undefined && NAME.test(name) && short.length === 1 && REGION.test(short[0] ?? '')) {
    return `https://${name}.${short[0]}.dynamics.com`.toLowerCase()
  }
  return rootOf(spelled, text)
}

function rootOf(spelled: string, text: string): string {
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(spelled) ? spelled : `${schemeFor(spelled)}://${spelled}`, text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refuse(text, `"${url.protocol}//" is not an address of an organisation`, 'url-scheme')
  }
  const host = canonicalHost(url.hostname)
  if (url.protocol === 'http:' && !LOOPBACK.test(host)) {
    throw refuse(
      text,
      'plain http would send the access token unencrypted',
      'url-http',
      `Use https://${host}. Plain http is for this machine (localhost) only.`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse(text, 'the address contains a user name or password', 'url-credentials', 'Leave them out.')
  }
  if (!host.includes('.') && !LOOPBACK.test(host)) {
    throw refuse(text, `"${host}" is not a complete host name`, 'url-host')
  }
  const root = `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}`
  if (!API_PATH.test(url.pathname) || url.search !== '' || url.hash !== '') {
    throw refuse(text, 'the address has a path that is not the Web API', 'url-path', `Use ${root}.`)
  }
  return root
}

/** Both `contoso.crm4` and `contoso.api.crm4` serve one organisation. */
function canonicalHost(host: string): string {
  const named = host.toLowerCase().replace(/\.$/, '')
  return named.replace(/^([^.]+)\.api\.(crm\d{0,2}\.dynamics\.com)$/, '$1.$2')
}

function schemeFor(hostAndPath: string): string {
  const host = /^(\[[^\]]*\]|[^:/?#]*)/.exec(hostAndPath)?.[1] ?? ''
  return LOOPBACK.test(host) ? 'http' : 'https'
}

function parse(url: string, text: string): URL {
  if (!URL.canParse(url)) throw refuse(text, 'it is neither the name of an organisation nor a URL', 'url-syntax')
  return new URL(url)
}

function refuse(text: string, why: string, rule: string, remedy?: string): OutpostError {
  return new OutpostError('invalid', `cannot use "${text}": ${why}`, {
    place: { rule },
    remedy: remedy ?? 'Give the name of the organisation (contoso), with its region (contoso.crm4), or its full URL.',
  })
}
