import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { publishPackage } from '#contracts/publish-package'
import type { Git } from '#domain/git'
import type { Operation } from '#domain/operations'
import { assertMay, may, type OrgAccess } from '#domain/orgs'
import { publishingVendor } from '#domain/publications'
import { listVendors } from '#domain/vendors'
import { DomainError } from '#kernel/errors'
import { idempotencyKey } from '#kernel/schemas'
import { noteCode } from '../audit-refusals.ts'
import { type Acting, actingIn } from '../buying/visit.ts'
import { sendPage } from '../layout.ts'
import { OPERATIONS } from '../operations-page.ts'
import { signedIn } from '../session.ts'
import { START } from '../visit-limits.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { PUBLISH, stepAfterPublishing } from './own-steps.ts'
import { mayNotPublish, MOST_REPOSITORIES, publishPage, type WrongPublication } from './publish-form.ts'
import type { PackagesOptions } from './visit.ts'

const REFUSED = 422

export type PublishOptions = PackagesOptions & { git: Git }

/** A field that is missing, too long or sent twice is empty. */
const text = z.string().max(500).catch('')
const publicationForm = z.object({
  repositories: z.string().max(20_000).catch(''),
  vendor: text,
  key: text,
  /** Only says what would be published. */
  check: text,
})
type Sent = z.output<typeof publicationForm>

/** One URL or a list, as a link of our pages or a form with a checkbox per repository sends them. */
const chosen = z.object({
  repository: z.union([z.array(text), text.transform((one) => [one])]),
  vendor: text,
})

/** The form that publishes repositories. It starts the story that `publish_package` starts. */
export function publishPages(app: FastifyInstance, options: PublishOptions): void {
  app.get(PUBLISH, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org || !may(org.role, 'publish')) return sendPage(reply, mayNotPublish)
    const { repository, vendor } = chosen.parse(request.query)
    const repositories = repository.filter(Boolean).slice(0, MOST_REPOSITORIES).join('\n')
    return sendForm(options, reply, { org, sent: { repositories, vendor } })
  })

  app.post(PUBLISH, START, async (request, reply) => {
    const acting = await actingIn(options, request, reply)
    if (!acting) return reply
    assertMay(acting.org, 'publish')
    const sent = publicationForm.parse(request.body ?? {})
    const started = await publish(options, acting, sent).catch((error: unknown) =>
      shownInTheForm(request, error),
    )
    if ('message' in started) return sendForm(options, reply, { org: acting.org, sent, wrong: started })
    return reply.redirect(started.link ? `/o/${started.link}` : '/account', 303)
  })
}

async function sendForm(
  { db, git }: PublishOptions,
  reply: FastifyReply,
  {
    org,
    sent,
    wrong,
  }: { org: OrgAccess; sent: Pick<Sent, 'repositories' | 'vendor'>; wrong?: WrongPublication },
): Promise<FastifyReply> {
  const [vendors, integrations] = await Promise.all([listVendors(db, org.id), git.list(org.id)])
  const { repositories, vendor } = sent
  const page = publishPage(reply, { org, vendors, integrations, repositories, vendor, wrong })
  return sendPage(reply, page, wrong ? REFUSED : 200)
}

/**
 * Starts the publication, or joins the one that the same form started. What the first step would refuse is refused
 * before, so that a person corrects it in the form.
 */
async function publish(
  { db, git, operations, now }: PublishOptions,
  { caller, org }: Acting,
  sent: Sent,
): Promise<Operation> {
  const repositories = addressesIn(git, sent.repositories)
  const vendor = sent.vendor || undefined
  await publishingVendor(db, { org: org.id, slug: vendor })
  const input = { repositories, ...(vendor && { vendor }), ...(sent.check && { dry_run: true }) }
  const key = keyOf(sent)
  return (await operations.startOrJoin(publishPackage, { key, caller, org, input, at: now() })).operation
}

/** The addresses of the URLs of a person, each once. */
function addressesIn(git: Git, typed: string): string[] {
  const urls = typed.split(/[\s,]+/).filter(Boolean)
  if (!urls.length) throw new WrongField('Enter the URL of a repository.')
  if (urls.length > MOST_REPOSITORIES)
    throw new WrongField(
      `Publish at most ${MOST_REPOSITORIES} repositories at once; these are ${urls.length}.`,
    )
  return [...new Set(urls.map((url) => git.addressOf(url).url))]
}

/** The form itself refuses it; a tool would say `invalid_input`. */
class WrongField extends Error {}

/** Each form has a key for each of its two buttons, because a check and a publication are two requests. */
function keyOf({ key, check }: Sent): string {
  const { data = randomUUID() } = idempotencyKey.safeParse(key)
  return check ? `check-${data}`.slice(0, 128) : data
}

/** What a person can correct in the form. Every other error has a page of its own. */
function shownInTheForm(request: FastifyRequest, error: unknown): WrongPublication {
  if (error instanceof WrongField) {
    noteCode(request, 'invalid_input')
    return { field: 'repositories', message: error.message }
  }
  const isOfForm = error instanceof DomainError && ['invalid', 'refused', 'conflict'].includes(error.kind)
  if (!isOfForm) throw error
  noteCode(request, error.code)
  // the person sees no key, only a form that was sent
  if (error.code === 'idempotency_key_reused')
    return {
      field: 'repositories',
      message: 'This form was already sent for other repositories.',
      step: { text: 'Send it again for these, or', link: { href: OPERATIONS, text: 'see what was begun.' } },
    }
  return {
    field: error.code.startsWith('vendor_') ? 'vendor' : 'repositories',
    message: error.message,
    step: stepAfterPublishing(error, { isOwn: true }),
  }
}
