import type { ColumnValue } from '@outpost/core'
import type { Output } from './io.ts'

/** The text on one line and without control characters, those of direction included, so that data cannot steer the terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ').trim()
}

const segmenter = new Intl.Segmenter()

/** The characters that a reader sees. */
function characters(text: string): readonly string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/** How many characters a reader sees. */
export function widthOf(text: string): number {
  // Plain ASCII, nearly everything, is counted without taking it apart.
  return /^[ -~]*$/.test(text) ? text.length : characters(text).length
}

/** The text cut to a number of characters, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return `${characters(text)
    .slice(0, Math.max(0, width - 1))
    .join('')}…`
}

/** The text in lines of at most a number of characters, broken at a space where there is one in the second half of a line. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let rest = characters(text)
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const end = space > width / 2 ? space : width
    lines.push(rest.slice(0, end).join(''))
    rest = rest.slice(end === space ? end + 1 : end)
  }
  return [...lines, rest.join('')]
}

/** A column's value, quoted where it is text, on one line of at most 80 characters or as many as are given. */
export function valueText(value: ColumnValue, width = 80): string {
  return value === null ? 'empty' : cut(oneLine(JSON.stringify(value)), width)
}

/** A time, to the second. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** A span of time in its largest unit, as in `3 days`. */
export function ageText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return counted(minutes, 'minute')
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day')
}

/** A count with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString('en')
}

/** A count with its noun, as in `1 row` and `2,000 rows`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** Lines of aligned columns under a heading; columns of numbers stand right. */
export function tableLines(heading: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [heading, ...rows].map((row) => row.map(oneLine))
  const widths = heading.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ''))))
  const numeric = heading.map(
    (_, at) => rows.length > 0 && rows.every((row) => /^-?[\d,]*(\.\d+)?$/.test(row[at] ?? '')),
  )
  return cells.map((row) =>
    row
      .map((cell, at) => {
        const gap = ' '.repeat((widths[at] ?? 0) - widthOf(cell))
        return numeric[at] ? gap + cell : cell + gap
      })
      .join('  ')
      .trimEnd(),
  )
}

/** The lines cut to the width of a terminal, so that each stays one line; as they are everywhere else. */
export function linesFor(output: Output, lines: readonly string[]): readonly string[] {
  const { isTTY, columns = 80 } = output
  return isTTY ? lines.map((line) => cut(line, columns)) : lines
}

/** The text behind a label: on a terminal in as many lines as it takes, whole on one line everywhere else. */
export function labelled(output: Output, label: string, text: string): readonly string[] {
  const { isTTY, columns = 80 } = output
  const lines = isTTY ? wrapped(text, Math.max(10, columns - widthOf(label))) : [text]
  return lines.map((line, at) => (at === 0 ? label : ' '.repeat(widthOf(label))) + line)
}

export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
}

/** Colours for a terminal; plain text everywhere else, and where `NO_COLOR` is set. */
export function paintFor(output: Output, variables: Readonly<Record<string, string | undefined>>): Paint {
  const coloured = output.isTTY === true && !variables['NO_COLOR']
  const code =
    (number: number) =>
    (text: string): string =>
      coloured ? `\u001b[${number}m${text}\u001b[0m` : text
  return { bold: code(1), dim: code(2), red: code(31), green: code(32), yellow: code(33) }
}
