import { z } from 'zod'
import { RENEWAL_DAYS } from '#domain/licensing'
import { LICENCES } from '../buying/own-steps.ts'

const DAY_MS = 24 * 60 * 60 * 1000

export const ONLY = ['free', 'ending', 'ended'] as const
export type Only = (typeof ONLY)[number]

/** A field that is missing, unknown or sent twice counts as not given. */
const query = z.object({
  only: z.enum(ONLY).optional().catch(undefined),
  package: z.string().trim().max(200).catch(''),
  after: z.string().max(100).catch(''),
})
export type LicenceQuery = z.output<typeof query>

export const queryIn = (fields: unknown): LicenceQuery => query.parse(fields ?? {})

/** The filter of the domain. */
export const filterOf = ({ only, package: name }: LicenceQuery, at: Date) => ({
  ...(name && { packageName: name }),
  ...(only === 'free' && { withFreeSlot: true as const }),
  ...(only === 'ended' && { ended: true as const }),
  ...(only === 'ending' && { endingBefore: new Date(at.getTime() + RENEWAL_DAYS * DAY_MS) }),
})

/** The address of a list with this filter. */
export function addressOf(
  { only, package: name }: Pick<LicenceQuery, 'only' | 'package'>,
  { path = LICENCES, after }: { path?: string; after?: string } = {},
): string {
  const fields = Object.entries({ only, package: name, after }).filter(([, value]) => value)
  const text = new URLSearchParams(fields as [string, string][]).toString()
  return text ? `${path}?${text}` : path
}
