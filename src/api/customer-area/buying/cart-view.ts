import type { FastifyReply } from 'fastify'
import type { Cart, CartItem, Quote } from '#domain/cart'
import type { OrgAccess } from '#domain/orgs'
import type { Refusal } from '#kernel/errors'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { card } from '../components/card.ts'
import { checkboxRow } from '../components/choice.ts'
import { emptyState } from '../components/empty-state.ts'
import { notice } from '../components/notice.ts'
import { dayText, editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { shownStep } from '../next-steps.ts'
import { priceText } from '../price-text.ts'
import { csrfField, csrfToken } from '../session.ts'
import { billingNotice } from '../orders/billing-notice.ts'
import { cardText, CHOICES, choiceForm, type ChoiceForm } from './choice-form.ts'
import { withChoices } from './choices.ts'
import { ANOTHER, CART, LICENCES, ownStepAfter, RENEW } from './own-steps.ts'
import type { Quoted } from './quoted.ts'
import { quoteView } from './quote-view.ts'

export interface CartPage extends ChoiceForm {
  org: OrgAccess
  cart: Cart
  /** The price, or why there is none. Undefined while a field has to be corrected. */
  quoted: Quoted | undefined
  /** What was quoted: the fingerprint of the choices. */
  quotedFor: string | undefined
  /** The visitor tried to buy after choices or card had changed, and has started no purchase since. */
  boughtNothing: boolean
  /** Why the last attempt bought nothing. */
  refused: Refusal | undefined
  /** The name of a package that was just added. */
  added: string | undefined
  /** Names of members who may buy. Undefined for a role that may. */
  buyers: readonly string[] | undefined
  /** Nobody has said to whom the invoice is made out, and the visitor may. */
  lacksDetails: boolean
}

const TITLE = 'Cart'

export const emptyCart = ({ org, refused }: Pick<CartPage, 'org' | 'refused'>): Page => ({
  title: TITLE,
  heading: TITLE,
  lead: `Of ${org.name}. Its members share it.`,
  body: html`${refusalNotice(refused)}
  ${emptyState({
    title: 'The cart is empty',
    text: 'Put packages of any vendors into it, then buy them with one click.',
    action: linkButton('/', 'See all packages'),
  })}`,
})

export const cartPage = (reply: FastifyReply, page: CartPage): Page => ({
  title: TITLE,
  heading: TITLE,
  lead: `Of ${page.org.name}. Its members share it.`,
  body: html`${page.added !== undefined && notice({ tone: 'good', text: html`<span class="mono">${page.added}</span> is in the cart.` })}
    ${page.boughtNothing && notice({ tone: 'info', title: 'Nothing was bought yet', text: 'Your choices or the card had changed. Look at the price for them, then buy.' })}
    ${refusalNotice(page.refused)}
    <div class="two-columns">
      <div>
        <h2>Packages</h2>
        <ul class="rows">
          ${page.cart.items.map((item) => row(reply, page.org, item))}
        </ul>
        ${card('Choices', choiceForm(page, quotedFields(page)))}
      </div>
      <aside aria-label="Price">${card('To pay', payment(reply, page))}</aside>
    </div>`,
})

/** Why something was not bought, and what this person can do. */
export const refusalNotice = (refused: Refusal | undefined): Html | false => {
  const step = refused && ownStepAfter(refused)
  return (
    refused !== undefined &&
    notice({
      tone: 'warn',
      title: 'Nothing was bought',
      text: html`${refused.message} ${step && shownStep(step)}`,
    })
  )
}

function row(reply: FastifyReply, org: OrgAccess, item: CartItem): Html {
  const { package: name, edition, price, problem, addedBy, addedAt, isHeld } = item
  const step = problem && ownStepAfter(problem)
  return html`<li>
    <div class="about">
      <h3>
        <a href="/packages/${name}" class="mono">${name}</a>
        ${isHeld && badge('is being bought', 'warn')} ${problem && badge('cannot be bought', 'bad')}
      </h3>
      <p class="small">
        ${edition ? editionName(edition) : 'The edition of the project'} · added by ${addedBy},
        ${dayText(addedAt)}
      </p>
      ${problem && html`<p class="small">${problem.message} ${step && shownStep(step)}</p>`}
    </div>
    <div class="buttons">
      ${edition && price && html`<span class="price">${priceText(price)}</span>`}
      ${
        !isHeld &&
        html`<form method="post" action="${CART}/remove">
          ${csrfField(reply)}
          <input type="hidden" name="org" value="${org.slug}" />
          <input type="hidden" name="package" value="${name}" />
          ${button('Remove', { kind: 'quiet', isSmall: true, fullText: `Remove ${name}` })}
        </form>`
      }
    </div>
  </li>`
}

function payment(reply: FastifyReply, page: CartPage): Html {
  const { quoted, org, buyers, lacksDetails, chosen } = page
  if (!quoted) return html`<p>Correct the choices, then look at the price.</p>`
  if ('refusal' in quoted) {
    const { refusal } = quoted
    const step = ownStepAfter(refusal)
    return notice({
      tone: 'warn',
      title: 'There is no price for this',
      text: html`${refusal.message} ${step && shownStep(step)}`,
    })
  }
  const { quote } = quoted
  if (quote.lines.every(({ action }) => action === 'already_installed'))
    return html`${quoteView(reply, quote, org.slug)} ${NOTHING_TO_BUY}`
  const asks = lacksDetails && quote.total.amount_minor > 0
  return html`${quoteView(reply, quote, org.slug)} ${asks && billingNotice(org, withChoices(CART, chosen))}
  ${buyers ? whoMayBuy(org, buyers) : html`${cardNote(reply, org, quote)} ${buyButton(reply, quote)}`}`
}

const NOTHING_TO_BUY = html`<p>
  The project has all of this, so there is nothing to buy. Remove the packages, or choose “${RENEW}” or
  “${ANOTHER}”. <a href="${LICENCES}">See the licences.</a>
</p>`

/** What a role that may not buy can do instead. */
export const whoMayBuy = ({ role }: OrgAccess, buyers: readonly string[]): Html =>
  notice({
    tone: 'info',
    title: `Your role, ${role}, does not buy`,
    text: html`You may fill the cart and look at its price. Then ask a member who may buy:
    ${buyers.length ? buyers.join(', ') : 'an owner, admin or billing member'}. The cart is theirs, too.`,
  })

/** Which card is charged. Without one, how to add it. */
export function cardNote(reply: FastifyReply, org: OrgAccess, { total, card: name }: Quote): Html {
  if (!total.amount_minor) return html`<p class="small">Nothing is charged.</p>`
  if (name === undefined || name === 'none') return addCard(reply, org)
  return html`<p class="small">
    Charged to ${cardText(name)}. <a href="/account/payment-methods">Change the cards</a>
  </p>`
}

/** Leads to the page of the provider, and from there back to the cart. */
const addCard = (reply: FastifyReply, { slug }: OrgAccess): Html =>
  notice({
    tone: 'warn',
    title: 'No card is saved',
    text: 'Add one now and come back, or buy first: the purchase then waits for the card.',
    action: html`<form method="post" action="/account/payment-methods">
      ${csrfField(reply)}
      <input type="hidden" name="org" value="${slug}" />
      ${button('Add a card', { kind: 'quiet' })}
    </form>`,
  })

/** The price that the choices were shown with. What is sent with other choices buys nothing. */
const quotedFields = ({ org, quoted, quotedFor, buyers }: CartPage): Html | false =>
  !buyers &&
  quoted !== undefined &&
  'quote' in quoted &&
  html`<input type="hidden" name="org" value="${org.slug}" />
    <input type="hidden" name="quote" value="${quoted.quote.quote}" />
    <input type="hidden" name="quoted_for" value="${quotedFor ?? ''}" />`

/** Posts the form of the choices. Only this button has the form token, because the form by itself writes an address. */
function buyButton(reply: FastifyReply, quote: Quote): Html {
  const other = quote.lines.find(({ other_than }) => other_than)
  return html`<div class="stack">
    ${
      other?.other_than &&
      checkboxRow({
        name: 'accept',
        value: 'yes',
        form: CHOICES,
        text: `${other.package} may be for ${editionName(other.edition)}`,
        hint: `The project is ${editionName(other.other_than)}, where it may not work.`,
      })
    }
    ${button(quote.total.amount_minor ? `Buy for ${quote.total.text}` : 'Get it', {
      name: '_csrf',
      value: csrfToken(reply),
      posts: { form: CHOICES, to: `${CART}/checkout` },
    })}
  </div>`
}
