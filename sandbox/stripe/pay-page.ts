import type Stripe from 'stripe'
import type { Bank } from './bank.ts'
import { type CardFaults, type CardFields, EMPTY_CARD, readCard } from './card-form.ts'
import { setUpCard, setupOf, successUrlOf } from './card-setup.ts'
import { TEST_CARDS } from './cards.ts'
import { sessionOf } from './checkout-sessions.ts'
import { escape, MERCHANT, notice, type PageAnswer } from './html.ts'

type Session = Stripe.Checkout.Session

/** `GET /pay/:session`; `?card=` fills the form with one of the test cards. */
export function showPayPage(bank: Bank, id: string, chosen: string | null): PageAnswer {
  const session = sessionOf(bank, id)
  if (session.status !== 'open') return over(session)
  const card = TEST_CARDS.find(({ number }) => number === chosen)
  const fields = card ? { number: grouped(card.number), expiry: '12/34', cvc: '123' } : EMPTY_CARD
  return form(session, { fields, refused: setupOf(bank, session).last_setup_error?.message })
}

/** `POST /pay/:session` with `number`, `expiry` and `cvc`. */
export function submitPayPage(bank: Bank, id: string, sent: Record<string, unknown>): PageAnswer {
  const session = sessionOf(bank, id)
  if (session.status !== 'open') return over(session)
  const typed = (name: keyof CardFields) => (typeof sent[name] === 'string' ? sent[name] : '')
  const fields = { number: typed('number'), expiry: typed('expiry'), cvc: typed('cvc') }
  const read = readCard(fields, bank.store.now())
  if ('faults' in read) {
    const { faults } = read
    // an unknown number may be a real card's, so it is not shown again
    return form(session, { status: 400, fields: faults.number ? { ...fields, number: '' } : fields, faults })
  }
  const outcome = setUpCard(bank, session, read.card, read.expiry)
  return 'to' in outcome ? outcome : form(session, { status: 402, fields: EMPTY_CARD, ...outcome })
}

interface Shown {
  status?: number
  fields: CardFields
  faults?: CardFaults
  refused?: string | undefined
}

function form(session: Session, { status = 200, fields, faults = {}, refused }: Shown): PageAnswer {
  const isWrong = refused !== undefined || Object.keys(faults).length > 0
  const alert = refused ?? (isWrong ? 'Please look at the fields below.' : undefined)
  return {
    status,
    title: `${isWrong ? 'Error: ' : ''}Save a card – ${MERCHANT}`,
    main: `<div class="columns"><section>
<h1>Save a card</h1>
<p class="soft">${MERCHANT} may charge it for purchases that you agree to. Nothing is charged now.</p>
${alert ? `<p class="alert" role="alert">${escape(alert)}</p>` : ''}
<form method="post" action="/pay/${escape(session.id)}" class="panel" novalidate>
${field('number', 'Card number', { fields, faults, hint: 'autocomplete="cc-number" placeholder="4242 4242 4242 4242"' })}
<div class="pair">
${field('expiry', 'Expiry (MM/YY)', { fields, faults, hint: 'autocomplete="cc-exp" placeholder="12/34"' })}
${field('cvc', 'Security code', { fields, faults, hint: 'autocomplete="cc-csc" placeholder="123"' })}
</div>
<button>Save card</button>
<a class="button second" href="${escape(session.cancel_url ?? '')}">Back</a>
</form></section>
${help(session)}</div>`,
  }
}

function field(
  name: keyof CardFields,
  label: string,
  { fields, faults, hint }: { fields: CardFields; faults: CardFaults; hint: string },
): string {
  const fault = faults[name]
  const wrong = fault ? ` aria-invalid="true" aria-describedby="${name}-error"` : ''
  return `<div class="field"><label for="${name}">${label}</label>
<input id="${name}" name="${name}" value="${escape(fields[name])}" inputmode="${name === 'expiry' ? 'text' : 'numeric'}" required ${hint}${wrong}>
${fault ? `<p class="error" id="${name}-error">${escape(fault)}</p>` : ''}</div>`
}

const help = ({ id }: Session) => `<section aria-labelledby="test-cards"><h2 id="test-cards">Test cards</h2>
<p class="soft">Choose one to fill the form. Any later date and any three digits go with each.</p>
<ul class="cards">${TEST_CARDS.map(
  ({ number, does }) =>
    `<li><a href="/pay/${escape(id)}?card=${number}">${grouped(number)}</a> <span>${escape(does)}</span></li>`,
).join('\n')}</ul></section>`

const grouped = (number: string) => number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')

function over(session: Session): PageAnswer {
  const isDone = session.status === 'complete'
  const back = isDone ? successUrlOf(session) : session.cancel_url
  return isDone
    ? notice('Your card is saved', 'There is nothing left to do on this page.', { back })
    : notice('This page has expired', 'Start again to save a card. Nothing was saved.', { status: 410, back })
}
