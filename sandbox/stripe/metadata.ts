import type Stripe from 'stripe'
import { invalidRequest } from './errors.ts'

/** https://docs.stripe.com/api/metadata */
const MOST_KEYS = 50
const LONGEST_KEY = 40
const LONGEST_VALUE = 500

/** Turns all values into text. Leaves out empty values. Refuses what Stripe refuses. */
export const metadataOf = (metadata: unknown): Stripe.Metadata => mergedMetadata({}, metadata)

/** The metadata of an object after a change: an empty value removes its key, and empty metadata removes all. */
export function mergedMetadata(before: Stripe.Metadata, change: unknown): Stripe.Metadata {
  if (change === '') return {}
  const merged = { ...before }
  for (const [key, value] of Object.entries((change ?? {}) as Record<string, unknown>)) {
    if (value === '') delete merged[key]
    else merged[key] = String(value)
  }
  for (const [key, value] of Object.entries(merged)) {
    if (key.length > LONGEST_KEY || /[[\]]/.test(key))
      throw refused('A key', `${LONGEST_KEY} characters, without brackets`)
    if (value.length > LONGEST_VALUE) throw refused('A value', `${LONGEST_VALUE} characters`)
  }
  if (Object.keys(merged).length > MOST_KEYS) throw refused('Metadata', `${MOST_KEYS} keys`)
  return merged
}

const refused = (what: string, limit: string) =>
  invalidRequest(undefined, `${what} can have up to ${limit}.`, { param: 'metadata' })
