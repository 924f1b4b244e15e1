import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { listPaymentMethods } from '#domain/billing'
import { addToCart, readCart, removeFromCart } from '#domain/cart'
import { findPublicPackage } from '#domain/catalogue'
import { assertMay, may, type OrgAccess } from '#domain/orgs'
import { listProjects, type ListedProject } from '#domain/projects'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import { EDITIONS, packageName } from '#kernel/schemas'
import { noteCode, noteOrg } from '../audit-refusals.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import { withoutOrg } from '../lost-org.ts'
import { lacksBillingDetails } from '../orders/billing-notice.ts'
import { isSold, readmeOf } from '../package-view.ts'
import { signedIn } from '../session.ts'
import { START } from '../visit-limits.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { ADD } from './add-form.ts'
import { ADD_TITLE, addPage } from './add-view.ts'
import { type CartPage, cartPage, emptyCart } from './cart-view.ts'
import { cardShown, MOST_PROJECTS } from './choice-form.ts'
import { type Choices, choicesIn, fingerprintOf, purchaseOf, withChoices } from './choices.ts'
import { CART } from './own-steps.ts'
import { buyersOf, quoteFor } from './quoted.ts'
import { hasNoPurchaseSince, refusalOf } from './recent-outcome.ts'
import { buyAtQuote } from './start.ts'
import { type Acting, actingIn, type BuyingOptions } from './visit.ts'

const text = z.string().max(300).catch('')
const itemForm = z.object({
  package: packageName.catch(''),
  edition: z.enum(EDITIONS).optional().catch(undefined),
})
const checkoutForm = z.object({
  quote: text,
  quoted_for: text,
  accept: z.literal('yes').optional().catch(undefined),
})
const cartQuery = z.object({
  refused: text,
  // the moment, in milliseconds
  changed: z.coerce.number().int().min(0).max(8.64e15).catch(0),
  added: packageName.optional().catch(undefined),
})

/**
 * `/account/cart`: what is in the cart, what it costs, and the form that buys it. `/account/cart/add` asks who has just
 * signed in whether to add a package, because a GET adds nothing.
 */
export function cartPages(app: FastifyInstance, options: BuyingOptions): void {
  const { db, now } = options

  app.get(CART, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org) return reply.redirect('/account', 303)
    noteOrg(request, org)
    assertMay(org, 'fill_cart')
    const { refused: id, added, changed } = cartQuery.parse(request.query)
    const reader = { customer: session.customer, org: org.id, at: now() }
    return sendCart(options, {
      reply,
      org,
      chosen: choicesIn(request.query),
      refused: await refusalOf(db, { ...reader, id }),
      added,
      boughtNothing: await hasNoPurchaseSince(db, { ...reader, since: new Date(changed) }),
    })
  })

  app.get(ADD, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { package: name, edition } = itemForm.parse(request.query)
    const found = await findPublicPackage(db, name)
    const price = found?.prices.find((each) => each.edition === edition)
    if (!found || !price) return sendPage(reply, notFoundPage, 404)
    const { active: org, lost } = orgsOfVisitor(request)
    if (!org && lost !== undefined) return reply.redirect('/account', 303)
    if (!org) return sendPage(reply, { title: ADD_TITLE, heading: ADD_TITLE, body: withoutOrg })
    noteOrg(request, org)
    assertMay(org, 'fill_cart')
    // its page says why it cannot be bought
    if (!isSold(found, price)) return reply.redirect(readmeOf(found), 303)
    return sendPage(reply, addPage(reply, { org, found, price }))
  })

  app.post(ADD, async (request, reply) => {
    const acting = await actingIn(options, request, reply)
    if (!acting) return reply
    const { package: name, edition } = itemForm.parse(request.body ?? {})
    await addToCart(db, { ...acting, wanted: [{ package: name, edition }], at: now() })
    return reply.redirect(`${CART}?added=${encodeURIComponent(name)}`, 303)
  })

  app.post(`${CART}/remove`, async (request, reply) => {
    const acting = await actingIn(options, request, reply)
    if (!acting) return reply
    await removeFromCart(db, { ...acting, names: [itemForm.parse(request.body ?? {}).package] })
    return reply.redirect(CART, 303)
  })

  app.post(`${CART}/checkout`, START, async (request, reply) => {
    const acting = await actingIn(options, request, reply)
    if (!acting) return reply
    const chosen = choicesIn(request.body)
    return checkout(options, { request, reply, acting, chosen }).catch((error: unknown) => {
      // such as a price that is no price of ours; every other refusal has a page of its own
      if (!(error instanceof DomainError) || !isAboutTheForm(error)) throw error
      noteCode(request, error.code)
      return sendCart(options, { ...acting, reply, chosen, refused: asRefusal(error), status: 409 })
    })
  })
}

