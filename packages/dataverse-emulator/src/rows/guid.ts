const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether the text is a GUID in the usual dashed form. */
export function isGuid(text: string): boolean {
  return GUID.test(text)
}

/** Whether the GUID is the one of zeros, which stands for none at all. */
export function isEmptyGuid(text: string): boolean {
  return /^[0-]+$/.test(text)
}

function swapped(text: string, from: number, to: number): string {
  let bytes = ''
  for (let at = to - 2; at >= from; at -= 2) bytes += text.slice(at, at + 2)
  return bytes
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Order of two lower-case GUIDs as SQL Server sorts uniqueidentifier: last group first, the first three groups byte by
 * byte from their end. "Ordered by primary key" is therefore not the order of the text.
 */
export function compareGuids(a: string, b: string): number {
  return (
    compareText(a.slice(24), b.slice(24)) ||
    compareText(a.slice(19, 23), b.slice(19, 23)) ||
    compareText(swapped(a, 14, 18), swapped(b, 14, 18)) ||
    compareText(swapped(a, 9, 13), swapped(b, 9, 13)) ||
    compareText(swapped(a, 0, 8), swapped(b, 0, 8))
  )
}
