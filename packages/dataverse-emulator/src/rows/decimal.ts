const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

interface Digits {
  readonly negative: boolean
  readonly digits: string
  readonly scale: number
}

function parse(text: string): Digits | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const shift = Number(exponent)
  if (Math.abs(shift) > 60) return undefined
  const digits = whole + fraction + '0'.repeat(Math.max(0, shift - fraction.length))
  return { negative: sign === '-', digits, scale: Math.max(0, fraction.length - shift) }
}

function place(negative: boolean, units: bigint, scale: number): string {
  const digits = units.toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`
  return negative && units !== 0n ? `-${text}` : text
}

/**
 * Decimal text rounded to `scale` places, half away from zero, with trailing zeros; undefined where the text is no
 * decimal number. Works on digits, so wide values stay exact.
 */
export function roundDecimal(text: string, scale: number): string | undefined {
  const parsed = parse(text)
  if (parsed === undefined) return undefined
  const units = BigInt(parsed.digits)
  if (parsed.scale <= scale) return place(parsed.negative, units * 10n ** BigInt(scale - parsed.scale), scale)
  const divisor = 10n ** BigInt(parsed.scale - scale)
  return place(parsed.negative, (units + divisor / 2n) / divisor, scale)
}

/** Decimal text with at least `scale` places: zeros are added, digits are never taken away. */
export function padDecimal(text: string, scale: number): string {
  const dot = text.indexOf('.')
  const places = dot < 0 ? 0 : text.length - dot - 1
  if (places >= scale) return text
  return `${text}${dot < 0 ? '.' : ''}${'0'.repeat(scale - places)}`
}

/** Order of two decimal texts by value. */
export function compareDecimals(a: string, b: string): number {
  const left = scaled(a, b)
  const right = scaled(b, a)
  return left < right ? -1 : left > right ? 1 : 0
}

function scaled(text: string, other: string): bigint {
  const own = parse(text)
  const scale = Math.max(own?.scale ?? 0, parse(other)?.scale ?? 0)
  if (own === undefined) return 0n
  const units = BigInt(own.digits) * 10n ** BigInt(scale - own.scale)
  return own.negative ? -units : units
}

/** Quotient of two decimal texts rounded to `scale` places; undefined where the divisor is zero. */
export function divideDecimals(dividend: string, divisor: string, scale: number): string | undefined {
  const above = parse(dividend)
  const below = parse(divisor)
  if (above === undefined || below === undefined || BigInt(below.digits) === 0n) return undefined
  const numerator = BigInt(above.digits) * 10n ** BigInt(below.scale + scale + 1)
  const denominator = BigInt(below.digits) * 10n ** BigInt(above.scale)
  const sign = above.negative === below.negative ? '' : '-'
  return roundDecimal(sign + place(false, numerator / denominator, scale + 1), scale)
}
