import { openPayments, type Payments } from '#platform/payments'
import { startStripe } from '../../sandbox/stripe/index.ts'
import type { PlannedFault } from '../../sandbox/stripe/faults.ts'
import type { MoneyReport } from '../../sandbox/stripe/money.ts'
import type { Asked } from '../../sandbox/stripe/server.ts'

export const SCHEMA_CACHE = '.data/stripe-schemas'
export const TEST_KEY = 'sk_test_bank'

export interface Bank {
  url: string
  payments: Payments
  /** What the stand-in answers to requests that match, instead of doing as usual. */
  next: (fault: Partial<PlannedFault> & Pick<PlannedFault, 'answer'>) => Promise<void>
  requests: () => Promise<Asked[]>
  money: () => Promise<MoneyReport>
  violations: () => Promise<string[]>
  sim: <T>(path: string, body?: object) => Promise<T>
  stop: () => Promise<void>
}

/** The Stripe stand-in in memory, and our own client of it. */
export async function aBank({ timeoutMs = 2_000 } = {}): Promise<Bank> {
  const standIn = await startStripe({ schemaCache: SCHEMA_CACHE })
  const { url } = standIn
  async function sim<T>(path: string, body?: object): Promise<T> {
    const post = body && { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${url}/_sim/${path}`, post)
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as T
  }
  return {
    url,
    sim,
    payments: openPayments({ secretKey: TEST_KEY, apiBase: url, deployment: 'test', timeoutMs }),
    next: async (fault) => void (await sim('next', fault)),
    requests: async () => (await sim<{ requests: Asked[] }>('requests')).requests,
    money: () => sim('money'),
    violations: async () => (await sim<{ violations: string[] }>('violations')).violations,
    stop: standIn.stop,
  }
}
