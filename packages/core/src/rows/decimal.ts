/** A decimal in exact text; the empty string when the text is none. Leading and trailing zeros are dropped. */
export function decimalText(value: string | number): string {
  const text = typeof value === 'number' ? plainText(value) : value
  const match = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(text)
  if (!match || !/\d/.test(text)) return ''
  const [, sign = '', whole = '', rest = ''] = match
  const digits = `${whole || '0'}${rest ? `.${rest}` : ''}`
  return digits === '0' ? '0' : sign + digits
}

/** Less than 0, 0 or more than 0, exactly, also where doubles would round. */
export function compareDecimals(one: string | number, other: string | number): number {
  const [left, right, digits] = aligned(one, other, 0)
  const difference = left - right
  return digits < 0 || difference === 0n ? 0 : difference < 0n ? -1 : 1
}

/**
 * Whether a master that keeps `precision` digits can have made the one of the other: they are no further apart than
 * rounding can take them, whichever way it rounds halves.
 */
export function roundsTo(one: string | number, other: string | number, precision: number): boolean {
  const [left, right, digits] = aligned(one, other, precision)
  const difference = left < right ? right - left : left - right
  return difference * 2n <= 10n ** BigInt(digits - precision)
}

/** `start + to - from`, exactly, as decimal text. */
export function plusDifference(start: string | number, from: string | number, to: string | number): string {
  const places = (value: string | number): number => decimalText(value).split('.')[1]?.length ?? 0
  const least = Math.max(places(start), places(from), places(to))
  const [before, after, digits] = aligned(from, to, least)
  const sum = aligned(start, 0, least)[0] + after - before
  const text = String(sum < 0n ? -sum : sum).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return decimalText(`${sum < 0n ? '-' : ''}${whole}.${text.slice(text.length - digits)}`)
}

/** Both as whole numbers of the same unit, 10 to the power of minus the third. */
function aligned(one: string | number, other: string | number, least: number): [bigint, bigint, number] {
  const [left, right] = [decimalText(one), decimalText(other)]
  const places = (text: string): number => text.split('.')[1]?.length ?? 0
  const digits = Math.max(places(left), places(right), least)
  const scaled = (text: string): bigint => {
    const [whole = '0', rest = ''] = text.split('.')
    return BigInt(whole + rest.padEnd(digits, '0'))
  }
  return [scaled(left), scaled(right), digits]
}

/** A double as decimal text without an exponent. */
function plainText(value: number): string {
  const text = String(value)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (!match) return text
  const [, sign = '', first = '', rest = '', exponent = '0'] = match
  const power = Number(exponent)
  const digits = first + rest
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
  return `${sign}${digits.slice(0, power + 1).padEnd(power + 1, '0')}.${digits.slice(power + 1) || '0'}`
}
