import type { FastifyReply } from 'fastify'
import type { Price, PublicPackage } from '#domain/catalogue'
import type { OrgAccess } from '#domain/orgs'
import { button } from '../components/button.ts'
import { card, facts } from '../components/card.ts'
import { editionName } from '../components/text.ts'
import { html } from '../html.ts'
import type { Page } from '../layout.ts'
import { readmeOf } from '../package-view.ts'
import { priceText } from '../price-text.ts'
import { addForm } from './add-form.ts'

export const ADD_TITLE = 'Add to cart'

/** Asks whether to put a package into the cart of an org. Nothing is bought yet. */
export const addPage = (
  reply: FastifyReply,
  { org, found, price }: { org: OrgAccess; found: PublicPackage; price: Price },
): Page => ({
  title: ADD_TITLE,
  heading: `${ADD_TITLE}?`,
  lead: `Into the cart of ${org.name}. Nothing is bought yet.`,
  breadcrumb: [{ href: '/account/cart', text: 'Cart' }],
  body: card(
    found.title,
    html`${facts([
      ['Package', html`<a class="mono" href="${readmeOf(found)}">${found.name}</a>`],
      ['Vendor', found.vendor.name],
      ['Edition', editionName(price.edition)],
      ['Price', priceText(price)],
    ])}
    ${addForm(reply, { org: org.slug, name: found.name, edition: price.edition, button: button(ADD_TITLE) })}`,
  ),
})