const isAboutTheForm = ({ kind }: DomainError): boolean => kind === 'invalid' || kind === 'conflict'

interface Checkout {
  request: FastifyRequest
  reply: FastifyReply
  acting: Acting
  chosen: Choices
}

/** Buys only what the price was shown for. With other choices, or another card, it leads to the price for those. */
async function checkout(options: BuyingOptions, { request, reply, acting, chosen: given }: Checkout) {
  assertMay(acting.org, 'buy')
  const { chosen } = await withDefaults(options, acting.org, given)
  const purchase = purchaseOf(chosen)
  const { quote, quoted_for: quotedFor, accept } = checkoutForm.parse(request.body)
  if ('mistakes' in purchase) return reply.redirect(withChoices(CART, chosen), 303)
  if (quotedFor !== fingerprintOf(purchase.input))
    return reply.redirect(withChoices(CART, chosen, { changed: String(options.now().getTime()) }), 303)
  const input = { ...purchase.input, quote, ...(accept && { accept_other_edition: true }) }
  return buyAtQuote(options, reply, {
    ...acting,
    purchase: { story: 'checkout_cart', input },
    quote,
    pageOfQuote: (refused) => withChoices(CART, chosen, { refused }),
  })
}

interface CartToSend {
  reply: FastifyReply
  org: OrgAccess
  chosen: Choices
  refused: Refusal | undefined
  added?: string | undefined
  boughtNothing?: boolean
  status?: number
}

async function sendCart(options: BuyingOptions, wanted: CartToSend): Promise<FastifyReply> {
  const { db } = options
  const { reply, org, refused, added, boughtNothing = false, status = 200 } = wanted
  const cart = await readCart(db, org.id)
  if (!cart.items.length) return sendPage(reply, emptyCart({ org, refused }), status)
  const { chosen, projects, cards } = await withDefaults(options, org, wanted.chosen)
  const purchase = purchaseOf(chosen)
  const page: CartPage = {
    org,
    cart,
    chosen,
    mistakes: 'mistakes' in purchase ? purchase.mistakes : {},
    projects,
    cards,
    quoted: 'input' in purchase ? await quoteFor(options, org, purchase.input) : undefined,
    quotedFor: 'input' in purchase ? fingerprintOf(purchase.input) : undefined,
    refused,
    // removed meanwhile, or bought: the address stays in the history of the browser
    added: cart.items.find((item) => item.package === added)?.package,
    boughtNothing,
    buyers: cards ? undefined : await buyersOf(db, org),
    lacksDetails: await lacksBillingDetails(db, org),
  }
  return sendPage(reply, cartPage(reply, page), status)
}

interface Chosen extends Pick<CartPage, 'projects' | 'cards'> {
  chosen: Choices
}

/**
 * The choices as the form shows them, by ids: an org with one project means that project, and no chosen card means the
 * default one. So what is sent back is what was shown, whatever becomes the default meanwhile.
 */
async function withDefaults({ db }: BuyingOptions, org: OrgAccess, chosen: Choices): Promise<Chosen> {
  const projects = may(org.role, 'activate_licences')
    ? await listProjects(db, { org: org.id, limit: MOST_PROJECTS + 1 })
    : undefined
  const cards = may(org.role, 'buy') ? await listPaymentMethods(db, org.id) : undefined
  const project = projectShown(chosen.project, projects ?? [])
  return { chosen: { ...chosen, project, card: chosen.card || cardShown('', cards ?? []) }, projects, cards }
}

function projectShown(ref: string, projects: readonly ListedProject[]): string {
  // a long list is a text field, which keeps what was written
  if (ref === 'new' || ref === 'none' || projects.length > MOST_PROJECTS) return ref
  const [only, ...others] = projects
  if (!ref) return only && !others.length ? only.id : ''
  return projects.find(({ id, slug }) => id === ref || slug === ref)?.id ?? ref
}
