const out = process.stdout
const live = out.isTTY === true
const coloured = live && !process.env['NO_COLOR']
const WIDTH = 36

function paint(code: number, text: string): string {
  return coloured ? `\u001b[${code}m${text}\u001b[0m` : text
}

export const bold = (text: string): string => paint(1, text)
export const dim = (text: string): string => paint(2, text)
export const green = (text: string): string => paint(32, text)
export const red = (text: string): string => paint(31, text)

let chapters = 0

/** Begins the next numbered chapter. */
export function chapter(title: string): void {
  chapters += 1
  out.write(`\n${bold(`${String(chapters).padStart(2)}  ${title}`)}\n`)
}

/** One line of the story. */
export function say(text: string): void {
  out.write(`    ${text}\n`)
}

/** A fact: what it is on the left, its value in a column of its own. */
export function fact(label: string, value: string | number): void {
  const shown = typeof value === 'number' ? count(value).padStart(8) : value
  say(`${label.padEnd(WIDTH)}${shown}`)
}

/** Somebody's words, broken into lines beside their label. */
export function quote(label: string, text: string): void {
  const lines = text.match(/\S.{0,58}\S(?=\s|$)|\S+/g) ?? ['']
  for (const [at, line] of lines.entries()) say(`${(at === 0 ? label : '').padEnd(WIDTH)}${dim(line)}`)
}

/** Draws how far a table is, over what was drawn before; shown on a terminal only. */
export function progress(label: string, done: number, total: number): void {
  if (!live) return
  const share = total > 0 ? Math.min(1, done / total) : 1
  const full = Math.round(share * 20)
  out.write(
    `\r\u001b[2K    ${label.padEnd(WIDTH)}${count(done).padStart(8)}  ${'█'.repeat(full)}${'░'.repeat(20 - full)}`,
  )
}

/** Takes away what `progress` has drawn. */
export function endProgress(): void {
  if (live) out.write('\r\u001b[2K')
}

/** A table with its heading; every column but the first stands right. */
export function table(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [heading, ...rows].map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)))
  const widths = heading.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  for (const [index, row] of cells.entries()) {
    const line = row.map((cell, at) => (at === 0 ? cell.padEnd(WIDTH) : cell.padStart(widths[at] ?? 0))).join('  ')
    say(index === 0 ? dim(line) : line)
  }
}

function count(value: number): string {
  return value.toLocaleString('en')
}
