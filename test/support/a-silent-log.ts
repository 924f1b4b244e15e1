import { pino } from 'pino'

export const aSilentLog = pino({ level: 'silent' })
