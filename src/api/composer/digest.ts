import { createHash } from 'node:crypto'

// goes up when the same rows give other bytes
const RENDERER = 1

/** SHA-256 in hexadecimal of what a body is made of. */
export const digestOf = (content: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([RENDERER, content]))
    .digest('hex')
