/** Tells what is wrong with a value and where, as `<place>: <what>`; null when the value has the shape. */
export type Shape = (value: unknown, at: string) => string | null

const when =
  (fits: (value: unknown) => boolean, wanted: string): Shape =>
  (value, at) =>
    fits(value) ? null : `${at} must be ${wanted}`

export const text: Shape = when((value) => typeof value === 'string' && value !== '', 'a text')
export const anyText: Shape = when((value) => typeof value === 'string', 'a text')
export const flag: Shape = when((value) => typeof value === 'boolean', 'true or false')
export const number: Shape = when((value) => typeof value === 'number' && Number.isFinite(value), 'a number')
export const count: Shape = when((value) => Number.isSafeInteger(value) && Number(value) >= 0, 'a whole number')
export const json: Shape = when((value) => value !== undefined, 'there')

export const oneOf = (...values: readonly (string | boolean | null)[]): Shape =>
  when((value) => values.some((one) => one === value), values.map((value) => JSON.stringify(value)).join(', '))

export const nullable =
  (shape: Shape): Shape =>
  (value, at) =>
    value === null ? null : shape(value, at)

export const list =
  (shape: Shape): Shape =>
  (value, at) =>
    Array.isArray(value)
      ? first(value.map((each, index) => () => shape(each, `${at}[${index}]`)))
      : `${at} must be a list`

/** A list with something in it. */
export const some =
  (shape: Shape): Shape =>
  (value, at) =>
    Array.isArray(value) && value.length === 0 ? `${at} must not be empty` : list(shape)(value, at)

/** An object whose every value has the shape. */
export const record =
  (shape: Shape): Shape =>
  (value, at) =>
    isObject(value)
      ? first(
          Object.entries(value).map(
            ([name, each]) =>
              () =>
                shape(each, `${at}.${name}`),
          ),
        )
      : `${at} must be an object`

/** An object with these properties, and no others. */
export const object =
  (required: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape =>
  (value, at) => {
    if (!isObject(value)) return `${at} must be an object`
    const place = (name: string): string => (at === '' ? name : `${at}.${name}`)
    return first([
      ...Object.keys(value).map(
        (name) => () =>
          Object.hasOwn(required, name) || Object.hasOwn(optional, name) ? null : `${place(name)} is not known`,
      ),
      ...Object.entries(required).map(
        ([name, shape]) =>
          () =>
            Object.hasOwn(value, name) ? shape(value[name], place(name)) : `${place(name)} is missing`,
      ),
      ...Object.entries(optional).map(
        ([name, shape]) =>
          () =>
            Object.hasOwn(value, name) ? shape(value[name], place(name)) : null,
      ),
    ])
  }

/** An object whose property `kind` says which of the shapes it has. */
export const kinds =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, at) => {
    if (!isObject(value)) return `${at} must be an object`
    const { kind } = value
    const shape = typeof kind === 'string' && Object.hasOwn(shapes, kind) ? shapes[kind] : undefined
    return shape ? shape(value, at) : `${at}.kind must be one of ${Object.keys(shapes).join(', ')}`
  }

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function first(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const problem = check()
    if (problem !== null) return problem
  }
  return null
}
