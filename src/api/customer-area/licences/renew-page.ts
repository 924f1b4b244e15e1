import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { listPaymentMethods } from '#domain/billing'
import { assertMay } from '#domain/orgs'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import { noteCode } from '../audit-refusals.ts'
import { cardField, cardShown } from '../buying/choice-form.ts'
import { cardNote, refusalNotice } from '../buying/cart-view.ts'
import { LICENCES, ownStepAfter } from '../buying/own-steps.ts'
import { quoteFor, type Quoted } from '../buying/quoted.ts'
import { quoteView } from '../buying/quote-view.ts'
import { refusalOf } from '../buying/recent-outcome.ts'
import { buyAtQuote } from '../buying/start.ts'
import type { BuyingOptions } from '../buying/visit.ts'
import { button } from '../components/button.ts'
import { notice } from '../components/notice.ts'
import { html, type Html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { shownStep } from '../next-steps.ts'
import { billingNotice, lacksBillingDetails } from '../orders/billing-notice.ts'
import { csrfField } from '../session.ts'
import { START } from '../visit-limits.ts'
import { type ForLicence, licenceVisit, type LicenceVisit, pathOf } from './visit.ts'

const text = z.string().max(300).catch('')
const fields = z.object({ project: text, card: text, quote: text, refused: text })
type Fields = z.output<typeof fields>

/** `/account/licences/:licence/renew`: the price of one more year, and the form that buys it by the story of the tools. */
export function renewPages(app: FastifyInstance, options: BuyingOptions): void {
  const PATH = pathOf(':licence', 'renew')

  app.get<ForLicence>(PATH, async (request, reply) => {
    const visit = await licenceVisit(options, request, reply)
    if (!visit) return reply
    assertMay(visit.org, 'buy')
    const given = fields.parse(request.query)
    const reader = { customer: visit.caller.customer, org: visit.org.id, at: options.now() }
    const refused = await refusalOf(options.db, { ...reader, id: given.refused })
    return sendRenewal(options, visit, { given, refused })
  })

  app.post<ForLicence>(PATH, START, async (request, reply) => {
    const visit = await licenceVisit(options, request, reply)
    if (!visit) return reply
    const given = fields.parse(request.body ?? {})
    const { quote } = given
    const { org, caller, licence } = visit
    assertMay(org, 'buy')
    const pageOfQuote = (refused: string) => addressOf(licence.id, { ...given, refused })
    // no card was shown, and there is one by now: it is shown before it is charged
    if (!given.card && cardShown('', await listPaymentMethods(options.db, org.id)))
      return reply.redirect(addressOf(licence.id, given), 303)
    if (isOfOther(visit, await quoteFor(options, org, inputOf(visit, given)))) {
      noteCode(request, OTHER_LICENCE.code)
      return sendRenewal(options, visit, { given, refused: undefined, status: 409 })
    }
    try {
      const input = { ...inputOf(visit, given), quote }
      const purchase = { story: 'purchase_and_install_package', input } as const
      return await buyAtQuote(options, reply, { org, caller, purchase, quote, pageOfQuote })
    } catch (error) {
      if (!(error instanceof DomainError) || !['invalid', 'conflict'].includes(error.kind)) throw error
      noteCode(request, error.code)
      return sendRenewal(options, visit, { given, refused: asRefusal(error), status: 409 })
    }
  })
}

const OTHER_LICENCE: Refusal = {
  code: 'nothing_to_renew',
  message: 'The project has another licence of the package than this one.',
}

/** Whether the price is for a renewal of another licence: the one that the project holds. */
const isOfOther = ({ licence }: LicenceVisit, quoted: Quoted): boolean =>
  'quote' in quoted && quoted.quote.lines.some((line) => line.licence !== licence.id)

const inputOf = ({ licence }: LicenceVisit, { project, card }: Fields) => ({
  packages: [licence.packageName],
  project: project.slice(0, 64),
  renew: true,
  ...(card && { payment_method: card.slice(0, 64) }),
})

function addressOf(id: string, { project, card, refused }: Fields): string {
  const query = new URLSearchParams(Object.entries({ project, card, refused }).filter(([, value]) => value))
  return `${pathOf(id, 'renew')}?${query.toString()}`
}

async function sendRenewal(
  options: BuyingOptions,
  visit: LicenceVisit,
  { given, refused, status = 200 }: { given: Fields; refused: Refusal | undefined; status?: number },
) {
  const { org, licence, reply } = visit
  const cards = await listPaymentMethods(options.db, org.id)
  // the form sends the card that is shown, whatever becomes the default meanwhile
  const shown = { ...given, card: cardShown(given.card, cards) }
  const price = await quoteFor(options, org, inputOf(visit, shown))
  const quoted = isOfOther(visit, price) ? { refusal: OTHER_LICENCE } : price
  const isPaid = 'quote' in quoted && quoted.quote.total.amount_minor > 0
  const page: Page = {
    title: 'Renew',
    heading: 'Renew the licence',
    lead: html`<span class="mono">${licence.packageName}</span> for the project
      <span class="mono">${given.project}</span>`,
    breadcrumb: [
      { href: '/account', text: 'Overview' },
      { href: LICENCES, text: 'Licences' },
      { href: pathOf(licence.id), text: licence.packageName },
    ],
    body: html`<div class="focus">
      ${refusalNotice(refused)} ${renewal(visit, shown, quoted)}
      ${isPaid && (await lacksBillingDetails(options.db, org)) && billingNotice(org, addressOf(licence.id, { ...shown, refused: '' }))}
      ${
        cards.length > 1 &&
        html`<form class="stack" method="get" action="${pathOf(licence.id, 'renew')}">
          <input type="hidden" name="project" value="${given.project}" />
          ${cardField(shown.card, cards)} ${button('Use this card', { kind: 'quiet' })}
        </form>`
      }
    </div>`,
  }
  return sendPage(reply, page, status)
}

function renewal({ reply, org, licence }: LicenceVisit, { project, card }: Fields, quoted: Quoted): Html {
  if ('refusal' in quoted) {
    const step = ownStepAfter(quoted.refusal)
    return notice({
      tone: 'warn',
      title: 'It cannot be renewed now',
      text: html`${quoted.refusal.message} ${step && shownStep(step)}`,
    })
  }
  const { quote } = quoted
  return html`${quoteView(reply, quote, org.slug)} ${cardNote(reply, org, quote)}
    <form class="stack" method="post" action="${pathOf(licence.id, 'renew')}">
      ${csrfField(reply)}
      <input type="hidden" name="project" value="${project}" />
      <input type="hidden" name="card" value="${card}" />
      <input type="hidden" name="quote" value="${quote.quote}" />
      ${button(`Renew for ${quote.total.text}`)}
    </form>`
}
