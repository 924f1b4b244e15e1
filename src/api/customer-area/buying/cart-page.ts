import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { listPaymentMethods } from '#domain/billing'
import { addToCart, readCart, removeFromCart } from '#domain/cart'
import { assertMay, may, type OrgAccess } from '#domain/orgs'
import { listProjects } from '#domain/projects'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import { EDITIONS, packageName } from '#kernel/schemas'
import { noteCode, noteOrg } from '../audit-refusals.ts'
import { sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { START } from '../visit-limits.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { type CartPage, cartPage, emptyCart } from './cart-view.ts'
import { MOST_PROJECTS } from './choice-form.ts'
import { type Choices, choicesIn, purchaseOf, withChoices } from './choices.ts'
import { CART } from './own-steps.ts'
import { buyersOf, quoteFor } from './quoted.ts'
import { buyAtQuote, refusalOf } from './start.ts'
import { type Acting, actingIn, type BuyingOptions } from './visit.ts'

const text = z.string().max(300).catch('')
const itemForm = z.object({
  package: packageName.catch(''),
  edition: z.enum(EDITIONS).optional().catch(undefined),
})
const checkoutForm = z.object({ quote: text, accept: z.literal('yes').optional().catch(undefined) })
const cartQuery = z.object({ refused: text, added: packageName.optional().catch(undefined) })

/** `/account/cart`: what is in the cart, what it costs, and the form that buys it. */
export function cartPages(app: FastifyInstance, options: BuyingOptions): void {
  const { db, now } = options

  app.get(CART, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org) return reply.redirect('/account', 303)
    noteOrg(request, org)
    assertMay(org, 'fill_cart')
    const { refused: id, added } = cartQuery.parse(request.query)
    const refused = await refusalOf(db, { id, customer: session.customer })
    return sendCart(options, { reply, org, chosen: choicesIn(request.query), refused, added })
  })

  app.post(`${CART}/add`, async (request, reply) => {
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

async function checkout(options: BuyingOptions, { request, reply, acting, chosen }: Checkout) {
  const purchase = purchaseOf(chosen)
  const { quote, accept } = checkoutForm.parse(request.body)
  if ('mistakes' in purchase) return reply.redirect(withChoices(CART, chosen), 303)
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
  status?: number
}

async function sendCart(options: BuyingOptions, wanted: CartToSend): Promise<FastifyReply> {
  const { db } = options
  const { reply, org, refused, added, status = 200 } = wanted
  const cart = await readCart(db, org.id)
  if (!cart.items.length) return sendPage(reply, emptyCart({ org, refused }), status)
  const mayAssign = may(org.role, 'activate_licences')
  const projects = mayAssign ? await listProjects(db, { org: org.id, limit: MOST_PROJECTS + 1 }) : undefined
  const chosen = withDefault(wanted.chosen, projects ?? [])
  const purchase = purchaseOf(chosen)
  const mayBuy = may(org.role, 'buy')
  const page: CartPage = {
    org,
    cart,
    chosen,
    mistakes: 'mistakes' in purchase ? purchase.mistakes : {},
    projects,
    cards: mayBuy ? await listPaymentMethods(db, org.id) : undefined,
    quoted: 'input' in purchase ? await quoteFor(options, org, purchase.input) : undefined,
    refused,
    added,
    buyers: mayBuy ? undefined : await buyersOf(db, org),
  }
  return sendPage(reply, cartPage(reply, page), status)
}

/** Of a single project it is clear that it is meant. */
function withDefault(chosen: Choices, projects: readonly { slug: string }[]): Choices {
  const [only, ...others] = projects
  return chosen.project || !only || others.length ? chosen : { ...chosen, project: only.slug }
}
