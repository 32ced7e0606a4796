import type { Capability, CapabilityArea } from './capability.ts'

const BEGIN =
  '<!-- capabilities: made from src/capabilities; `npx vitest run --project unit capabilities -u` writes it -->'
const END = '<!-- end of capabilities -->'

function list(title: string, capabilities: readonly Capability[]): string {
  return capabilities.length === 0 ? '' : `${title}\n\n${capabilities.map(({ what }) => `- ${what}`).join('\n')}\n\n`
}

/** The list of what is there and what answers 501, as Markdown. */
function renderCapabilities(areas: readonly CapabilityArea[]): string {
  return areas
    .map(({ area, capabilities }) => {
      const there = capabilities.filter(({ status }) => status !== 501)
      const absent = capabilities.filter(({ status }) => status === 501)
      return `### ${area}\n\n${list('Implemented:', there)}${list('Answers 501:', absent)}`
    })
    .join('')
}

/** A README with its list of capabilities made anew. */
export function withCapabilities(readme: string, areas: readonly CapabilityArea[]): string {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  if (begin < 0 || end < begin) throw new RangeError('the README has no place for the list of capabilities')
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${renderCapabilities(areas)}${readme.slice(end)}`
}
