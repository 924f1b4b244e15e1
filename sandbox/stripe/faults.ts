import { z } from 'zod'
import { type CardBehaviour, GENERIC_DECLINE, type Decline } from './cards.ts'

const ANSWERS = [
  'decline',
  'authentication_required',
  'lost_before',
  'lost_after',
  'cut_body',
  'hang',
  'slow',
  'in_use_409',
  'rate_429',
  'lock_429',
  '500_before',
  '500_saved',
  '500_kept',
  'held_before',
  'held_after',
  'held',
  'processing',
  'refund_pending',
  'refund_fails',
] as const
export type FaultAnswer = (typeof ANSWERS)[number]

/** What replaces the card's own behaviour for one request. */
export type Forced = Partial<Pick<CardBehaviour, 'charge' | 'refund'>>

export const requestMatch = z
  .strictObject({
    method: z.enum(['GET', 'POST', 'DELETE']).optional(),
    path: z.string().optional().describe('Part of the path, such as /confirm'),
  })
  .default({})
export type RequestMatch = z.infer<typeof requestMatch>

export const matches = (match: RequestMatch, { method, path }: { method: string; path: string }): boolean =>
  (!match.method || match.method === method) && path.includes(match.path ?? '')

export const declineWords = z.strictObject({
  code: z.string().optional(),
  decline_code: z.string().optional(),
  advice_code: z.enum(['try_again_later', 'do_not_try_again', 'confirm_card_data']).optional(),
})

export const plannedFault = z.strictObject({
  match: requestMatch,
  answer: z.enum(ANSWERS),
  times: z.int().min(1).default(1),
  /** For `decline`. */
  ...declineWords.shape,
  /** For `slow`. */
  ms: z.int().max(60_000).optional(),
})
export type PlannedFault = z.infer<typeof plannedFault>

export interface Faults {
  plan: (fault: PlannedFault) => void
  /** Returns the fault planned for this request, and uses it up once. */
  take: (method: string, path: string) => PlannedFault | undefined
  clear: () => void
}

export function faultsOf(): Faults {
  let planned: PlannedFault[] = []
  return {
    plan: (fault) => void planned.push({ ...fault }),
    take(method, path) {
      const fault = planned.find(({ match }) => matches(match, { method, path }))
      if (!fault) return undefined
      if (--fault.times <= 0) planned = planned.filter((each) => each !== fault)
      return fault
    },
    clear() {
      planned = []
    },
  }
}

/** Returns the behaviour of a charge or of a refund that a planned fault forces. */
export function forcedBy(fault: PlannedFault | undefined): Forced | undefined {
  switch (fault?.answer) {
    case 'authentication_required':
      return { charge: 'wants_authentication' }
    case 'processing':
      return { charge: 'processing' }
    case 'decline':
      return { charge: declineOf(fault) }
    case 'refund_pending':
      return { refund: 'pending' }
    case 'refund_fails':
      return { refund: 'fails' }
    default:
      return undefined
  }
}

export function declineOf({ code, decline_code, advice_code }: z.infer<typeof declineWords>): Decline {
  return {
    ...GENERIC_DECLINE,
    ...(code && { code }),
    ...(decline_code && { decline_code }),
    ...(advice_code && { advice_code }),
  }
}
