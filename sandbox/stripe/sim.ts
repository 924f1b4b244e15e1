import { z } from 'zod'
import { type CardBehaviour, TEST_CARDS } from './cards.ts'
import { doWhatIsDue } from './due.ts'
import { declineOf, declineWords, plannedFault, requestMatch } from './faults.ts'
import { moneyIn } from './money.ts'
import { endProcessing } from './payment-attempts.ts'
import { endRefund } from './refunds.ts'
import type { Api } from './server.ts'
import { webhookChange, type Webhooks } from './webhooks.ts'

export interface Sim extends Api {
  webhooks: Webhooks
}

const clock = z.strictObject({ advance: z.int().min(0).describe('Seconds') })
const release = z.strictObject({ match: requestMatch })
const SLOW = ['authentication_required', 'processing', 'authentication_then_processing'] as const
const stickyAnswer = z.strictObject({
  answer: z
    .enum(['works', 'decline', ...SLOW, ...TEST_CARDS.map(({ magicId }) => magicId)])
    .describe('What each charge of the card does; a magic id: the same as that card'),
  ...declineWords.shape,
})
const refundEnd = z.strictObject({ status: z.enum(['succeeded', 'failed']) })
const paymentEnd = z.strictObject({ status: z.enum(['succeeded', 'declined']), ...declineWords.shape })

/**
 * `/_sim/…`: tests and people control the stand-in here. Takes and returns JSON; returns undefined for an unknown path.
 */
export async function handleSim(
  sim: Sim,
  method: string,
  path: string,
  body: unknown,
): Promise<object | undefined> {
  const { store, faults, webhooks, holds } = sim
  switch (`${method} ${path}`) {
    case 'POST /_sim/next':
      faults.plan(plannedFault.parse(body))
      return { planned: true }
    case 'GET /_sim/held':
      return { held: holds.waiting() }
    case 'POST /_sim/release':
      return { released: holds.release(release.parse(body).match) }
    case 'GET /_sim/requests':
      return { count: sim.requests.length, requests: sim.requests }
    case 'GET /_sim/violations':
      return { violations: sim.violations }
    case 'GET /_sim/money':
      return moneyIn(store)
    case 'POST /_sim/webhooks':
      return webhooks.set(webhookChange.parse(body))
    case 'GET /_sim/webhooks':
      return webhooks.state()
    case 'POST /_sim/webhooks/flush':
      return { flushed: await webhooks.flush() }
    case 'POST /_sim/keys/expire':
      for (const { id } of store.all('keys')) store.drop('keys', id)
      return { expired: true }
    case 'POST /_sim/clock':
      store.advance(clock.parse(body).advance)
      doWhatIsDue(sim.bank)
      await webhooks.retryDue()
      return { now: store.now() }
    case 'POST /_sim/reset':
      return reset(sim)
    default:
      return method === 'POST' ? steerObject(sim, path, body) : undefined
  }
}

function reset({ store, faults, holds, webhooks, requests, violations }: Sim): object {
  store.reset()
  faults.clear()
  holds.giveUp()
  webhooks.reset()
  requests.length = 0
  violations.length = 0
  return { reset: true }
}

function steerObject(sim: Sim, path: string, body: unknown): object | undefined {
  const [, kind, id = ''] = /^\/_sim\/([a-z_]+)\/([^/]+)$/.exec(path) ?? []
  if (kind === 'payment_methods') return steerCard(sim, id, body)
  if (kind === 'refunds')
    return sim.store.get('refunds', id) && endRefund(sim.bank, id, refundEnd.parse(body).status)
  const intent = kind === 'payment_intents' ? sim.store.get('payment_intents', id) : undefined
  if (!intent) return undefined
  const { status, ...words } = paymentEnd.parse(body)
  return endProcessing(sim.bank, intent, status === 'succeeded' ? status : declineOf(words))
}

/** `/_sim/payment_methods/:id`: changes the behaviour of a saved card permanently. */
function steerCard({ store }: Sim, id: string, body: unknown): object | undefined {
  const card = store.get('cards', id)
  if (!card) return undefined
  const wanted = stickyAnswer.parse(body)
  const changed = { ...card, ...behaviourOf(wanted) }
  store.put('cards', changed)
  return changed
}

function behaviourOf(
  wanted: z.infer<typeof stickyAnswer>,
): Pick<CardBehaviour, 'charge' | 'afterAuthentication' | 'refund'> {
  const like = TEST_CARDS.find(({ magicId }) => magicId === wanted.answer)
  if (like) return { charge: like.charge, afterAuthentication: like.afterAuthentication, refund: like.refund }
  switch (wanted.answer) {
    case 'decline':
      return { charge: declineOf(wanted), afterAuthentication: undefined }
    case 'works':
    case 'processing':
      return { charge: wanted.answer, afterAuthentication: undefined }
    case 'authentication_then_processing':
      return { charge: 'wants_authentication', afterAuthentication: 'processing' }
    default:
      return { charge: 'wants_authentication', afterAuthentication: undefined }
  }
}
