import { openPayments, type Payments } from '#platform/payments'
import { startStripe, type StripeOptions } from '../../sandbox/stripe/index.ts'
import type { PlannedFault } from '../../sandbox/stripe/faults.ts'
import type { MoneyReport } from '../../sandbox/stripe/money.ts'
import type { ApiRequest } from '../../sandbox/stripe/server.ts'

export const SCHEMA_CACHE = '.data/stripe-schemas'
export const TEST_KEY = 'sk_test_bank'

export interface Bank {
  url: string
  payments: Payments
  /** Plans a fault: the stand-in gives this response to requests that match. */
  next: (fault: Partial<PlannedFault> & Pick<PlannedFault, 'answer'>) => Promise<void>
  requests: () => Promise<ApiRequest[]>
  money: () => Promise<MoneyReport>
  /** All payments, as our client lists them. It waits longer than `payments`, whose timeouts are part of tests. */
  statement: Payments['statement']
  violations: () => Promise<string[]>
  /** Types a test card into a card page. Returns where the browser is sent, or undefined when it stays. */
  typeCard: (page: string, number: string) => Promise<string | undefined>
  /** Decides on the bank's page as the cardholder. Returns where the browser is sent, or undefined when it stays. */
  answerBank: (page: string, decision: 'approve' | 'refuse') => Promise<string | undefined>
  /** Resolves when the stand-in holds this many requests at once. */
  untilHeld: (count?: number) => Promise<void>
  /** Lets all held requests continue. */
  release: () => Promise<void>
  sim: <T>(path: string, body?: object) => Promise<T>
  stop: () => Promise<void>
}

/** The Stripe stand-in in memory, and our own client for it. */
export async function aBank({
  timeoutMs = 2_000,
  webhook,
}: { timeoutMs?: number } & Pick<StripeOptions, 'webhook'> = {}): Promise<Bank> {
  const standIn = await startStripe({ schemaCache: SCHEMA_CACHE, ...(webhook && { webhook }) })
  const { url } = standIn
  async function sim<T>(path: string, body?: object): Promise<T> {
    const post = body && { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${url}/_sim/${path}`, post)
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as T
  }
  const access = { secretKey: TEST_KEY, apiBase: url, deployment: 'test' }
  return {
    url,
    sim,
    payments: openPayments({ ...access, timeoutMs }),
    statement: openPayments(access).statement,
    next: async (fault) => void (await sim('next', fault)),
    requests: async () => (await sim<{ requests: ApiRequest[] }>('requests')).requests,
    money: () => sim('money'),
    violations: async () => (await sim<{ violations: string[] }>('violations')).violations,
    typeCard: (page, number) => submit(page, { number, expiry: '12/34', cvc: '123' }),
    answerBank: (page, decision) => submit(page, { decision }),
    async untilHeld(count = 1) {
      const held = async () => (await sim<{ held: object[] }>('held')).held.length
      while ((await held()) < count) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    release: async () => void (await sim('release', {})),
    stop: standIn.stop,
  }
}

/** Submits a form as a browser without JavaScript does, but does not follow the redirect. */
async function submit(page: string, fields: Record<string, string>): Promise<string | undefined> {
  const answer = await fetch(page, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  await answer.body?.cancel()
  return answer.headers.get('location') ?? undefined
}
