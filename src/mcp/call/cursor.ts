import { createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from '#kernel/canonical-json'
import { CursorIsForeign } from './errors.ts'

/** The list that a cursor belongs to. A cursor is valid only for the same tool, owner and filter. */
export interface Place {
  tool: string
  /** The org, or the customer where a list spans orgs. */
  owner: string
  filter?: Record<string, string | undefined>
}

export interface Cursors {
  sign: (place: Place, after: string) => string
  /**
   * Returns the key of the last row. Refuses with `invalid_input` when the cursor was changed or belongs to another
   * list.
   */
  open: (place: Place, cursor: string) => string
}

/** A cursor contains the key of the last row shown, signed and not encrypted. `key` is the same in all processes. */
export function cursorsWith(key: Buffer): Cursors {
  const sealOf = ({ tool, owner, filter = {} }: Place, after: string) =>
    createHmac('sha256', key).update(canonicalJson({ tool, owner, filter, after })).digest().subarray(0, 16)
  return {
    sign: (place, after) =>
      `${Buffer.from(after).toString('base64url')}.${sealOf(place, after).toString('base64url')}`,
    open(place, cursor) {
      const [text = '', seal = ''] = cursor.split('.')
      const after = Buffer.from(text, 'base64url').toString('utf8')
      const given = Buffer.from(seal, 'base64url')
      const expected = sealOf(place, after)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new CursorIsForeign()
      return after
    },
  }
}
