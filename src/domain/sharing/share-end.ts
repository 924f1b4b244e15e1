import { moment } from '#kernel/schemas'

/** When a share ends: the last second of a day in UTC, so that the day belongs to it, or a moment. Undefined for neither. */
export function shareEnd(text: string): Date | undefined {
  if (!moment.safeParse(text).success) return undefined
  return new Date(text.includes('T') ? text : `${text}T23:59:59Z`)
}
