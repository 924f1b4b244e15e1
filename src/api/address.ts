import { isIP } from 'node:net'

/** Returns undefined for an address that Postgres cannot store, such as one with a zone. */
export const addressIn = (ip: string): string | undefined => (isIP(ip) && !ip.includes('%') ? ip : undefined)
