import { z } from 'zod'
import { type Decline, GENERIC_DECLINE } from './cards.ts'

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
] as const
export type FaultAnswer = (typeof ANSWERS)[number]

export const plannedFault = z.strictObject({
  match: z
    .strictObject({
      method: z.enum(['GET', 'POST', 'DELETE']).optional(),
      path: z.string().optional().describe('Part of the path, such as /confirm'),
    })
    .default({}),
  answer: z.enum(ANSWERS),
  times: z.int().min(1).default(1),
  /** For `decline`. */
  code: z.string().optional(),
  decline_code: z.string().optional(),
  advice_code: z.enum(['try_again_later', 'do_not_try_again', 'confirm_card_data']).optional(),
  /** For `slow`. */
  ms: z.int().max(60_000).optional(),
})
export type PlannedFault = z.infer<typeof plannedFault>

export interface Faults {
  plan: (fault: PlannedFault) => void
  /** The fault planned for this request, used up once. */
  take: (method: string, path: string) => PlannedFault | undefined
  clear: () => void
}

export function faultsOf(): Faults {
  let planned: PlannedFault[] = []
  return {
    plan: (fault) => void planned.push({ ...fault }),
    take(method, path) {
      const fault = planned.find(
        ({ match }) => (!match.method || match.method === method) && path.includes(match.path ?? ''),
      )
      if (!fault) return undefined
      if (--fault.times <= 0) planned = planned.filter((each) => each !== fault)
      return fault
    },
    clear() {
      planned = []
    },
  }
}

/** What a planned refusal makes of the card. */
export function forcedBy(fault: PlannedFault | undefined): 'wants_authentication' | Decline | undefined {
  if (fault?.answer === 'authentication_required') return 'wants_authentication'
  if (fault?.answer !== 'decline') return undefined
  const { code, decline_code, advice_code } = fault
  return {
    ...GENERIC_DECLINE,
    ...(code && { code }),
    ...(decline_code && { decline_code }),
    ...(advice_code && { advice_code }),
  }
}
