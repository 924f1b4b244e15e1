import type Stripe from 'stripe'
import { type Calls, hasCode, idOf } from './payment-calls.ts'
import { PaymentOutcomeUnknown } from './payment-errors.ts'
import { type Card, CARD_SESSION_STATUSES, type CardSession, type Payments } from './payment-types.ts'

export const cardCalls = ({ stripe, deployment, key, ask }: Calls) =>
  ({
    async createCustomer({ org, n }) {
      const metadata = { org_id: org, deployment }
      const customer = await ask(stripe.customers.create({ metadata }, key(org, 'customer', n)))
      return customer.id
    },
    async attachCard({ org, customer, paymentMethod }) {
      return asCard(
        await ask(
          stripe.paymentMethods.attach(paymentMethod, { customer }, key(org, 'attach', paymentMethod)),
        ),
      )
    },
    async detachCard({ card, id, n }) {
      await ask(stripe.paymentMethods.detach(id, {}, key(card, 'detach', n)))
    },
    async isCardAttached(id) {
      try {
        const { customer } = await ask(stripe.paymentMethods.retrieve(id))
        return Boolean(customer)
      } catch (e) {
        if (hasCode(e, 'resource_missing')) return false
        throw e
      }
    },
    async createCardSession({ operation, press, customer, successUrl, cancelUrl }) {
      const metadata = { operation_id: operation, deployment }
      const session = {
        mode: 'setup' as const,
        customer,
        success_url: successUrl,
        cancel_url: cancelUrl,
        allowed_payment_method_types: ['card' as const],
        metadata,
        setup_intent_data: { metadata },
      }
      const { id, url, expires_at } = await ask(
        stripe.checkout.sessions.create(session, key(operation, 'card', press)),
      )
      if (!url) throw new PaymentOutcomeUnknown('The payment provider returned no page to save a card.')
      return { id, url, expiresAt: new Date(expires_at * 1000) }
    },
    async getCardSession(id) {
      const expand = ['setup_intent.payment_method']
      return asCardSession(await ask(stripe.checkout.sessions.retrieve(id, { expand })))
    },
  }) satisfies Partial<Payments>

function asCard({ id, card }: Stripe.PaymentMethod): Card {
  if (!card) throw new Error(`${id} is not a card`)
  return { id, brand: card.brand, last4: card.last4, expMonth: card.exp_month, expYear: card.exp_year }
}

function asCardSession(session: Stripe.Checkout.Session): CardSession {
  const customer = idOf(session.customer)
  if (!customer) throw new Error(`${session.id} has no customer`)
  return { status: statusOf(session), customer, card: savedCard(session, customer) }
}

/** Returns the card only while it is attached to the customer: after its bank has agreed, and until it is detached. */
function savedCard({ setup_intent }: Stripe.Checkout.Session, customer: string): Card | undefined {
  const method = typeof setup_intent === 'object' ? setup_intent?.payment_method : undefined
  if (!method || typeof method === 'string' || idOf(method.customer) !== customer) return undefined
  return asCard(method)
}

function statusOf({ status }: Stripe.Checkout.Session): CardSession['status'] {
  const known = CARD_SESSION_STATUSES.find((each) => each === status)
  if (!known) throw new PaymentOutcomeUnknown('The card page has an unknown status.')
  return known
}
