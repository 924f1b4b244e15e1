import { openPasswords } from '#domain/identity'

/** For tests about something else: a hash takes under 1 ms instead of 11 to 38, and more calls may wait. */
export const cheapPasswords = openPasswords({ cost: { memory: 64, passes: 1, parallelism: 1 }, waiting: 200 })
