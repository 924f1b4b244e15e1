// Values of JSON as PHP sees them: lists and objects are both arrays, and null means that a field is not there.

/** An object, or a list with its numbers as keys. */
export type PhpArray = Record<string, unknown>

export const isPhpArray = (value: unknown): value is PhpArray => typeof value === 'object' && value !== null

export const isGiven = (value: unknown): boolean => value !== undefined && value !== null

export const isText = (value: unknown): value is string => typeof value === 'string'

/** Whether PHP turns a key into a number, which Composer cannot read as a name. */
export function isNumericKey(key: string): boolean {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(key)) return false
  const value = BigInt(key)
  return value >= -(2n ** 63n) && value < 2n ** 63n
}

/** Whether PHP's `empty` is false. */
export function isFilled(value: unknown): boolean {
  if (isPhpArray(value)) return Object.keys(value).length > 0
  return Boolean(value) && value !== '0'
}
